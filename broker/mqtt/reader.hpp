#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/mqtt/error.hpp"
#include "broker/mqtt/topic.hpp"
#include "broker/mqtt/types.hpp"
#include "broker/mqtt/varint.hpp"
#include "tenants/base/bytes.hpp"

namespace owb::mqtt {

/// Takes the fields of a packet from the front of its bytes. The first failure sticks: from then on
/// every read gives an empty value, so a decoder reads all fields in order and asks `finish()` or
/// `failed()` once. Never reads past the end.
class Reader {
 public:
  explicit Reader(ByteView input) : rest_(input) {}

  std::uint8_t u8() {
    const ByteView bytes = take(1);
    return bytes.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(bytes[0]);
  }

  std::uint16_t u16() {
    const ByteView bytes = take(2);
    return bytes.empty() ? std::uint16_t{0}
                         : static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8 |
                                                      std::to_integer<unsigned>(bytes[1]));
  }

  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }

  std::uint32_t varint() {
    const VarintScan scan = scan_varint(rest_);
    if (scan.state != VarintScan::State::complete) {
      fail(Errc::malformed_packet);
      return 0;
    }
    rest_ = rest_.subspan(scan.size);
    return scan.value;
  }

  /// Fails with protocol_error for 0 [MQTT-2.3.1-1], [MQTT5-2.2.1-3].
  PacketId packet_id() {
    const std::uint16_t id = u16();
    if (id == 0) {
      fail(Errc::protocol_error);
    }
    return PacketId{id};
  }

  /// A byte that must be 0 or 1; else protocol_error.
  bool boolean() {
    const std::uint8_t value = u8();
    if (value > 1) {
      fail(Errc::protocol_error);
    }
    return value == 1;
  }

  /// Binary data: two bytes of length, then that many bytes [MQTT5 1.5.6]; so no text is longer
  /// than 65,535 bytes [MQTT-4.7.3-3], [MQTT5-4.7.3-3].
  ByteView binary() { return take(u16()); }

  /// The same as text, not looked at.
  std::string_view unchecked_text() { return as_text(binary()); }

  /// A UTF-8 string [MQTT-1.5.3-1], [MQTT-1.5.3-2], [MQTT5-1.5.4-1], [MQTT5-1.5.4-2], as it stands
  /// [MQTT-1.5.3-3], [MQTT5-1.5.4-3].
  std::string_view utf8() {
    const std::string_view text = unchecked_text();
    if (!is_utf8(text)) {
      fail(Errc::malformed_packet);
      return {};
    }
    return text;
  }

  ByteView take(std::size_t count) {
    if (count > rest_.size()) {
      fail(Errc::malformed_packet);
      return {};
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  /// Everything that is left.
  ByteView take_rest() { return take(rest_.size()); }

  /// What is left, without taking it.
  ByteView rest() const { return rest_; }

  bool at_end() const { return rest_.empty(); }

  /// Remembers `errc` unless something failed before.
  void fail(Errc errc) {
    if (!failed()) {
      error_ = errc;
    }
    rest_ = {};
  }

  bool failed() const { return error_ != Errc{}; }

  /// True if all was read, nothing is left over and nothing failed.
  bool finish() {
    if (!at_end()) {
      fail(Errc::malformed_packet);
    }
    return !failed();
  }

  /// Only if failed().
  Errc error() const { return error_; }

 private:
  ByteView rest_;
  Errc error_{};
};

}  // namespace owb::mqtt
