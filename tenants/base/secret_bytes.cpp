#include "tenants/base/secret_bytes.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sodium.h>

#include "tenants/base/assert.hpp"

namespace owb {

void init_crypto() {
  static const bool ready = sodium_init() >= 0;
  OWB_ASSERT(ready);
}

SecretBytes::SecretBytes(std::size_t size) : size_{size} {
  if (size == 0) {
    return;
  }
  init_crypto();
  data_ = static_cast<std::byte*>(sodium_malloc(size));
  OWB_ASSERT(data_ != nullptr);
  std::memset(data_, 0, size);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SecretBytes::~SecretBytes() {
  sodium_free(data_);  // wipes; takes nullptr
}

SecretBytes SecretBytes::copy_of(ByteView bytes) {
  SecretBytes copy{bytes.size()};
  std::copy(bytes.begin(), bytes.end(), copy.data_);
  return copy;
}

SecretBytes SecretBytes::random(std::size_t size) {
  SecretBytes bytes{size};
  if (size != 0) {
    randombytes_buf(bytes.data_, size);
  }
  return bytes;
}

void wipe(std::span<std::byte> bytes) {
  sodium_memzero(bytes.data(), bytes.size());
}

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

bool equal_in_constant_time(ByteView left, ByteView right) {
  return left.size() == right.size() &&
         (left.empty() || sodium_memcmp(left.data(), right.data(), left.size()) == 0);
}

}  // namespace owb
