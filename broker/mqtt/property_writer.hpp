#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/packets.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/writer.hpp"

/// Properties written to a sink (writer.hpp). Those that are not there are not written.
namespace owb::mqtt {

template <typename Sink>
void put_id(Sink& sink, Property id) {
  sink.u8(static_cast<std::uint8_t>(id));
}

template <typename Sink>
void put_flag(Sink& sink, Property id, std::optional<bool> value) {
  if (value) {
    put_id(sink, id);
    sink.u8(*value ? 1 : 0);
  }
}

template <typename Sink>
void put_u16(Sink& sink, Property id, std::optional<std::uint16_t> value) {
  if (value) {
    put_id(sink, id);
    sink.u16(*value);
  }
}

template <typename Sink>
void put_u32(Sink& sink, Property id, std::optional<std::uint32_t> value) {
  if (value) {
    put_id(sink, id);
    sink.u32(*value);
  }
}

template <typename Sink>
void put_binary(Sink& sink, Property id, std::optional<ByteView> value) {
  if (value) {
    put_id(sink, id);
    sink.binary(*value);
  }
}

template <typename Sink>
void put_text(Sink& sink, Property id, std::optional<std::string_view> value) {
  if (value) {
    put_id(sink, id);
    sink.text(*value);
  }
}

/// `value`, or nothing if it is the default that need not be sent.
template <typename T>
std::optional<T> unless(T default_value, T value) {
  return value == default_value ? std::nullopt : std::optional<T>{value};
}

template <typename Sink>
void put_reason_string(Sink& sink, std::string_view text) {
  put_text(sink, Property::reason_string, unless<std::string_view>({}, text));
}

template <typename Sink>
void put_subscription_id(Sink& sink, std::uint32_t id) {
  put_id(sink, Property::subscription_identifier);
  sink.varint(id);
}

/// The properties that a PUBLISH and a will have in common.
template <typename Sink>
void put_message_properties(Sink& sink, const PublishProperties& properties) {
  put_flag(sink, Property::payload_format_indicator, unless(false, properties.payload_format != 0));
  put_u32(sink, Property::message_expiry_interval, properties.message_expiry);
  put_text(sink, Property::content_type, properties.content_type);
  put_text(sink, Property::response_topic, properties.response_topic);
  put_binary(sink, Property::correlation_data, properties.correlation_data);
  UserPropertyReader user_properties{properties.raw};
  std::pair<std::string_view, std::string_view> property;
  while (user_properties.next(property)) {
    put_id(sink, Property::user_property);
    sink.text(property.first);
    sink.text(property.second);
  }
}

/// A property block: its length, 0 if there are none [MQTT5-2.2.2-1], then what `list(sink)`
/// writes.
template <typename Sink, typename List>
void put_block(Sink& sink, const List& list) {
  SizeCounter counter;
  list(counter);
  sink.varint(counter.size());
  list(sink);
}

}  // namespace owb::mqtt
