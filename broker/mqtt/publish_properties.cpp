#include <cstdint>
#include <utility>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::mqtt {
namespace {

/// What PUBLISH and wills have in common.
void take(const PropertyValue& value, Reader& in, PublishProperties& out) {
  switch (value.id) {
    case Property::payload_format_indicator:
      out.payload_format = static_cast<std::uint8_t>(value.number);
      break;
    case Property::message_expiry_interval:
      out.message_expiry = value.number;
      break;
    case Property::content_type:
      out.content_type = value.text();  // [MQTT5-3.3.2-19]: read as UTF-8
      break;
    case Property::response_topic:
      if (!is_topic_name(value.text())) {
        in.fail(Errc::protocol_error);  // [MQTT5-3.3.2-13], [MQTT5-3.3.2-14]
      }
      out.response_topic = value.text();
      break;
    case Property::correlation_data:
      out.correlation_data = value.bytes;
      break;
    case Property::topic_alias:
      if (value.number == 0) {
        in.fail(Errc::topic_alias_invalid);  // [MQTT5-3.3.2-8]
      }
      out.topic_alias = value.u16();
      break;
    case Property::subscription_identifier:
      out.subscription_id = value.number;
      break;
    case Property::user_property:
      ++out.user_property_count;
      break;
    default:
      break;
  }
}

/// [MQTT5-3.3.2-4], [MQTT5-3.3.2-15], [MQTT5-3.3.2-16], [MQTT5-3.3.2-17], [MQTT5-3.3.2-20]. Copied
/// as they stand, so their order stays, too [MQTT5-3.3.2-18], [MQTT5-3.1.3-10].
constexpr bool is_forwarded(Property id) {
  return id == Property::payload_format_indicator || id == Property::content_type ||
         id == Property::response_topic || id == Property::correlation_data ||
         id == Property::user_property;
}

}  // namespace

void read_publish_properties(Reader& in, PublishProperties& out) {
  out.raw = read_properties(in, PropertyPlace::publish,
                            [&](const PropertyValue& value) { take(value, in, out); });
}

void read_will_properties(Reader& in, Will& out) {
  PublishProperties& properties = out.properties;
  properties.raw = read_properties(in, PropertyPlace::will, [&](const PropertyValue& value) {
    if (value.id == Property::will_delay_interval) {
      out.delay = value.number;
    } else {
      take(value, in, properties);
    }
  });
}

void append_forwardable(ByteView raw, Bytes& out) {
  Reader in{raw};
  while (!in.at_end()) {
    const ByteView before = in.rest();
    const PropertyValue value = read_property(in);
    if (!in.failed() && is_forwarded(value.id)) {
      const ByteView encoded = before.first(before.size() - in.rest().size());
      out.insert(out.end(), encoded.begin(), encoded.end());
    }
  }
}

bool UserPropertyReader::next(std::pair<std::string_view, std::string_view>& property) {
  Reader in{rest_};
  while (!in.at_end()) {
    const PropertyValue value = read_property(in);
    if (!in.failed() && value.id == Property::user_property) {
      property = {value.text(), as_text(value.second)};
      rest_ = in.rest();
      return true;
    }
  }
  rest_ = {};
  return false;
}

}  // namespace owb::mqtt
