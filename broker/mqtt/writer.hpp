#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "broker/mqtt/types.hpp"
#include "broker/mqtt/varint.hpp"
#include "tenants/base/assert.hpp"
#include "tenants/base/bytes.hpp"

/// A packet's body is described once, as a function of a sink, and run twice: with a SizeCounter,
/// then, when the lengths are known and the buffer has grown, with a Writer.
namespace owb::mqtt {

inline constexpr std::size_t kMaxTextBytes = 65'535;

class SizeCounter {
 public:
  void u8(std::uint8_t /*value*/) { size_ += 1; }

  void u16(std::uint16_t /*value*/) { size_ += 2; }

  void u32(std::uint32_t /*value*/) { size_ += 4; }

  void varint(std::size_t value) { size_ += varint_size(value); }

  void binary(ByteView value) { size_ += 2 + value.size(); }

  void text(std::string_view value) { size_ += 2 + value.size(); }

  void bytes(ByteView value) { size_ += value.size(); }

  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

/// Writes to memory that a SizeCounter has found large enough.
class Writer {
 public:
  explicit Writer(std::byte* at) : at_(at) {}

  void u8(std::uint8_t value) { *at_++ = std::byte{value}; }

  void u16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value >> 8));
    u8(static_cast<std::uint8_t>(value & 0xFF));
  }

  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value & 0xFFFF));
  }

  void varint(std::size_t value) {
    OWB_ASSERT(value <= kMaxVarint);
    while (value >= 0x80) {
      u8(static_cast<std::uint8_t>(0x80 | (value & 0x7F)));
      value >>= 7;
    }
    u8(static_cast<std::uint8_t>(value));
  }

  void binary(ByteView value) {
    // A length that wrapped would let the rest of the value be read as packets.
    OWB_ASSERT(value.size() <= kMaxTextBytes);
    u16(static_cast<std::uint16_t>(value.size()));
    bytes(value);
  }

  void text(std::string_view value) { binary(as_byte_view(value)); }

  void bytes(ByteView value) {
    if (!value.empty()) {
      std::memcpy(at_, value.data(), value.size());
      at_ += value.size();
    }
  }

  const std::byte* at() const { return at_; }

 private:
  std::byte* at_;
};

/// Size of a whole packet whose body has `body_size` bytes.
constexpr std::size_t packet_size(std::size_t body_size) {
  return 1 + varint_size(body_size) + body_size;
}

/// Appends one packet. `body(sink)` must write the same to any sink. `out` grows once.
template <typename Body>
void encode_packet(PacketType type, std::uint8_t flags, const Body& body, Bytes& out) {
  SizeCounter counter;
  body(counter);
  const std::size_t start = out.size();
  out.resize(start + packet_size(counter.size()));
  Writer writer{out.data() + start};
  writer.u8(static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags));
  writer.varint(counter.size());
  body(writer);
  OWB_ASSERT(writer.at() == out.data() + out.size());
}

}  // namespace owb::mqtt
