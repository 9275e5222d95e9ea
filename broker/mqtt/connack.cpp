#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {

namespace {

// CONNACK codes of 3.1 and 3.1.1 as reason codes [MQTT 3.2.2.3].
Reason reason_of_code(std::uint8_t code) {
  switch (code) {
    case 0:
      return Reason::success;
    case 1:
      return Reason::unsupported_protocol_version;
    case 2:
      return Reason::client_identifier_not_valid;
    case 3:
      return Reason::server_unavailable;
    case 4:
      return Reason::bad_user_name_or_password;
    case 5:
      return Reason::not_authorized;
    default:
      return Reason::unspecified_error;
  }
}

void take(const PropertyValue& value, Connack& packet) {
  switch (value.id) {
    case Property::session_expiry_interval:
      packet.session_expiry = value.number;
      break;
    case Property::receive_maximum:
      packet.receive_maximum = static_cast<std::uint16_t>(value.number);
      break;
    case Property::maximum_qos:
      packet.maximum_qos = static_cast<Qos>(value.number);
      break;
    case Property::retain_available:
      packet.retain_available = value.number == 1;
      break;
    case Property::maximum_packet_size:
      packet.maximum_packet_size = value.number;
      break;
    case Property::assigned_client_identifier:
      packet.assigned_client_id = as_text(value.bytes);
      break;
    case Property::topic_alias_maximum:
      packet.topic_alias_maximum = static_cast<std::uint16_t>(value.number);
      break;
    case Property::reason_string:
      packet.reason_string = as_text(value.bytes);
      break;
    case Property::wildcard_subscription_available:
      packet.wildcard_subscription_available = value.number == 1;
      break;
    case Property::subscription_identifier_available:
      packet.subscription_ids_available = value.number == 1;
      break;
    case Property::shared_subscription_available:
      packet.shared_subscription_available = value.number == 1;
      break;
    case Property::server_keep_alive:
      packet.server_keep_alive = static_cast<std::uint16_t>(value.number);
      break;
    case Property::response_information:
      packet.response_information = as_text(value.bytes);
      break;
    case Property::server_reference:
      packet.server_reference = as_text(value.bytes);
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
}

/// The properties of a CONNACK, encoded one after the other.
class PropertyList {
 public:
  void flag(Property id, const std::optional<bool>& value) {
    if (value) {
      head(id);
      put(*value ? 1 : 0);
    }
  }

  void u16(Property id, std::uint32_t value) {
    head(id);
    put(value >> 8U);
    put(value & 0xFFU);
  }

  void u32(Property id, std::uint32_t value) {
    u16(id, value >> 16U);
    put(value >> 8U & 0xFFU);
    put(value & 0xFFU);
  }

  void text(Property id, std::string_view value) {
    u16(id, static_cast<std::uint32_t>(value.size()));
    const auto bytes = as_byte_view(value);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  void byte(Property id, std::uint32_t value) {
    head(id);
    put(value);
  }

  ByteView bytes() const { return bytes_; }

 private:
  void head(Property id) { put(static_cast<std::uint32_t>(id)); }

  void put(std::uint32_t value) { bytes_.push_back(static_cast<std::byte>(value)); }

  Bytes bytes_;
};

PropertyList properties_of(const Connack& packet) {
  PropertyList list;
  if (packet.session_expiry) {
    list.u32(Property::session_expiry_interval, *packet.session_expiry);
  }
  if (packet.receive_maximum) {
    list.u16(Property::receive_maximum, *packet.receive_maximum);
  }
  if (packet.maximum_qos) {
    list.byte(Property::maximum_qos, static_cast<std::uint32_t>(*packet.maximum_qos));
  }
  list.flag(Property::retain_available, packet.retain_available);
  if (packet.maximum_packet_size) {
    list.u32(Property::maximum_packet_size, *packet.maximum_packet_size);
  }
  if (packet.assigned_client_id) {
    list.text(Property::assigned_client_identifier, *packet.assigned_client_id);
  }
  if (packet.topic_alias_maximum != 0) {
    list.u16(Property::topic_alias_maximum, packet.topic_alias_maximum);
  }
  if (!packet.reason_string.empty()) {
    list.text(Property::reason_string, packet.reason_string);
  }
  list.flag(Property::wildcard_subscription_available, packet.wildcard_subscription_available);
  list.flag(Property::subscription_identifier_available, packet.subscription_ids_available);
  list.flag(Property::shared_subscription_available, packet.shared_subscription_available);
  if (packet.server_keep_alive) {
    list.u16(Property::server_keep_alive, *packet.server_keep_alive);
  }
  if (packet.response_information) {
    list.text(Property::response_information, *packet.response_information);
  }
  if (packet.server_reference) {
    list.text(Property::server_reference, *packet.server_reference);
  }
  if (packet.authentication_method) {
    list.text(Property::authentication_method, *packet.authentication_method);
  }
  if (packet.authentication_data) {
    list.text(Property::authentication_data, as_text(*packet.authentication_data));
  }
  return list;
}

}  // namespace

Result<Connack> decode_connack(const Frame& frame, Version version) {
  Reader in(frame.body);
  const auto flags = in.u8();
  const auto code = in.u8();
  Connack packet{
      .session_present = (flags & 0x01U) != 0,
      .reason = version == Version::v5 ? static_cast<Reason>(code) : reason_of_code(code)};
  if (version == Version::v5 && !in.failed()) {
    const auto error = read_properties(in, PropertyPlace::connack,
                                       [&packet](const auto& value) { take(value, packet); });
    if (error.failed()) {
      return error;
    }
  }
  if (in.failed() || !in.empty() || (flags & 0xFEU) != 0) {
    return Errc::malformed_packet;  // [MQTT-3.2.2-1]
  }
  return packet;
}

void encode_connack(const Connack& packet, Version version, Bytes& out) {
  // [MQTT-3.2.2-4]: no session with an error.
  const unsigned flags = packet.session_present && packet.reason == Reason::success ? 1U : 0U;
  if (version != Version::v5) {
    Writer to(out, PacketType::connack, 0, 2);
    to.u8(version == Version::v31 ? 0U : flags);  // 3.1 knows no session present flag
    to.u8(connack_code(packet.reason));
    return;
  }
  const auto list = properties_of(packet);
  const auto size = list.bytes().size();
  Writer to(out, PacketType::connack, 0, 2 + varint_size(size) + size);
  to.u8(flags);
  to.u8(static_cast<std::uint8_t>(packet.reason));
  to.varint(size);
  to.raw(list.bytes());
}

}  // namespace owb::mqtt
