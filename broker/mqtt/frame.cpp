#include "broker/mqtt/frame.hpp"

#include "broker/mqtt/error.hpp"

namespace owb::mqtt {

namespace {

// [MQTT-2.2.2-1], [MQTT-2.2.2-2]
bool flags_are_valid(PacketType type, unsigned flags) {
  switch (type) {
    case PacketType::reserved:
      return false;
    case PacketType::publish:
      return (flags & 0x06U) != 0x06U;  // [MQTT-3.3.1-4]
    case PacketType::pubrel:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
      return flags == 0x02;  // [MQTT-3.6.1-1], [MQTT-3.8.1-1], [MQTT-3.10.1-1]
    default:
      return flags == 0;
  }
}

}  // namespace

Result<FrameScan> scan_frame(ByteView input) {
  FrameScan scan;
  if (input.empty()) {
    return scan;
  }
  const auto first = std::to_integer<unsigned>(input[0]);
  scan.frame.type = static_cast<PacketType>(first >> 4U);
  scan.frame.flags = static_cast<std::uint8_t>(first & 0x0FU);
  if (!flags_are_valid(scan.frame.type, scan.frame.flags)) {
    return Errc::malformed_packet;
  }
  std::size_t remaining = 0;
  std::size_t at = 1;
  for (unsigned shift = 0;; shift += 7, ++at) {
    if (shift == 28) {
      return Errc::malformed_packet;
    }
    if (at == input.size()) {
      return scan;
    }
    const auto byte = std::to_integer<unsigned>(input[at]);
    remaining |= static_cast<std::size_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) {
      if (byte == 0 && shift > 0) {
        return Errc::malformed_packet;  // [MQTT5-1.5.5-1]: not the shortest form
      }
      ++at;
      break;
    }
  }
  scan.needed = at + remaining;
  if (input.size() < scan.needed) {
    return scan;
  }
  scan.complete = true;
  scan.frame.size = scan.needed;
  scan.frame.body = input.subspan(at, remaining);
  return scan;
}

}  // namespace owb::mqtt
