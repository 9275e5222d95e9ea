#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Eight characters at a time in one 64-bit word; the same on every byte order.
namespace owb::mqtt::swar {

inline constexpr std::size_t kBytes = sizeof(std::uint64_t);
inline constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
inline constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;

/// Reads kBytes characters at `text`, aligned or not.
inline std::uint64_t load(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, kBytes);
  return word;
}

/// Is any byte of `word` 0?
constexpr bool has_zero(std::uint64_t word) {
  return ((word - kOnes) & ~word & kHighBits) != 0;
}

/// Is any byte of `word` equal to `byte`?
constexpr bool has_byte(std::uint64_t word, char byte) {
  return has_zero(word ^ (kOnes * static_cast<std::uint8_t>(byte)));
}

/// Is any byte of `word` outside ASCII?
constexpr bool has_high(std::uint64_t word) {
  return (word & kHighBits) != 0;
}

}  // namespace owb::mqtt::swar
