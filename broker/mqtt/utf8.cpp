#include <cstdint>
#include <cstring>

#include "broker/mqtt/topic.hpp"

namespace owb::mqtt {

namespace {

/// Eight bytes of ASCII without NUL at once: no high bit set, and none is zero.
bool is_plain_word(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  return (word & kHigh) == 0 && ((word - kOnes) & kHigh) == 0;
}

/// Length of the well-formed multi-byte sequence at `at` (RFC 3629, table of section 4); 0: none.
std::size_t sequence(const unsigned char* at, std::size_t left) {
  const auto in = [](unsigned char byte, unsigned low, unsigned high) {
    return byte >= low && byte <= high;
  };
  const auto tail = [&](std::size_t index) { return in(at[index], 0x80, 0xBF); };
  const unsigned lead = at[0];
  if (lead >= 0xC2 && lead <= 0xDF) {
    return left >= 2 && tail(1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;  // no surrogates [MQTT-1.5.3-1]
    return left >= 3 && in(at[1], low, high) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return left >= 4 && in(at[1], low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (text.size() - i >= 8 && is_plain_word(text.data() + i)) {
      i += 8;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      if (byte == 0) {
        return false;  // [MQTT-1.5.3-2]
      }
      ++i;
      continue;
    }
    const auto size =
        sequence(reinterpret_cast<const unsigned char*>(text.data()) + i, text.size() - i);
    if (size == 0) {
      return false;
    }
    i += size;
  }
  return true;
}

}  // namespace owb::mqtt
