// CONNECT and CONNACK.
#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/topic.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {

namespace {

constexpr unsigned kBridgeBit = 0x80;

// Connect flags [MQTT 3.1.2.3].
constexpr unsigned kReserved = 0x01;
constexpr unsigned kCleanStart = 0x02;
constexpr unsigned kWill = 0x04;
constexpr unsigned kWillRetain = 0x20;
constexpr unsigned kPassword = 0x40;
constexpr unsigned kUserName = 0x80;

// [MQTT-3.1.2-1], [MQTT-3.1.2-2]
Error read_protocol(Reader& in, Connect& packet) {
  const auto name = in.utf8();
  const unsigned level = in.u8();
  if (in.failed() || (name != "MQTT" && name != "MQIsdp")) {
    return Errc::protocol_error;
  }
  const auto plain = level & ~kBridgeBit;
  packet.bridge = (level & kBridgeBit) != 0;
  if (name == "MQIsdp" && plain == 3) {
    packet.version = Version::v31;
  } else if (name == "MQTT" && plain == 4) {
    packet.version = Version::v311;
  } else if (name == "MQTT" && level == 5) {
    packet.version = Version::v5;
  } else {
    return Errc::unsupported_version;
  }
  return {};
}

Error check_flags(unsigned flags, Version version) {
  if ((flags & kReserved) != 0 && version != Version::v31) {
    return Errc::malformed_packet;  // [MQTT-3.1.2-3]
  }
  const auto will_qos = (flags >> 3U) & 0x03U;
  if ((flags & kWill) == 0) {
    if (will_qos != 0 || (flags & kWillRetain) != 0) {
      return Errc::malformed_packet;  // [MQTT-3.1.2-11], [MQTT-3.1.2-13], [MQTT-3.1.2-15]
    }
  } else if (will_qos == 3) {
    return Errc::malformed_packet;  // [MQTT-3.1.2-14]
  }
  if (version != Version::v5 && (flags & kPassword) != 0 && (flags & kUserName) == 0) {
    return Errc::malformed_packet;  // [MQTT-3.1.2-22]
  }
  return {};
}

Error read_connect_properties(Reader& in, Connect& packet) {
  const auto error = read_properties(in, PropertyPlace::connect, [&packet](const auto& value) {
    switch (value.id) {
      case Property::session_expiry_interval:
        packet.session_expiry = value.number;
        break;
      case Property::receive_maximum:
        packet.receive_maximum = static_cast<std::uint16_t>(value.number);
        break;
      case Property::maximum_packet_size:
        packet.maximum_packet_size = value.number;
        break;
      case Property::topic_alias_maximum:
        packet.topic_alias_maximum = static_cast<std::uint16_t>(value.number);
        break;
      case Property::request_response_information:
        packet.request_response_information = value.number == 1;
        break;
      case Property::request_problem_information:
        packet.request_problem_information = value.number == 1;
        break;
      case Property::authentication_method:
        packet.authentication_method = as_text(value.bytes);
        break;
      case Property::authentication_data:
        packet.authentication_data = value.bytes;
        break;
      default:
        break;
    }
  });
  if (!error.failed() && packet.authentication_data && !packet.authentication_method) {
    return Errc::protocol_error;  // [MQTT5-3.1.2.11.10]
  }
  return error;
}

Error read_will(Reader& in, unsigned flags, Connect& packet) {
  Will will{.qos = static_cast<Qos>((flags >> 3U) & 0x03U), .retain = (flags & kWillRetain) != 0};
  if (packet.version == Version::v5) {
    if (const auto error =
            read_publish_properties(in, PropertyPlace::will, will.properties, &will.delay);
        error.failed()) {
      return error;
    }
  }
  will.topic = in.utf8();
  will.payload = in.binary();
  if (!in.failed() && !is_topic_name(will.topic)) {
    return Errc::topic_name_invalid;
  }
  packet.will = will;
  return {};
}

}  // namespace

Result<Connect> decode_connect(const Frame& frame) {
  Reader in(frame.body);
  Connect packet;
  if (const auto error = read_protocol(in, packet); error.failed()) {
    return error;
  }
  const unsigned flags = in.u8();
  packet.clean_start = (flags & kCleanStart) != 0;
  packet.keep_alive = in.u16();
  if (in.failed()) {
    return Errc::malformed_packet;
  }
  if (const auto error = check_flags(flags, packet.version); error.failed()) {
    return error;
  }
  if (packet.version == Version::v5) {
    if (const auto error = read_connect_properties(in, packet); error.failed()) {
      return error;
    }
  }
  // [MQTT-3.1.3-1]: the payload in this order.
  packet.client_id = in.utf8();
  if ((flags & kWill) != 0) {
    if (const auto error = read_will(in, flags, packet); error.failed()) {
      return error;
    }
  }
  if ((flags & kUserName) != 0) {
    packet.user_name = in.utf8();
  }
  if ((flags & kPassword) != 0) {
    packet.password = in.binary();
  }
  if (in.failed() || !in.empty()) {
    return Errc::malformed_packet;
  }
  return packet;
}

