#include "broker/mqtt/properties.hpp"

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/error.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::mqtt {

namespace {

enum class Form : std::uint8_t { none, byte, flag, u16, u32, varint, text, binary, pair };

constexpr std::uint16_t at(PropertyPlace place) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(place));
}

struct Row {
  Form form = Form::none;
  std::uint16_t places = 0;
};

constexpr auto kMessage =
    static_cast<std::uint16_t>(at(PropertyPlace::publish) | at(PropertyPlace::will));

constexpr Row row_of(Property id) {
  using Place = PropertyPlace;
  switch (id) {
    case Property::payload_format_indicator:
      return {Form::flag, kMessage};
    case Property::message_expiry_interval:
      return {Form::u32, kMessage};
    case Property::content_type:
    case Property::response_topic:
      return {Form::text, kMessage};
    case Property::correlation_data:
      return {Form::binary, kMessage};
    case Property::subscription_identifier:
      return {Form::varint, static_cast<std::uint16_t>(at(Place::publish) | at(Place::subscribe))};
    case Property::session_expiry_interval:
      return {Form::u32, static_cast<std::uint16_t>(at(Place::connect) | at(Place::connack) |
                                                    at(Place::disconnect))};
    case Property::assigned_client_identifier:
      return {Form::text, at(Place::connack)};
    case Property::server_keep_alive:
      return {Form::u16, at(Place::connack)};
    case Property::authentication_method:
      return {Form::text, static_cast<std::uint16_t>(at(Place::connect) | at(Place::connack) |
                                                     at(Place::auth))};
    case Property::authentication_data:
      return {Form::binary, static_cast<std::uint16_t>(at(Place::connect) | at(Place::connack) |
                                                       at(Place::auth))};
    case Property::request_problem_information:
    case Property::request_response_information:
      return {Form::flag, at(Place::connect)};
    case Property::will_delay_interval:
      return {Form::u32, at(Place::will)};
    case Property::response_information:
      return {Form::text, at(Place::connack)};
    case Property::server_reference:
      return {Form::text, static_cast<std::uint16_t>(at(Place::connack) | at(Place::disconnect))};
    case Property::reason_string:
      return {Form::text,
              static_cast<std::uint16_t>(at(Place::connack) | at(Place::ack) | at(Place::suback) |
                                         at(Place::disconnect) | at(Place::auth))};
    case Property::receive_maximum:
    case Property::topic_alias_maximum:
      return {Form::u16, static_cast<std::uint16_t>(at(Place::connect) | at(Place::connack))};
    case Property::topic_alias:
      return {Form::u16, at(Place::publish)};
    case Property::maximum_qos:
    case Property::retain_available:
    case Property::wildcard_subscription_available:
    case Property::subscription_identifier_available:
    case Property::shared_subscription_available:
      return {Form::flag, at(Place::connack)};
    case Property::user_property:
      return {Form::pair, 0xFFFF};
    case Property::maximum_packet_size:
      return {Form::u32, static_cast<std::uint16_t>(at(Place::connect) | at(Place::connack))};
  }
  return {};
}

// Ids below 0x40 fit one word; every identifier does.
constexpr std::uint64_t bit(Property id) {
  return std::uint64_t{1} << static_cast<unsigned>(id);
}

bool is_forwarded(Property id) {
  return id == Property::payload_format_indicator || id == Property::content_type ||
         id == Property::response_topic || id == Property::correlation_data ||
         id == Property::user_property;
}

}  // namespace

bool read_property(ByteView& rest, PropertyValue& value) {
  Reader in(rest);
  const auto id = in.u8();  // all identifiers are below 128: a varint of one byte
  if (id >= 0x40) {
    return false;
  }
  value = PropertyValue{.id = static_cast<Property>(id)};
  switch (row_of(value.id).form) {
    case Form::none:
      return false;
    case Form::byte:
    case Form::flag:
      value.number = in.u8();
      break;
    case Form::u16:
      value.number = in.u16();
      break;
    case Form::u32:
      value.number = in.u32();
      break;
    case Form::varint:
      value.number = in.varint();
      break;
    case Form::text:
      value.bytes = as_byte_view(in.utf8());
      break;
    case Form::binary:
      value.bytes = in.binary();
      break;
    case Form::pair:
      value.bytes = as_byte_view(in.utf8());
      value.second = as_byte_view(in.utf8());
      break;
  }
  if (in.failed()) {
    return false;
  }
  const auto left = in.rest();
  value.raw = rest.first(rest.size() - left.size());
  rest = left;
  return true;
}

