#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace owb::core {

/// `text` (valid UTF-8) as the inside of a JSON string (RFC 8259, 7), cut after `limit` bytes at a
/// character's border.
inline std::string json_text(std::string_view text, std::size_t limit = 256) {
  if (text.size() > limit) {
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) {
      --limit;
    }
    text = text.substr(0, limit);
  }
  std::string out;
  out.reserve(text.size());
  for (const auto c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof(code), "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace owb::core
