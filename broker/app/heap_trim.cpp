#include "broker/app/heap_trim.hpp"

#include <algorithm>
#include <fstream>

#include <malloc.h>
#include <unistd.h>

namespace owb::app {

namespace {

constexpr std::size_t kGrowth = 16;

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void give_back() {
  ::malloc_trim(0);
}

}  // namespace

HeapTrim::System HeapTrim::real() {
  return {.resident_bytes = resident_bytes, .give_back = give_back};
}

void HeapTrim::look() {
  if (limit_ == 0) {
    return;
  }
  const auto resident = system_.resident_bytes();
  smallest_since_ = std::min(smallest_since_, resident);
  if (resident > limit_ && resident >= smallest_since_ + limit_ / kGrowth) {
    system_.give_back();
    smallest_since_ = system_.resident_bytes();
  }
}

}  // namespace owb::app
