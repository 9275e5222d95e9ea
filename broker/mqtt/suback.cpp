#include <algorithm>
#include <cstdint>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/property_writer.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/reasons.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {
namespace {

/// UNSUBACK before 5.0 is a packet id and nothing else.
constexpr bool has_codes(PacketType type, Version version) {
  return type == PacketType::suback || version == Version::v5;
}

bool is_code_allowed(PacketType type, Version version, Reason code) {
  if (version == Version::v5) {
    return is_reason_allowed(type, code);
  }
  return code <= Reason::granted_qos_2 || code == Reason::unspecified_error;  // [MQTT-3.9.3-2]
}

void read_codes(Reader& in, PacketType type, Version version, Suback& packet) {
  packet.codes = in.take_rest();
  const bool all_allowed = std::all_of(
      packet.codes.begin(), packet.codes.end(),
      [&](std::byte code) { return is_code_allowed(type, version, static_cast<Reason>(code)); });
  if (packet.codes.empty() || !all_allowed) {
    in.fail(Errc::protocol_error);
  }
}

Result<Suback> decode(const Frame& frame, PacketType type, Version version) {
  Reader in{frame.body};
  Suback packet{.packet_id = in.packet_id()};
  if (version == Version::v5) {
    const auto place = type == PacketType::suback ? PropertyPlace::suback : PropertyPlace::unsuback;
    read_properties(in, place, [&packet](const PropertyValue& value) {
      if (value.id == Property::reason_string) {
        packet.reason_string = value.text();
      }
    });
  }
  if (has_codes(type, version)) {
    read_codes(in, type, version, packet);
  }
  if (!in.finish()) {
    return in.error();
  }
  return packet;
}

void encode(const Suback& packet, PacketType type, Version version, Bytes& out) {
  const auto body = [&](auto& sink) {
    sink.u16(static_cast<std::uint16_t>(packet.packet_id));
    if (version == Version::v5) {
      put_block(sink, [&packet](auto& inner) { put_reason_string(inner, packet.reason_string); });
    }
    if (has_codes(type, version)) {
      sink.bytes(packet.codes);
    }
  };
  encode_packet(type, 0, body, out);
}

}  // namespace

Result<Suback> decode_suback(const Frame& frame, Version version) {
  return decode(frame, PacketType::suback, version);
}

Result<Suback> decode_unsuback(const Frame& frame, Version version) {
  return decode(frame, PacketType::unsuback, version);
}

void encode_suback(const Suback& packet, Version version, Bytes& out) {
  encode(packet, PacketType::suback, version, out);
}

void encode_unsuback(const Suback& packet, Version version, Bytes& out) {
  encode(packet, PacketType::unsuback, version, out);
}

}  // namespace owb::mqtt
