#include "failing_memory.hpp"

#include <cstdlib>
#include <new>

namespace owb::failing_memory {

namespace {

struct State {
  bool active = false;
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  bool happened = false;
};

thread_local State state;

}  // namespace

Failing::Failing(std::uint64_t good, std::uint64_t bad) {
  state = {.active = true, .good = good, .bad = bad};
}

Failing::~Failing() {
  state.active = false;
}

bool Failing::happened() {
  return state.happened;
}

namespace {

bool fails_now() {
  if (!state.active) {
    return false;
  }
  if (state.good > 0) {
    --state.good;
    return false;
  }
  if (state.bad == 0) {
    return false;
  }
  --state.bad;
  state.happened = true;
  return true;
}

void* allocate_or_not(std::size_t size) {
  return fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
}

void* allocate(std::size_t size) {
  auto* memory = allocate_or_not(size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}

}  // namespace

}  // namespace owb::failing_memory

// The forms with an alignment stay as they are: nothing here uses them.
void* operator new(std::size_t size) {
  return owb::failing_memory::allocate(size);
}

void* operator new[](std::size_t size) {
  return owb::failing_memory::allocate(size);
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return owb::failing_memory::allocate_or_not(size);
}

void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return owb::failing_memory::allocate_or_not(size);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

void operator delete[](void* memory) noexcept {
  std::free(memory);
}

void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}

void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
