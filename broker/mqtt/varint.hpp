#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "tenants/base/bytes.hpp"

namespace owb::mqtt {

/// A variable byte integer at the start of some bytes [MQTT5 1.5.5].
struct VarintScan {
  enum class State : std::uint8_t { complete, unfinished, malformed };
  State state = State::unfinished;
  std::uint32_t value = 0;
  std::size_t size = 0;  ///< bytes it takes
};

inline constexpr std::size_t kMaxVarintBytes = 4;

inline VarintScan scan_varint(ByteView input) {
  std::uint32_t value = 0;
  const std::size_t end = std::min(input.size(), kMaxVarintBytes);
  for (std::size_t i = 0; i < end; ++i) {
    const auto byte = std::to_integer<std::uint32_t>(input[i]);
    value |= (byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      const bool overlong = i > 0 && byte == 0;  // [MQTT5-1.5.5-1]
      return {overlong ? VarintScan::State::malformed : VarintScan::State::complete, value, i + 1};
    }
  }
  const bool too_long = end == kMaxVarintBytes;  // the fourth byte announces a fifth
  return {too_long ? VarintScan::State::malformed : VarintScan::State::unfinished, 0, 0};
}

/// Bytes `value` takes as a variable byte integer; at most kMaxVarint.
constexpr std::size_t varint_size(std::size_t value) {
  if (value < 128) {
    return 1;
  }
  if (value < 16'384) {
    return 2;
  }
  return value < 2'097'152 ? 3 : 4;
}

}  // namespace owb::mqtt
