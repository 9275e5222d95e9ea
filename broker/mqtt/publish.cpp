#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/topic.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {

namespace {

unsigned publish_flags(bool dup, Qos qos, bool retain) {
  return (dup ? 0x08U : 0U) | (static_cast<unsigned>(qos) << 1U) | (retain ? 0x01U : 0U);
}

}  // namespace

Result<Publish> decode_publish(const Frame& frame, Version version) {
  Publish packet{.dup = (frame.flags & 0x08U) != 0,
                 .qos = static_cast<Qos>((frame.flags >> 1U) & 0x03U),
                 .retain = (frame.flags & 0x01U) != 0};
  if (packet.dup && packet.qos == Qos::at_most_once && version != Version::v31) {
    return Errc::malformed_packet;  // [MQTT-3.3.1-2]
  }
  Reader in(frame.body);
  packet.topic = in.utf8();
  if (packet.qos != Qos::at_most_once) {
    packet.packet_id = in.packet_id();  // [MQTT-2.3.1-1]
  }
  if (version == Version::v5) {
    const auto error =
        read_publish_properties(in, PropertyPlace::publish, packet.properties, nullptr);
    if (error.failed()) {
      return error;
    }
  }
  if (in.failed()) {
    return Errc::malformed_packet;
  }
  packet.payload = in.rest();
  if (packet.topic.empty()) {
    if (version == Version::v5 && packet.properties.topic_alias) {
      return packet;
    }
    return version == Version::v5 ? Errc::protocol_error : Errc::topic_name_invalid;
  }
  if (!is_topic_name(packet.topic)) {
    return Errc::topic_name_invalid;  // [MQTT-3.3.2-2], [MQTT-4.7.3-1]
  }
  return packet;
}

void encode_publish(const Publish& packet, Version version, Bytes& out) {
  Bytes properties;
  if (version == Version::v5) {
    append_forwardable(packet.properties.raw, properties);
    const auto& from = packet.properties;
    if (from.raw.empty()) {
      const auto text = [&properties](Property id, std::string_view value) {
        properties.push_back(static_cast<std::byte>(id));
        properties.push_back(static_cast<std::byte>(value.size() >> 8U));
        properties.push_back(static_cast<std::byte>(value.size() & 0xFFU));
        const auto bytes = as_byte_view(value);
        properties.insert(properties.end(), bytes.begin(), bytes.end());
      };
      if (from.payload_format != 0) {
        properties.push_back(static_cast<std::byte>(Property::payload_format_indicator));
        properties.push_back(static_cast<std::byte>(from.payload_format));
      }
      if (from.content_type) {
        text(Property::content_type, *from.content_type);
      }
      if (from.response_topic) {
        text(Property::response_topic, *from.response_topic);
      }
      if (from.correlation_data) {
        text(Property::correlation_data, as_text(*from.correlation_data));
      }
    }
  }
  const std::uint32_t id = packet.properties.subscription_id;
  encode_publish(OutgoingPublish{.topic_prefix = packet.topic,
                                 .topic_rest = {},
                                 .payload = packet.payload,
                                 .qos = packet.qos,
                                 .retain = packet.retain,
                                 .dup = packet.dup,
                                 .packet_id = packet.packet_id,
                                 .forwarded_properties = properties,
                                 .message_expiry = packet.properties.message_expiry,
                                 .topic_alias = packet.properties.topic_alias.value_or(0),
                                 .subscription_ids = {&id, id != 0 ? 1U : 0U}},
                 version, out);
}

namespace {

std::size_t property_size(const OutgoingPublish& packet) {
  auto size = packet.forwarded_properties.size() + (packet.message_expiry ? 5U : 0U) +
              (packet.topic_alias != 0 ? 3U : 0U);
  for (const auto id : packet.subscription_ids) {
    size += 1 + varint_size(id);
  }
  return size;
}

std::size_t remaining_size(const OutgoingPublish& packet, Version version, std::size_t properties) {
  return 2 + packet.topic_prefix.size() + packet.topic_rest.size() +
         (packet.qos != Qos::at_most_once ? 2U : 0U) +
         (version == Version::v5 ? varint_size(properties) + properties : 0U) +
         packet.payload.size();
}

}  // namespace

std::size_t encoded_size(const OutgoingPublish& packet, Version version) {
  const auto properties = version == Version::v5 ? property_size(packet) : 0;
  const auto remaining = remaining_size(packet, version, properties);
  return 1 + varint_size(remaining) + remaining;
}

void encode_publish(const OutgoingPublish& packet, Version version, Bytes& out) {
  const auto properties = version == Version::v5 ? property_size(packet) : 0;
  Writer to(out, PacketType::publish, publish_flags(packet.dup, packet.qos, packet.retain),
            remaining_size(packet, version, properties));
  to.u16(packet.topic_prefix.size() + packet.topic_rest.size());
  to.raw(as_byte_view(packet.topic_prefix));
  to.raw(as_byte_view(packet.topic_rest));
  if (packet.qos != Qos::at_most_once) {
    to.id(packet.packet_id);
  }
  if (version == Version::v5) {
    to.varint(properties);
    if (packet.message_expiry) {
      to.u8(static_cast<std::uint8_t>(Property::message_expiry_interval));
      to.u32(*packet.message_expiry);
    }
    if (packet.topic_alias != 0) {
      to.u8(static_cast<std::uint8_t>(Property::topic_alias));
      to.u16(packet.topic_alias);
    }
    for (const auto id : packet.subscription_ids) {
      to.u8(static_cast<std::uint8_t>(Property::subscription_identifier));
      to.varint(id);
    }
    to.raw(packet.forwarded_properties);
  }
  to.raw(packet.payload);
}

}  // namespace owb::mqtt
