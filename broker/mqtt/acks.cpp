#include <cstdint>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/property_writer.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/reasons.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {
namespace {

/// Reason and properties of 5.0, either of which may be left out from the end [MQTT5 3.4.2.1].
void read_reason(Reader& in, PacketType type, Ack& packet) {
  if (in.at_end()) {
    return;
  }
  packet.reason = Reason{in.u8()};
  if (!is_reason_allowed(type, packet.reason)) {
    in.fail(Errc::protocol_error);  // [MQTT5-3.4.2-1], and the same of its sisters
  }
  if (in.at_end()) {
    return;
  }
  read_properties(in, PropertyPlace::ack, [&packet](const PropertyValue& value) {
    if (value.id == Property::reason_string) {
      packet.reason_string = value.text();
    }
  });
}

template <typename Sink>
void put_ack(Sink& sink, const Ack& packet, Version version) {
  sink.u16(static_cast<std::uint16_t>(packet.packet_id));
  const bool has_properties = !packet.reason_string.empty();
  if (version != Version::v5 || (packet.reason == Reason::success && !has_properties)) {
    return;
  }
  sink.u8(static_cast<std::uint8_t>(packet.reason));
  if (has_properties) {
    put_block(sink, [&packet](auto& inner) { put_reason_string(inner, packet.reason_string); });
  }
}

}  // namespace

Result<Ack> decode_ack(const Frame& frame, Version version) {
  Reader in{frame.body};
  Ack packet{.packet_id = in.packet_id()};
  if (version == Version::v5) {
    read_reason(in, frame.type, packet);
  }
  if (!in.finish()) {
    return in.error();
  }
  return packet;
}

void encode_ack(PacketType type, const Ack& packet, Version version, Bytes& out) {
  const std::uint8_t flags = type == PacketType::pubrel ? 0x02 : 0;  // [MQTT-3.6.1-1]
  encode_packet(
      type, flags, [&](auto& sink) { put_ack(sink, packet, version); }, out);
}

}  // namespace owb::mqtt