PropertyReader::PropertyReader(Reader& in, PropertyPlace place) : place_(place) {
  block_ = in.take(in.varint());
  rest_ = block_;
  if (in.failed()) {
    error_ = Errc::malformed_packet;
  }
}

bool PropertyReader::next(PropertyValue& value) {
  if (error_.failed() || rest_.empty()) {
    return false;
  }
  if (!read_property(rest_, value)) {
    error_ = Errc::malformed_packet;
    return false;
  }
  return check(value);
}

bool PropertyReader::check(const PropertyValue& value) {
  const auto row = row_of(value.id);
  if ((row.places & at(place_)) == 0) {
    error_ = Errc::malformed_packet;
    return false;
  }
  if (value.id == Property::user_property) {
    if (++user_properties_ > kMaxUserProperties) {
      error_ = Errc::protocol_error;
    }
    return !error_.failed();
  }
  // [MQTT5-2.2.2-2]: once each, but for subscription identifiers of a PUBLISH.
  const bool repeatable =
      value.id == Property::subscription_identifier && place_ == PropertyPlace::publish;
  if ((seen_ & bit(value.id)) != 0 && !repeatable) {
    error_ = Errc::protocol_error;
    return false;
  }
  seen_ |= bit(value.id);
  const bool zero_forbidden = value.id == Property::receive_maximum ||
                              value.id == Property::maximum_packet_size ||
                              value.id == Property::subscription_identifier;
  if ((row.form == Form::flag && value.number > 1) || (zero_forbidden && value.number == 0)) {
    error_ = Errc::protocol_error;
  } else if (value.id == Property::topic_alias && value.number == 0) {
    error_ = Errc::topic_alias_invalid;  // F14
  } else if (value.id == Property::response_topic && !is_topic_name(as_text(value.bytes))) {
    error_ = Errc::protocol_error;  // [MQTT5-3.3.2-14]
  }
  return !error_.failed();
}

Error read_publish_properties(Reader& in, PropertyPlace place, PublishProperties& out,
                              std::uint32_t* delay) {
  PropertyReader reader(in, place);
  PropertyValue value;
  while (reader.next(value)) {
    switch (value.id) {
      case Property::payload_format_indicator:
        out.payload_format = static_cast<std::uint8_t>(value.number);
        break;
      case Property::message_expiry_interval:
        out.message_expiry = value.number;
        break;
      case Property::topic_alias:
        out.topic_alias = static_cast<std::uint16_t>(value.number);
        break;
      case Property::content_type:
        out.content_type = as_text(value.bytes);
        break;
      case Property::response_topic:
        out.response_topic = as_text(value.bytes);
        break;
      case Property::correlation_data:
        out.correlation_data = value.bytes;
        break;
      case Property::subscription_identifier:
        out.subscription_id = value.number;
        break;
      case Property::user_property:
        ++out.user_property_count;
        break;
      case Property::will_delay_interval:
        if (delay != nullptr) {
          *delay = value.number;
        }
        break;
      default:
        break;
    }
  }
  out.raw = reader.block();
  return reader.error();
}

void append_forwardable(ByteView raw, Bytes& out) {
  PropertyValue value;
  while (!raw.empty() && read_property(raw, value)) {
    if (is_forwarded(value.id)) {
      out.insert(out.end(), value.raw.begin(), value.raw.end());
    }
  }
}

bool UserPropertyReader::next(std::pair<std::string_view, std::string_view>& property) {
  PropertyValue value;
  while (!rest_.empty() && read_property(rest_, value)) {
    if (value.id == Property::user_property) {
      property = {as_text(value.bytes), as_text(value.second)};
      return true;
    }
  }
  return false;
}

}  // namespace owb::mqtt
