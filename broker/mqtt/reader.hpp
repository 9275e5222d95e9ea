#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/mqtt/topic.hpp"
#include "broker/mqtt/types.hpp"
#include "tenants/base/bytes.hpp"

namespace owb::mqtt {

/// Takes a packet's body apart from front to back. The first failure sticks: later reads give zero
/// values, and one look at failed() at the end is enough. Never reads outside, never allocates.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }

  bool empty() const { return rest_.empty(); }

  void fail() {
    failed_ = true;
    rest_ = {};
  }

  ByteView take(std::size_t count) {
    if (count > rest_.size()) {
      fail();
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  ByteView rest() { return take(rest_.size()); }

  std::uint8_t u8() {
    const auto bytes = take(1);
    return bytes.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(bytes[0]);
  }

  std::uint16_t u16() {
    const auto bytes = take(2);
    return bytes.empty() ? std::uint16_t{0}
                         : static_cast<std::uint16_t>((std::to_integer<unsigned>(bytes[0]) << 8U) |
                                                      std::to_integer<unsigned>(bytes[1]));
  }

  std::uint32_t u32() {
    const auto high = static_cast<std::uint32_t>(u16());
    return (high << 16U) | u16();
  }

  /// [MQTT-2.3.1-1]
  PacketId packet_id() {
    const auto id = static_cast<PacketId>(u16());
    if (id == PacketId::none) {
      fail();
    }
    return id;
  }

  /// At most four bytes, in the shortest form [MQTT5-1.5.5-1].
  std::uint32_t varint() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const auto byte = u8();
      value |= static_cast<std::uint32_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) {
        if (byte == 0 && shift > 0) {
          fail();
        }
        return value;
      }
    }
    fail();
    return 0;
  }

  ByteView binary() { return take(u16()); }

  /// [MQTT-1.5.3-1], [MQTT-1.5.3-2]
  std::string_view utf8() {
    const auto text = as_text(binary());
    if (!is_utf8(text)) {
      fail();
      return {};
    }
    return text;
  }

 private:
  ByteView rest_;
  bool failed_ = false;
};

}  // namespace owb::mqtt
