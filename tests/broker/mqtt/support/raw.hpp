#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include "broker/mqtt/frame.hpp"
#include "tenants/base/bytes.hpp"

/// Packets written by hand, byte for byte, without the encoder under test.
namespace owb::mqtt::testing {

inline Bytes raw(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) {
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

/// The characters alone, without a length.
inline Bytes chars(std::string_view text) {
  const ByteView view = as_byte_view(text);
  return {view.begin(), view.end()};
}

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

inline Bytes repeat(std::size_t times, const Bytes& part) {
  Bytes all;
  for (std::size_t i = 0; i < times; ++i) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

/// A string or binary data with its two bytes of length.
inline Bytes text(std::string_view text) {
  const auto size = static_cast<int>(text.size());
  return join({raw({size >> 8, size & 0xFF}), chars(text)});
}

/// A variable byte integer.
inline Bytes varint(std::size_t value) {
  Bytes bytes;
  for (; value > 127; value /= 128) {
    bytes.push_back(static_cast<std::byte>(0x80 | (value % 128)));
  }
  bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

/// A property block: the length and the properties.
inline Bytes properties(std::initializer_list<Bytes> parts) {
  const Bytes all = join(parts);
  return join({varint(all.size()), all});
}

/// A user property with its identifier.
inline Bytes user_property(std::string_view name, std::string_view value) {
  return join({raw({0x26}), text(name), text(value)});
}

/// A whole packet: first byte, remaining length, body.
inline Bytes packet(int first_byte, std::initializer_list<Bytes> parts) {
  const Bytes body = join(parts);
  return join({raw({first_byte}), varint(body.size()), body});
}

/// The one frame that `bytes` are. The views point into `bytes`.
inline Frame frame_of(const Bytes& bytes) {
  const auto scan = scan_frame(bytes);
  if (!scan || !scan->complete || scan->frame.size != bytes.size()) {
    throw std::logic_error("the test's bytes are not one frame");
  }
  return scan->frame;
}

}  // namespace owb::mqtt::testing
