#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace owb::mqtt::testing {

/// UTF-8 by its definition: take the bits together, then ask whether the value may be and needed
/// that many bytes.
inline bool naive_is_utf8(std::string_view text) {
  const auto byte = [&text](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t size = 1;
    std::uint32_t value = byte(at);
    if (value >= 0xF8) {
      return false;
    }
    if (value >= 0xF0) {
      size = 4;
      value &= 0x07;
    } else if (value >= 0xE0) {
      size = 3;
      value &= 0x0F;
    } else if (value >= 0xC0) {
      size = 2;
      value &= 0x1F;
    } else if (value >= 0x80) {
      return false;
    }
    if (text.size() - at < size) {
      return false;
    }
    for (std::size_t i = 1; i < size; ++i) {
      if (byte(at + i) >> 6 != 2) {
        return false;
      }
      value = value << 6 | (byte(at + i) & 0x3FU);
    }
    const std::size_t enough = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (enough != size || surrogate || value == 0 || value > 0x10FFFF) {
      return false;
    }
    at += size;
  }
  return true;
}

}  // namespace owb::mqtt::testing
