#include <cstdint>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/property_writer.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/reasons.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {
namespace {

constexpr unsigned kSessionPresent = 0x01;

void read_flags(Reader& in, Version version, Connack& packet) {
  const unsigned flags = in.u8();
  if (version == Version::v31) {
    return;  // reserved and without meaning in 3.1
  }
  if ((flags & ~kSessionPresent) != 0) {
    in.fail(Errc::malformed_packet);  // [MQTT5-3.2.2-1]
  }
  packet.session_present = flags == kSessionPresent;
}

void read_reason(Reader& in, Version version, Connack& packet) {
  const std::uint8_t code = in.u8();
  const bool is_v5 = version == Version::v5;
  const bool known =
      is_v5 ? is_reason_allowed(PacketType::connack, Reason{code}) : code <= kMaxConnackCode;
  if (!known) {
    in.fail(Errc::protocol_error);  // [MQTT5-3.2.2-8]
    return;
  }
  packet.reason = is_v5 ? Reason{code} : reason_of_connack_code(code);
  if (packet.session_present && packet.reason != Reason::success) {
    in.fail(Errc::protocol_error);  // [MQTT-3.2.2-4], [MQTT5-3.2.2-6]
  }
}

void take(const PropertyValue& value, Connack& packet) {
  switch (value.id) {
    case Property::session_expiry_interval:
      packet.session_expiry = value.number;
      break;
    case Property::receive_maximum:
      packet.receive_maximum = value.u16();
      break;
    case Property::maximum_qos:
      packet.maximum_qos = static_cast<Qos>(value.number);
      break;
    case Property::retain_available:
      packet.retain_available = value.flag();
      break;
    case Property::maximum_packet_size:
      packet.maximum_packet_size = value.number;
      break;
    case Property::assigned_client_identifier:
      packet.assigned_client_id = value.text();
      break;
    case Property::topic_alias_maximum:
      packet.topic_alias_maximum = value.u16();
      break;
    case Property::reason_string:
      packet.reason_string = value.text();
      break;
    case Property::wildcard_subscription_available:
      packet.wildcard_subscription_available = value.flag();
      break;
    case Property::subscription_identifier_available:
      packet.subscription_ids_available = value.flag();
      break;
    case Property::shared_subscription_available:
      packet.shared_subscription_available = value.flag();
      break;
    case Property::server_keep_alive:
      packet.server_keep_alive = value.u16();
      break;
    case Property::response_information:
      packet.response_information = value.text();
      break;
    case Property::server_reference:
      packet.server_reference = value.text();
      break;
    case Property::authentication_method:
      packet.authentication_method = value.text();
      break;
    case Property::authentication_data:
      packet.authentication_data = value.bytes;
      break;
    default:
      break;
  }
}

/// In the order in which mosquitto says them: scripts compare whole packets.
template <typename Sink>
void put_properties(Sink& sink, const Connack& packet) {
  put_u16(sink, Property::server_keep_alive, packet.server_keep_alive);
  put_u16(sink, Property::topic_alias_maximum,
          unless(std::uint16_t{0}, packet.topic_alias_maximum));
  put_text(sink, Property::assigned_client_identifier, packet.assigned_client_id);
  put_u32(sink, Property::session_expiry_interval, packet.session_expiry);
  put_flag(sink, Property::retain_available, packet.retain_available);
  put_u32(sink, Property::maximum_packet_size, packet.maximum_packet_size);
  put_u16(sink, Property::receive_maximum, packet.receive_maximum);
  if (packet.maximum_qos) {
    put_flag(sink, Property::maximum_qos, *packet.maximum_qos != Qos::at_most_once);
  }
  put_reason_string(sink, packet.reason_string);
  put_flag(sink, Property::wildcard_subscription_available, packet.wildcard_subscription_available);
  put_flag(sink, Property::subscription_identifier_available, packet.subscription_ids_available);
  put_flag(sink, Property::shared_subscription_available, packet.shared_subscription_available);
  put_text(sink, Property::response_information, packet.response_information);
  put_text(sink, Property::server_reference, packet.server_reference);
  put_text(sink, Property::authentication_method, packet.authentication_method);
  put_binary(sink, Property::authentication_data, packet.authentication_data);
}

template <typename Sink>
void put_connack(Sink& sink, const Connack& packet, Version version) {
  // 3.1 knows no session present flag [MQTT31-3.2-1]; beside an error it is 0 [MQTT-3.2.2-4],
  // [MQTT5-3.2.2-6]. The other bits are reserved [MQTT5-3.2.2-1].
  const bool session_present =
      packet.session_present && packet.reason == Reason::success && version != Version::v31;
  sink.u8(session_present ? kSessionPresent : 0);
  if (version != Version::v5) {
    sink.u8(connack_code(packet.reason));
    return;
  }
  sink.u8(static_cast<std::uint8_t>(packet.reason));
  put_block(sink, [&packet](auto& inner) { put_properties(inner, packet); });
}

}  // namespace

Result<Connack> decode_connack(const Frame& frame, Version version) {
  Reader in{frame.body};
  Connack packet;
  read_flags(in, version, packet);
  read_reason(in, version, packet);
  if (version == Version::v5) {
    read_properties(in, PropertyPlace::connack,
                    [&packet](const PropertyValue& value) { take(value, packet); });
  }
  if (!in.finish()) {
    return in.error();
  }
  return packet;
}

void encode_connack(const Connack& packet, Version version, Bytes& out) {
  encode_packet(
      PacketType::connack, 0, [&](auto& sink) { put_connack(sink, packet, version); }, out);
}

}  // namespace owb::mqtt
