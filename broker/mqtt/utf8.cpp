#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/mqtt/swar.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::mqtt {
namespace {

/// What may follow a leading byte: how many bytes, and the range of the first of them (the others
/// are 80..BF). The narrower ranges keep out overlong forms, surrogates and what is above U+10FFFF.
struct Sequence {
  std::size_t followers = 0;  ///< 0: not a leading byte
  std::uint8_t first_low = 0x80;
  std::uint8_t first_high = 0xBF;
};

constexpr Sequence sequence_of(std::uint8_t lead) {
  if (lead < 0xC2) {
    return {};  // a follower, or overlong
  }
  if (lead < 0xE0) {
    return {.followers = 1};
  }
  if (lead == 0xE0) {
    return {.followers = 2, .first_low = 0xA0};
  }
  if (lead == 0xED) {
    return {.followers = 2, .first_high = 0x9F};  // [MQTT-1.5.3-1]: no surrogates
  }
  if (lead < 0xF0) {
    return {.followers = 2};
  }
  if (lead == 0xF0) {
    return {.followers = 3, .first_low = 0x90};
  }
  if (lead < 0xF4) {
    return {.followers = 3};
  }
  if (lead == 0xF4) {
    return {.followers = 3, .first_high = 0x8F};
  }
  return {};
}

/// Size of the well-formed sequence at the start of `text`, which begins outside ASCII; 0 if it is
/// none.
std::size_t sequence_size(std::string_view text) {
  const Sequence sequence = sequence_of(static_cast<std::uint8_t>(text[0]));
  if (sequence.followers == 0 || text.size() <= sequence.followers) {
    return 0;
  }
  const auto first = static_cast<std::uint8_t>(text[1]);
  if (first < sequence.first_low || first > sequence.first_high) {
    return 0;
  }
  for (std::size_t i = 2; i <= sequence.followers; ++i) {
    if ((static_cast<std::uint8_t>(text[i]) & 0xC0) != 0x80) {
      return 0;
    }
  }
  return sequence.followers + 1;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= swar::kBytes) {
      const std::uint64_t word = swar::load(text.data() + at);
      if (!swar::has_high(word) && !swar::has_zero(word)) {
        at += swar::kBytes;
        continue;
      }
    }
    const auto byte = static_cast<std::uint8_t>(text[at]);
    if (byte == 0) {
      return false;  // [MQTT-1.5.3-2]
    }
    const std::size_t size = byte < 0x80 ? 1 : sequence_size(text.substr(at));
    if (size == 0) {
      return false;  // [MQTT-1.5.3-1]
    }
    at += size;
  }
  return true;
}

bool has_noncharacters(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    if (lead < 0x80) {
      if (lead < 0x20 || lead == 0x7F) {
        return true;
      }
      ++at;
      continue;
    }
    const auto followers = sequence_of(lead).followers;
    std::uint32_t point = lead & (0x3FU >> followers);
    for (std::size_t i = 1; i <= followers; ++i) {
      point = point << 6U | (static_cast<std::uint8_t>(text[at + i]) & 0x3FU);
    }
    const bool control = point <= 0x9F;
    const bool nonchar = (point & 0xFFFEU) == 0xFFFEU || (point >= 0xFDD0 && point <= 0xFDEF);
    if (control || nonchar) {
      return true;
    }
    at += followers + 1;
  }
  return false;
}

}  // namespace owb::mqtt