void encode_connect(const Connect& packet, Bytes& out) {
  const bool v5 = packet.version == Version::v5;
  std::size_t properties = 0;
  if (v5) {
    properties += packet.session_expiry != 0 ? 5U : 0U;
    properties += packet.receive_maximum != 65'535 ? 3U : 0U;
    properties += packet.maximum_packet_size ? 5U : 0U;
    properties += packet.topic_alias_maximum != 0 ? 3U : 0U;
    properties += packet.request_response_information ? 2U : 0U;
    properties += packet.request_problem_information ? 0U : 2U;
    properties += packet.authentication_method ? 3 + packet.authentication_method->size() : 0U;
    properties += packet.authentication_data ? 3 + packet.authentication_data->size() : 0U;
  }
  Bytes forwarded;
  std::size_t will_properties = 0;
  if (packet.will && v5) {
    append_forwardable(packet.will->properties.raw, forwarded);
    will_properties = forwarded.size() + (packet.will->delay != 0 ? 5U : 0U) +
                      (packet.will->properties.message_expiry ? 5U : 0U);
  }
  const std::string_view name = packet.version == Version::v31 ? "MQIsdp" : "MQTT";
  std::size_t size = 2 + name.size() + 1 + 1 + 2 + 2 + packet.client_id.size();
  size += v5 ? varint_size(properties) + properties : 0U;
  if (packet.will) {
    size += 4 + packet.will->topic.size() + packet.will->payload.size();
    size += v5 ? varint_size(will_properties) + will_properties : 0U;
  }
  size += packet.user_name ? 2 + packet.user_name->size() : 0U;
  size += packet.password ? 2 + packet.password->size() : 0U;

  Writer to(out, PacketType::connect, 0, size);
  to.utf8(name);
  to.u8(static_cast<unsigned>(packet.version) | (packet.bridge ? kBridgeBit : 0U));
  unsigned flags = packet.clean_start ? kCleanStart : 0U;
  if (packet.will) {
    flags |= kWill | (static_cast<unsigned>(packet.will->qos) << 3U) |
             (packet.will->retain ? kWillRetain : 0U);
  }
  flags |= (packet.user_name ? kUserName : 0U) | (packet.password ? kPassword : 0U);
  to.u8(flags);
  to.u16(packet.keep_alive);
  const auto number = [&to](Property id, std::size_t value, auto write) {
    to.u8(static_cast<std::uint8_t>(id));
    write(value);
  };
  const auto as_u8 = [&to](std::size_t value) { to.u8(value); };
  const auto as_u16 = [&to](std::size_t value) { to.u16(value); };
  const auto as_u32 = [&to](std::size_t value) { to.u32(value); };
  if (v5) {
    to.varint(properties);
    if (packet.session_expiry != 0) {
      number(Property::session_expiry_interval, packet.session_expiry, as_u32);
    }
    if (packet.receive_maximum != 65'535) {
      number(Property::receive_maximum, packet.receive_maximum, as_u16);
    }
    if (packet.maximum_packet_size) {
      number(Property::maximum_packet_size, *packet.maximum_packet_size, as_u32);
    }
    if (packet.topic_alias_maximum != 0) {
      number(Property::topic_alias_maximum, packet.topic_alias_maximum, as_u16);
    }
    if (packet.request_response_information) {
      number(Property::request_response_information, 1, as_u8);
    }
    if (!packet.request_problem_information) {
      number(Property::request_problem_information, 0, as_u8);
    }
    if (packet.authentication_method) {
      to.u8(static_cast<std::uint8_t>(Property::authentication_method));
      to.utf8(*packet.authentication_method);
    }
    if (packet.authentication_data) {
      to.u8(static_cast<std::uint8_t>(Property::authentication_data));
      to.binary(*packet.authentication_data);
    }
  }
  to.utf8(packet.client_id);
  if (packet.will) {
    if (v5) {
      to.varint(will_properties);
      if (packet.will->delay != 0) {
        number(Property::will_delay_interval, packet.will->delay, as_u32);
      }
      if (packet.will->properties.message_expiry) {
        number(Property::message_expiry_interval, *packet.will->properties.message_expiry, as_u32);
      }
      to.raw(forwarded);
    }
    to.utf8(packet.will->topic);
    to.binary(packet.will->payload);
  }
  if (packet.user_name) {
    to.utf8(*packet.user_name);
  }
  if (packet.password) {
    to.binary(*packet.password);
  }
}

}  // namespace owb::mqtt
