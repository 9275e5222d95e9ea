#include <cstdint>
#include <string_view>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/property_writer.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/topic.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {
namespace {

constexpr std::string_view kName = "MQTT";
constexpr std::string_view kName31 = "MQIsdp";
constexpr unsigned kBridgeBit = 0x80;

/// The connect flags [MQTT 3.1.2.3].
struct ConnectFlags {
  static constexpr unsigned kReserved = 0x01;
  static constexpr unsigned kCleanStart = 0x02;
  static constexpr unsigned kWill = 0x04;
  static constexpr unsigned kWillQosShift = 3;
  static constexpr unsigned kWillRetain = 0x20;
  static constexpr unsigned kPassword = 0x40;
  static constexpr unsigned kUserName = 0x80;

  unsigned bits = 0;

  bool has(unsigned bit) const { return (bits & bit) != 0; }

  unsigned will_qos() const { return bits >> kWillQosShift & 0x03; }

  static ConnectFlags of(const Connect& packet) {
    unsigned bits = packet.clean_start ? kCleanStart : 0;
    if (packet.will) {
      bits |= kWill | static_cast<unsigned>(packet.will->qos) << kWillQosShift |
              (packet.will->retain ? kWillRetain : 0);
    }
    bits |= packet.user_name ? kUserName : 0;
    bits |= packet.password ? kPassword : 0;
    return {bits};
  }
};

void read_protocol(Reader& in, Connect& packet) {
  const std::string_view name = in.utf8();
  const unsigned level = in.u8();
  if (in.failed()) {
    return;
  }
  if (name != kName && name != kName31) {
    in.fail(Errc::protocol_error);  // [MQTT-3.1.2-1], [MQTT5-3.1.2-1]
    return;
  }
  packet.bridge = (level & kBridgeBit) != 0;
  const unsigned plain_level = level & ~kBridgeBit;
  if (name == kName31 && plain_level == 3) {
    packet.version = Version::v31;  // [MQTT31-3.1-1]
  } else if (name == kName && plain_level == 4) {
    packet.version = Version::v311;
  } else if (name == kName && level == 5) {
    packet.version = Version::v5;
  } else {
    in.fail(Errc::unsupported_version);  // [MQTT-3.1.2-2], [MQTT5-3.1.2-2]
  }
}

/// 3.1 leaves unused flags open, and so do we, as mosquitto does.
bool are_allowed(ConnectFlags flags, Version version) {
  if (flags.will_qos() == 3) {
    return false;  // [MQTT-3.1.2-14], [MQTT5-3.1.2-12]
  }
  if (version != Version::v31) {
    if (flags.has(ConnectFlags::kReserved)) {
      return false;  // [MQTT-3.1.2-3], [MQTT5-3.1.2-3]
    }
    if (!flags.has(ConnectFlags::kWill) &&
        (flags.will_qos() != 0 || flags.has(ConnectFlags::kWillRetain))) {
      return false;  // [MQTT-3.1.2-13], [MQTT-3.1.2-15], [MQTT5-3.1.2-11], [MQTT5-3.1.2-13]
    }
  }
  const bool password_alone =
      flags.has(ConnectFlags::kPassword) && !flags.has(ConnectFlags::kUserName);
  return !password_alone || version == Version::v5;  // [MQTT-3.1.2-22]
}

/// 3.1: where the packet ends before the field, the flag does not count [MQTT31-3.1-2].
bool has_field(ConnectFlags flags, unsigned bit, Version version, const Reader& in) {
  return flags.has(bit) && (version != Version::v31 || !in.at_end());
}

void take(const PropertyValue& value, Connect& packet) {
  switch (value.id) {
    case Property::session_expiry_interval:
      packet.session_expiry = value.number;
      break;
    case Property::receive_maximum:
      packet.receive_maximum = value.u16();
      break;
    case Property::maximum_packet_size:
      packet.maximum_packet_size = value.number;
      break;
    case Property::topic_alias_maximum:
      packet.topic_alias_maximum = value.u16();
      break;
    case Property::request_response_information:
      packet.request_response_information = value.flag();
      break;
    case Property::request_problem_information:
      packet.request_problem_information = value.flag();
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

void read_connect_properties(Reader& in, Connect& packet) {
  read_properties(in, PropertyPlace::connect,
                  [&packet](const PropertyValue& value) { take(value, packet); });
  if (packet.authentication_data && !packet.authentication_method) {
    in.fail(Errc::protocol_error);  // [MQTT5 3.1.2.11.10]
  }
}

void read_will(Reader& in, ConnectFlags flags, Connect& packet) {
  Will& will = packet.will.emplace();
  will.qos = static_cast<Qos>(flags.will_qos());
  will.retain = flags.has(ConnectFlags::kWillRetain);
  if (packet.version == Version::v5) {
    read_will_properties(in, will);
  }
}

/// What stands behind the client id and the will's properties.
void read_fields(Reader& in, ConnectFlags flags, Connect& packet) {
  if (packet.will) {
    packet.will->topic = in.utf8();  // [MQTT-3.1.3-10], [MQTT5-3.1.3-11]
    if (!in.failed() && !is_topic_name(packet.will->topic)) {
      in.fail(Errc::topic_name_invalid);  // [MQTT-4.7.1-1], [MQTT-4.7.3-1]
    }
    packet.will->payload = in.binary();
  }
  if (has_field(flags, ConnectFlags::kUserName, packet.version, in)) {
    // [MQTT-3.1.2-19], [MQTT-3.1.3-11], [MQTT5-3.1.2-17], [MQTT5-3.1.3-12]
    packet.user_name = in.utf8();
  }
  if (has_field(flags, ConnectFlags::kPassword, packet.version, in)) {
    packet.password = in.binary();  // [MQTT-3.1.2-21], [MQTT5-3.1.2-19]
  }
}

template <typename Sink>
void put_connect_properties(Sink& sink, const Connect& packet) {
  put_u32(sink, Property::session_expiry_interval, unless(0U, packet.session_expiry));
  put_u16(sink, Property::receive_maximum, unless(std::uint16_t{65'535}, packet.receive_maximum));
  put_u32(sink, Property::maximum_packet_size, packet.maximum_packet_size);
  put_u16(sink, Property::topic_alias_maximum,
          unless(std::uint16_t{0}, packet.topic_alias_maximum));
  put_flag(sink, Property::request_response_information,
           unless(false, packet.request_response_information));
  put_flag(sink, Property::request_problem_information,
           unless(true, packet.request_problem_information));
  put_text(sink, Property::authentication_method, packet.authentication_method);
  put_binary(sink, Property::authentication_data, packet.authentication_data);
}

template <typename Sink>
void put_will(Sink& sink, const Will& will, Version version) {
  if (version == Version::v5) {
    put_block(sink, [&will](auto& inner) {
      put_u32(inner, Property::will_delay_interval, unless(0U, will.delay));
      put_message_properties(inner, will.properties);
    });
  }
  sink.text(will.topic);
  sink.binary(will.payload);
}

template <typename Sink>
void put_connect(Sink& sink, const Connect& packet) {
  sink.text(packet.version == Version::v31 ? kName31 : kName);
  sink.u8(static_cast<std::uint8_t>(static_cast<unsigned>(packet.version) |
                                    (packet.bridge ? kBridgeBit : 0)));
  sink.u8(static_cast<std::uint8_t>(ConnectFlags::of(packet).bits));
  sink.u16(packet.keep_alive);
  if (packet.version == Version::v5) {
    put_block(sink, [&packet](auto& inner) { put_connect_properties(inner, packet); });
  }
  sink.text(packet.client_id);
  if (packet.will) {
    put_will(sink, *packet.will, packet.version);
  }
  if (packet.user_name) {
    sink.text(*packet.user_name);
  }
  if (packet.password) {
    sink.binary(*packet.password);
  }
}

}  // namespace

Result<Connect> decode_connect(const Frame& frame) {
  Reader in{frame.body};
  Connect packet;
  read_protocol(in, packet);
  const ConnectFlags flags{in.u8()};
  const bool header_allowed = frame.flags == 0 || packet.version == Version::v31;
  if (!are_allowed(flags, packet.version) || !header_allowed) {
    in.fail(Errc::malformed_packet);  // [MQTT-2.2.2-2]; 3.1 does not use the header's flags
  }
  packet.clean_start = flags.has(ConnectFlags::kCleanStart);
  packet.keep_alive = in.u16();
  if (packet.version == Version::v5) {
    read_connect_properties(in, packet);
  }
  if (in.failed()) {
    return in.error();
  }
  // The payload: fields in this order, each if its flag is set [MQTT-3.1.3-1], [MQTT5-3.1.3-1]. The
  // client id is always there [MQTT-3.1.3-3], [MQTT-3.1.3-4], [MQTT5-3.1.3-3], [MQTT5-3.1.3-4].
  packet.client_id = in.utf8();
  if (in.failed()) {
    return Errc::client_id_invalid;
  }
  if (flags.has(ConnectFlags::kWill)) {
    read_will(in, flags, packet);  // [MQTT-3.1.2-9], [MQTT5-3.1.2-9]
  }
  if (in.failed()) {
    return in.error();
  }
  read_fields(in, flags, packet);
  if (in.failed()) {
    return in.error() == Errc::malformed_packet ? Errc::connect_field_invalid : in.error();
  }
  if (!in.finish()) {
    // Something is left over: a field whose flag is not set [MQTT-3.1.2-11], [MQTT-3.1.2-18],
    // [MQTT-3.1.2-20], [MQTT5-3.1.2-16], [MQTT5-3.1.2-18].
    return in.error();
  }
  return packet;
}

void encode_connect(const Connect& packet, Bytes& out) {
  encode_packet(
      PacketType::connect, 0, [&packet](auto& sink) { put_connect(sink, packet); }, out);
}

}  // namespace owb::mqtt
