#include "broker/mqtt/properties.hpp"

#include <array>
#include <initializer_list>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/error.hpp"

namespace owb::mqtt {
namespace {

enum class Form : std::uint8_t { none, flag, u16, u32, varint, text, binary, pair };

/// A row of table 2-4 of the specification.
struct Row {
  Form form = Form::none;
  std::uint16_t places = 0;  ///< one bit a PropertyPlace
  bool zero_is_allowed = true;
};

// Every identifier is below 64: `PropertyReader::seen_` has a bit for each.
constexpr std::size_t kIdentifiers = 64;

constexpr std::uint16_t bit(PropertyPlace place) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(place));
}

constexpr std::uint64_t bit(Property id) {
  return std::uint64_t{1} << static_cast<unsigned>(id);
}

constexpr std::array<Row, kIdentifiers> make_table() {
  std::array<Row, kIdentifiers> table{};
  const auto set = [&table](Property id, Form form, std::initializer_list<PropertyPlace> places,
                            bool zero_is_allowed = true) {
    Row& row = table[static_cast<std::size_t>(id)];
    row.form = form;
    row.zero_is_allowed = zero_is_allowed;
    for (const PropertyPlace place : places) {
      row.places |= bit(place);
    }
  };
  using enum PropertyPlace;
  set(Property::payload_format_indicator, Form::flag, {publish, will});
  set(Property::message_expiry_interval, Form::u32, {publish, will});
  set(Property::content_type, Form::text, {publish, will});
  set(Property::response_topic, Form::text, {publish, will});
  set(Property::correlation_data, Form::binary, {publish, will});
  set(Property::subscription_identifier, Form::varint, {publish, subscribe}, false);
  set(Property::session_expiry_interval, Form::u32, {connect, connack, disconnect});
  set(Property::assigned_client_identifier, Form::text, {connack});
  set(Property::server_keep_alive, Form::u16, {connack});
  set(Property::authentication_method, Form::text, {connect, connack, auth});
  set(Property::authentication_data, Form::binary, {connect, connack, auth});
  set(Property::request_problem_information, Form::flag, {connect});
  set(Property::will_delay_interval, Form::u32, {will});
  set(Property::request_response_information, Form::flag, {connect});
  set(Property::response_information, Form::text, {connack});
  set(Property::server_reference, Form::text, {connack, disconnect});
  set(Property::reason_string, Form::text, {connack, ack, suback, unsuback, disconnect, auth});
  set(Property::receive_maximum, Form::u16, {connect, connack}, false);
  set(Property::topic_alias_maximum, Form::u16, {connect, connack});
  set(Property::topic_alias, Form::u16, {publish});
  set(Property::maximum_qos, Form::flag, {connack});
  set(Property::retain_available, Form::flag, {connack});
  set(Property::user_property, Form::pair,
      {connect, will, connack, publish, ack, subscribe, suback, unsubscribe, unsuback, disconnect,
       auth});
  set(Property::maximum_packet_size, Form::u32, {connect, connack}, false);
  set(Property::wildcard_subscription_available, Form::flag, {connack});
  set(Property::subscription_identifier_available, Form::flag, {connack});
  set(Property::shared_subscription_available, Form::flag, {connack});
  return table;
}

constexpr std::array<Row, kIdentifiers> kTable = make_table();

constexpr bool may_repeat(Property id, PropertyPlace place) {
  return id == Property::user_property ||
         (id == Property::subscription_identifier && place == PropertyPlace::publish);
}

void read_value(Reader& in, Form form, PropertyValue& value) {
  switch (form) {
    case Form::none:
      in.fail(Errc::malformed_packet);
      break;
    case Form::flag:
      value.number = in.boolean() ? 1 : 0;
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
    case Form::pair:  // [MQTT5-1.5.7-1]
      value.bytes = as_byte_view(in.utf8());
      value.second = as_byte_view(in.utf8());
      break;
  }
}

}  // namespace

PropertyValue read_property(Reader& in) {
  // The identifier is a variable byte integer; all known ones take one byte.
  const std::uint8_t id = in.u8();
  if (id >= kIdentifiers) {
    in.fail(Errc::malformed_packet);
    return {};
  }
  PropertyValue value{.id = static_cast<Property>(id)};
  const Row& row = kTable[id];
  read_value(in, row.form, value);
  if (!row.zero_is_allowed && value.number == 0) {
    in.fail(Errc::protocol_error);
  }
  return value;
}

bool PropertyReader::next(PropertyValue& value) {
  if (in_.at_end()) {
    return false;
  }
  value = read_property(in_);
  if (failed()) {
    return false;
  }
  if ((kTable[static_cast<std::size_t>(value.id)].places & bit(place_)) == 0) {
    in_.fail(Errc::property_not_allowed);
    return false;
  }
  if (value.id == Property::user_property && ++user_properties_ > kMaxUserProperties) {
    in_.fail(Errc::too_many_properties);
    return false;
  }
  if ((seen_ & bit(value.id)) != 0 && !may_repeat(value.id, place_)) {
    in_.fail(Errc::property_repeated);
    return false;
  }
  seen_ |= bit(value.id);
  return true;
}

}  // namespace owb::mqtt
