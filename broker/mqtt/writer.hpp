#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "broker/mqtt/types.hpp"
#include "tenants/base/bytes.hpp"

namespace owb::mqtt {

/// Bytes of `value` as a variable byte integer.
constexpr std::size_t varint_size(std::size_t value) {
  return value < 128 ? 1U : value < 16'384 ? 2U : value < 2'097'152 ? 3U : 4U;
}

/// Appends to a buffer whose room was reserved with the packet's exact size.
class Writer {
 public:
  /// Makes room for a packet of `remaining` bytes behind its fixed header, and writes that header.
  Writer(Bytes& out, PacketType type, unsigned flags, std::size_t remaining) {
    const auto before = out.size();
    out.resize(before + 1 + varint_size(remaining) + remaining);
    at_ = out.data() + before;
    u8((static_cast<unsigned>(type) << 4U) | flags);
    varint(remaining);
  }

  void u8(std::size_t value) { *at_++ = static_cast<std::byte>(value); }

  void u16(std::size_t value) {
    u8((value >> 8U) & 0xFFU);
    u8(value & 0xFFU);
  }

  void u32(std::size_t value) {
    u16(value >> 16U);
    u16(value & 0xFFFFU);
  }

  void id(PacketId id) { u16(static_cast<std::uint16_t>(id)); }

  void varint(std::size_t value) {
    while (value >= 128) {
      u8((value & 0x7FU) | 0x80U);
      value >>= 7U;
    }
    u8(value);
  }

  void raw(ByteView bytes) {
    if (!bytes.empty()) {
      std::memcpy(at_, bytes.data(), bytes.size());
      at_ += bytes.size();
    }
  }

  void binary(ByteView bytes) {
    u16(bytes.size());
    raw(bytes);
  }

  void utf8(std::string_view text) { binary(as_byte_view(text)); }

 private:
  std::byte* at_ = nullptr;
};

}  // namespace owb::mqtt
