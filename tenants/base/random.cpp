#include "tenants/base/random.hpp"

#include <string_view>

#include <sodium.h>

#include "tenants/base/secret_bytes.hpp"

namespace owb {

void random_bytes(std::span<std::byte> out) {
  init_crypto();
  randombytes_buf(out.data(), out.size());
}

std::string random_alnum(std::size_t length) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string text(length, '\0');
  for (auto& character : text) {
    character = kAlphabet[random_below(kAlphabet.size())];
  }
  return text;
}

std::uint32_t random_below(std::uint32_t bound) {
  init_crypto();
  return randombytes_uniform(bound);
}

}  // namespace owb
