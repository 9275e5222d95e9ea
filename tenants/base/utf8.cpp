#include "tenants/base/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace owb {

namespace {

/// Bytes that must follow a leading byte, and the range of the first of them, which is where
/// overlong forms, surrogates and values above U+10FFFF are told apart (RFC 3629, section 4).
struct Sequence {
  std::size_t following = 0;
  std::uint8_t least = 0x80;
  std::uint8_t most = 0xBF;
};

/// False: `lead` begins no sequence.
bool sequence_of(std::uint8_t lead, Sequence& sequence) {
  if (lead < 0x80) {
    sequence = {};
  } else if (lead >= 0xC2 && lead <= 0xDF) {
    sequence = {.following = 1};
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    sequence = {.following = 2};
    sequence.least = lead == 0xE0 ? 0xA0 : 0x80;
    sequence.most = lead == 0xED ? 0x9F : 0xBF;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    sequence = {.following = 3};
    sequence.least = lead == 0xF0 ? 0x90 : 0x80;
    sequence.most = lead == 0xF4 ? 0x8F : 0xBF;
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto byte_at = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  Sequence sequence;
  for (std::size_t i = 0; i < text.size(); i += 1 + sequence.following) {
    if (!sequence_of(byte_at(i), sequence) || text.size() - i <= sequence.following) {
      return false;
    }
    for (std::size_t k = 1; k <= sequence.following; ++k) {
      const auto byte = byte_at(i + k);
      if (byte < (k == 1 ? sequence.least : 0x80) || byte > (k == 1 ? sequence.most : 0xBF)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace owb
