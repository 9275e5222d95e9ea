#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace owb {

/// Fills `out` from the system's generator (through libsodium). Thread-safe.
void random_bytes(std::span<std::byte> out);

template <std::size_t N>
std::array<std::byte, N> random_array() {
  std::array<std::byte, N> bytes{};
  random_bytes(bytes);
  return bytes;
}

/// `length` characters of [A-Za-z0-9], each equally likely (5.95 bits a character). Thread-safe.
std::string random_alnum(std::size_t length);

/// A number in [0, bound), without bias. Thread-safe.
std::uint32_t random_below(std::uint32_t bound);

}  // namespace owb
