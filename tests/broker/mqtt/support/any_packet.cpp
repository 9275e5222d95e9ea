#include "tests/broker/mqtt/support/any_packet.hpp"

#include <cstdint>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/mqtt/codec.hpp"

namespace owb::mqtt::testing {
namespace {

/// Fields as `name=value` lines.
class Fields {
 public:
  Fields& number(std::string_view name, std::uint64_t value) {
    out_ << name << '=' << value << '\n';
    return *this;
  }

  template <typename Enum>
  Fields& code(std::string_view name, Enum value) {
    return number(name, static_cast<std::uint64_t>(value));
  }

  Fields& text(std::string_view name, std::string_view value) {
    out_ << name << '=' << value.size() << ':' << value << '\n';
    return *this;
  }

  Fields& binary(std::string_view name, ByteView value) { return text(name, as_text(value)); }

  template <typename T>
  Fields& optional(std::string_view name, const std::optional<T>& value) {
    if (!value) {
      out_ << name << " absent\n";
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      text(name, *value);
    } else if constexpr (std::is_same_v<T, ByteView>) {
      binary(name, *value);
    } else {
      code(name, *value);
    }
    return *this;
  }

  std::string str() const { return out_.str(); }

 private:
  std::ostringstream out_;
};

void describe_properties(Fields& fields, const PublishProperties& properties) {
  fields.number("payload_format", properties.payload_format)
      .optional("message_expiry", properties.message_expiry)
      .optional("topic_alias", properties.topic_alias)
      .optional("content_type", properties.content_type)
      .optional("response_topic", properties.response_topic)
      .optional("correlation_data", properties.correlation_data)
      .number("subscription_id", properties.subscription_id)
      .number("user_property_count", properties.user_property_count);
  UserPropertyReader reader{properties.raw};
  std::pair<std::string_view, std::string_view> property;
  while (reader.next(property)) {
    fields.text("user property", property.first).text("is", property.second);
  }
}

std::string text_of(const Connect& packet, Version /*version*/) {
  Fields fields;
  fields.code("version", packet.version)
      .number("bridge", packet.bridge)
      .number("clean_start", packet.clean_start)
      .number("keep_alive", packet.keep_alive)
      .text("client_id", packet.client_id)
      .optional("user_name", packet.user_name)
      .optional("password", packet.password)
      .number("session_expiry", packet.session_expiry)
      .number("receive_maximum", packet.receive_maximum)
      .optional("maximum_packet_size", packet.maximum_packet_size)
      .number("topic_alias_maximum", packet.topic_alias_maximum)
      .number("request_response_information", packet.request_response_information)
      .number("request_problem_information", packet.request_problem_information)
      .optional("authentication_method", packet.authentication_method)
      .optional("authentication_data", packet.authentication_data);
  if (packet.will) {
    fields.text("will", packet.will->topic)
        .binary("payload", packet.will->payload)
        .code("qos", packet.will->qos)
        .number("retain", packet.will->retain)
        .number("delay", packet.will->delay);
    describe_properties(fields, packet.will->properties);
  }
  return fields.str();
}

std::string text_of(const Connack& packet, Version /*version*/) {
  return Fields{}
      .number("session_present", packet.session_present)
      .code("reason", packet.reason)
      .optional("session_expiry", packet.session_expiry)
      .optional("receive_maximum", packet.receive_maximum)
      .optional("maximum_qos", packet.maximum_qos)
      .optional("retain_available", packet.retain_available)
      .optional("maximum_packet_size", packet.maximum_packet_size)
      .optional("assigned_client_id", packet.assigned_client_id)
      .number("topic_alias_maximum", packet.topic_alias_maximum)
      .text("reason_string", packet.reason_string)
      .optional("wildcard_subscription_available", packet.wildcard_subscription_available)
      .optional("subscription_ids_available", packet.subscription_ids_available)
      .optional("shared_subscription_available", packet.shared_subscription_available)
      .optional("server_keep_alive", packet.server_keep_alive)
      .optional("response_information", packet.response_information)
      .optional("server_reference", packet.server_reference)
      .optional("authentication_method", packet.authentication_method)
      .optional("authentication_data", packet.authentication_data)
      .str();
}

std::string text_of(const Publish& packet, Version /*version*/) {
  Fields fields;
  fields.number("dup", packet.dup)
      .code("qos", packet.qos)
      .number("retain", packet.retain)
      .text("topic", packet.topic)
      .code("packet_id", packet.packet_id)
      .binary("payload", packet.payload);
  describe_properties(fields, packet.properties);
  return fields.str();
}

std::string text_of(const Ack& packet, Version /*version*/) {
  return Fields{}
      .code("packet_id", packet.packet_id)
      .code("reason", packet.reason)
      .text("reason_string", packet.reason_string)
      .str();
}

std::vector<SubscribeEntry> entries_of(const Subscribe& packet, Version version) {
  std::vector<SubscribeEntry> entries;
  SubscribeReader reader{packet, version};
  SubscribeEntry entry;
  while (reader.next(entry)) {
    entries.push_back(entry);
  }
  return entries;
}

std::string text_of(const Subscribe& packet, Version version) {
  Fields fields;
  fields.code("packet_id", packet.packet_id)
      .number("subscription_id", packet.subscription_id)
      .number("count", packet.count);
  for (const SubscribeEntry& entry : entries_of(packet, version)) {
    fields.text("filter", entry.filter)
        .code("maximum_qos", entry.options.maximum_qos)
        .number("no_local", entry.options.no_local)
        .number("retain_as_published", entry.options.retain_as_published)
        .number("retain_handling", entry.options.retain_handling);
  }
  return fields.str();
}

std::vector<std::string_view> filters_of(const Unsubscribe& packet) {
  std::vector<std::string_view> filters;
  UnsubscribeReader reader{packet};
  std::string_view filter;
  while (reader.next(filter)) {
    filters.push_back(filter);
  }
  return filters;
}

std::string text_of(const Unsubscribe& packet, Version /*version*/) {
  Fields fields;
  fields.code("packet_id", packet.packet_id).number("count", packet.count);
  for (const std::string_view filter : filters_of(packet)) {
    fields.text("filter", filter);
  }
  return fields.str();
}

std::string text_of(const Suback& packet, Version /*version*/) {
  return Fields{}
      .code("packet_id", packet.packet_id)
      .binary("codes", packet.codes)
      .text("reason_string", packet.reason_string)
      .str();
}

std::string text_of(const Disconnect& packet, Version /*version*/) {
  return Fields{}
      .code("reason", packet.reason)
      .optional("session_expiry", packet.session_expiry)
      .text("reason_string", packet.reason_string)
      .optional("server_reference", packet.server_reference)
      .str();
}

std::string text_of(const Auth& packet, Version /*version*/) {
  return Fields{}
      .code("reason", packet.reason)
      .optional("method", packet.method)
      .optional("data", packet.data)
      .text("reason_string", packet.reason_string)
      .str();
}

/// PINGREQ or PINGRESP.
struct Ping {};

std::string text_of(const Ping& /*packet*/, Version /*version*/) {
  return "ping";
}

void encode(PacketType /*type*/, const Connect& packet, Version /*version*/, Bytes& out) {
  encode_connect(packet, out);
}

void encode(PacketType /*type*/, const Connack& packet, Version version, Bytes& out) {
  encode_connack(packet, version, out);
}

void encode(PacketType /*type*/, const Publish& packet, Version version, Bytes& out) {
  encode_publish(packet, version, out);
}

void encode(PacketType type, const Ack& packet, Version version, Bytes& out) {
  encode_ack(type, packet, version, out);
}

void encode(PacketType /*type*/, const Subscribe& packet, Version version, Bytes& out) {
  encode_subscribe(packet.packet_id, packet.subscription_id, entries_of(packet, version), version,
                   out);
}

void encode(PacketType /*type*/, const Unsubscribe& packet, Version version, Bytes& out) {
  encode_unsubscribe(packet.packet_id, filters_of(packet), version, out);
}

void encode(PacketType type, const Suback& packet, Version version, Bytes& out) {
  (type == PacketType::suback ? encode_suback : encode_unsuback)(packet, version, out);
}

void encode(PacketType type, const Ping& /*packet*/, Version /*version*/, Bytes& out) {
  (type == PacketType::pingreq ? encode_pingreq : encode_pingresp)(out);
}

void encode(PacketType /*type*/, const Disconnect& packet, Version version, Bytes& out) {
  encode_disconnect(packet, version, out);
}

void encode(PacketType /*type*/, const Auth& packet, Version /*version*/, Bytes& out) {
  encode_auth(packet, out);
}

/// Decodes with the decoder of the frame's type and gives the packet to `use`.
template <typename T, typename Use>
Result<T> with_packet(const Frame& frame, Version version, const Use& use) {
  const auto apply = [&use](const auto& packet) -> Result<T> {
    if (!packet) {
      return packet.error();
    }
    return use(*packet);
  };
  switch (frame.type) {
    case PacketType::connect:
      return apply(decode_connect(frame));
    case PacketType::connack:
      return apply(decode_connack(frame, version));
    case PacketType::publish:
      return apply(decode_publish(frame, version));
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return apply(decode_ack(frame, version));
    case PacketType::subscribe:
      return apply(decode_subscribe(frame, version));
    case PacketType::suback:
      return apply(decode_suback(frame, version));
    case PacketType::unsubscribe:
      return apply(decode_unsubscribe(frame, version));
    case PacketType::unsuback:
      return apply(decode_unsuback(frame, version));
    case PacketType::pingreq:
    case PacketType::pingresp:
      return use(Ping{});
    case PacketType::disconnect:
      return apply(decode_disconnect(frame, version));
    case PacketType::auth:
      return apply(decode_auth(frame));
    case PacketType::reserved:
      break;
  }
  return Errc::malformed_packet;
}

}  // namespace

Result<std::string> describe(const Frame& frame, Version version) {
  return with_packet<std::string>(
      frame, version, [version](const auto& packet) { return text_of(packet, version); });
}

Result<Bytes> recode(const Frame& frame, Version version) {
  return with_packet<Bytes>(frame, version, [&](const auto& packet) {
    Bytes out;
    encode(frame.type, packet, version, out);
    return out;
  });
}

}  // namespace owb::mqtt::testing
