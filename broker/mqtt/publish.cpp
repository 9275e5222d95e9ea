#include <cstdint>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/property_writer.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/topic.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {
namespace {

constexpr unsigned kRetain = 0x01;
constexpr unsigned kQosShift = 1;
constexpr unsigned kDup = 0x08;

template <typename Packet>
std::uint8_t flags_of(const Packet& packet) {
  return static_cast<std::uint8_t>((packet.dup ? kDup : 0) | (packet.retain ? kRetain : 0) |
                                   static_cast<unsigned>(packet.qos) << kQosShift);
}

template <typename Sink, typename Packet>
void put_packet_id(Sink& sink, const Packet& packet) {
  if (packet.qos != Qos::at_most_once) {
    // [MQTT-2.3.1-5], [MQTT5-2.2.1-2]: none at QoS 0
    sink.u16(static_cast<std::uint16_t>(packet.packet_id));
  }
}

template <typename Sink>
void put_publish(Sink& sink, const Publish& packet, Version version) {
  sink.text(packet.topic);
  put_packet_id(sink, packet);
  if (version == Version::v5) {
    put_block(sink, [&packet](auto& inner) {
      put_u16(inner, Property::topic_alias, packet.properties.topic_alias);
      if (packet.properties.subscription_id != 0) {
        put_subscription_id(inner, packet.properties.subscription_id);
      }
      put_message_properties(inner, packet.properties);
    });
  }
  sink.bytes(packet.payload);
}

template <typename Sink>
void put_outgoing(Sink& sink, const OutgoingPublish& packet, Version version) {
  const std::size_t topic_size = packet.topic_prefix.size() + packet.topic_rest.size();
  OWB_ASSERT(topic_size <= kMaxTextBytes);
  sink.u16(static_cast<std::uint16_t>(topic_size));
  sink.bytes(as_byte_view(packet.topic_prefix));
  sink.bytes(as_byte_view(packet.topic_rest));
  put_packet_id(sink, packet);
  if (version == Version::v5) {
    put_block(sink, [&packet](auto& inner) {
      put_u16(inner, Property::topic_alias, unless(std::uint16_t{0}, packet.topic_alias));
      for (const std::uint32_t id : packet.subscription_ids) {
        put_subscription_id(inner, id);
      }
      inner.bytes(packet.forwarded_properties);
      put_u32(inner, Property::message_expiry_interval, packet.message_expiry);
    });
  }
  sink.bytes(packet.payload);
}

}  // namespace

Result<Publish> decode_publish(const Frame& frame, Version version) {
  const unsigned qos = (unsigned{frame.flags} >> kQosShift) & 0x03;
  if (qos == 3) {
    return Errc::malformed_packet;  // [MQTT-3.3.1-4], [MQTT5-3.3.1-4]
  }
  Publish packet{.dup = (frame.flags & kDup) != 0,
                 .qos = static_cast<Qos>(qos),
                 .retain = (frame.flags & kRetain) != 0};
  if (packet.dup && qos == 0 && version != Version::v31) {
    return Errc::malformed_packet;  // [MQTT-3.3.1-2], [MQTT5-3.3.1-2]
  }
  Reader in{frame.body};
  packet.topic = in.utf8();  // [MQTT-3.3.2-1], [MQTT5-3.3.2-1]
  if (qos != 0) {
    packet.packet_id = in.packet_id();  // [MQTT-2.3.1-1]
  }
  if (version == Version::v5) {
    read_publish_properties(in, packet.properties);
  }
  packet.payload = in.take_rest();
  if (in.failed()) {
    return in.error();
  }
  if (packet.topic.empty()) {
    if (!packet.properties.topic_alias) {
      return Errc::topic_missing;  // [MQTT-4.7.3-1], [MQTT5-4.7.3-1], [MQTT5 3.3.2.1]
    }
  } else if (!is_topic_name(packet.topic)) {
    return Errc::topic_name_invalid;  // [MQTT-3.3.2-2], [MQTT5-3.3.2-2]
  }
  return packet;
}

void encode_publish(const Publish& packet, Version version, Bytes& out) {
  encode_packet(
      PacketType::publish, flags_of(packet),
      [&](auto& sink) { put_publish(sink, packet, version); }, out);
}

std::size_t encoded_size(const OutgoingPublish& packet, Version version) {
  SizeCounter counter;
  put_outgoing(counter, packet, version);
  return packet_size(counter.size());
}

void encode_publish(const OutgoingPublish& packet, Version version, Bytes& out) {
  encode_packet(
      PacketType::publish, flags_of(packet),
      [&](auto& sink) { put_outgoing(sink, packet, version); }, out);
}

}  // namespace owb::mqtt
