#include "broker/mqtt/frame.hpp"

#include "broker/mqtt/error.hpp"
#include "broker/mqtt/varint.hpp"

namespace owb::mqtt {
namespace {

/// [MQTT-2.2.2-2]: what the low nibble may be.
constexpr bool flags_allowed(PacketType type, std::uint8_t flags) {
  switch (type) {
    case PacketType::publish:
      return (flags & 0x06) != 0x06;  // [MQTT-3.3.1-4]: no QoS 3
    case PacketType::pubrel:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
      return flags == 0x02;  // [MQTT-3.6.1-1], [MQTT-3.8.1-1], [MQTT-3.10.1-1]
    case PacketType::reserved:
      return false;
    default:
      return flags == 0;
  }
}

constexpr bool is_ping(PacketType type) {
  return type == PacketType::pingreq || type == PacketType::pingresp;
}

}  // namespace

Result<FrameScan> scan_frame(ByteView input) {
  FrameScan scan;
  if (input.empty()) {
    return scan;
  }
  const auto first = std::to_integer<std::uint8_t>(input[0]);
  Frame& frame = scan.frame;
  frame.type = static_cast<PacketType>(first >> 4);
  frame.flags = first & 0x0F;
  if (!flags_allowed(frame.type, frame.flags)) {
    return Errc::malformed_packet;
  }
  const VarintScan length = scan_varint(input.subspan(1));
  if (length.state == VarintScan::State::malformed) {
    return Errc::malformed_packet;
  }
  if (length.state == VarintScan::State::unfinished) {
    return scan;
  }
  if (length.value != 0 && is_ping(frame.type)) {
    return Errc::malformed_packet;
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
