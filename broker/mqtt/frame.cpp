#include "broker/mqtt/frame.hpp"

#include "broker/mqtt/error.hpp"
#include "broker/mqtt/varint.hpp"

namespace owb::mqtt {
namespace {

/// [MQTT-2.2.2-1], [MQTT-2.2.2-2], [MQTT5-2.1.3-1]: what the low nibble may be.
constexpr bool flags_allowed(PacketType type, std::uint8_t flags, Version version) {
  constexpr std::uint8_t kDup = 0x08;
  switch (type) {
    case PacketType::connect:
      return true;  // the version stands behind them: decode_connect() judges
    case PacketType::publish:
      return (flags & 0x06) != 0x06;  // [MQTT-3.3.1-4], [MQTT5-3.3.1-4]: no QoS 3
    case PacketType::pubrel:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
      if (version == Version::v31) {
        flags &= static_cast<std::uint8_t>(~kDup);  // [MQTT31-2.1-1]: sent again
      }
      // [MQTT-3.6.1-1], [MQTT-3.8.1-1], [MQTT-3.10.1-1], [MQTT5-3.6.1-1], [MQTT5-3.8.1-1],
      // [MQTT5-3.10.1-1]
      return flags == 0x02;
    case PacketType::reserved:
      return false;
    default:
      return flags == 0;  // [MQTT-3.14.1-1], [MQTT5-3.14.1-1], [MQTT5-3.15.1-1]
  }
}

constexpr bool is_ping(PacketType type) {
  return type == PacketType::pingreq || type == PacketType::pingresp;
}

}  // namespace

Result<FrameScan> scan_frame(ByteView input, Version version) {
  FrameScan scan;
  if (input.empty()) {
    return scan;
  }
  const auto first = std::to_integer<std::uint8_t>(input[0]);
  Frame& frame = scan.frame;
  frame.type = static_cast<PacketType>(first >> 4);
  frame.flags = first & 0x0F;
  if (!flags_allowed(frame.type, frame.flags, version)) {
    return Errc::malformed_packet;
  }
  const VarintScan length = scan_varint(input.subspan(1));
  if (length.state == VarintScan::State::malformed) {
    return Errc::length_invalid;
  }
  if (length.state == VarintScan::State::unfinished) {
    return scan;
  }
  if (length.value != 0 && is_ping(frame.type)) {
    return Errc::length_invalid;
  }
  const std::size_t header = 1 + length.size;
  const std::size_t size = header + length.value;
  if (input.size() < size) {
    scan.needed = size;
    return scan;
  }
  scan.complete = true;
  frame.body = input.subspan(header, length.value);
  frame.size = size;
  return scan;
}

}  // namespace owb::mqtt
