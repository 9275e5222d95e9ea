#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/mqtt/packets.hpp"
#include "broker/mqtt/reader.hpp"
#include "tenants/base/bytes.hpp"

namespace owb::mqtt {

/// Property identifiers [MQTT5 2.2.2.2].
enum class Property : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2A,
};

/// Where a property block stands; a will's properties are a place of their own [MQTT5 table 2-4].
enum class PropertyPlace : std::uint8_t {
  connect,
  will,
  connack,
  publish,
  ack,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  disconnect,
  auth,
};

/// One property as it came. Numbers and flags are in `number`, text and binary data in `bytes`
/// (text is valid UTF-8); a user property's name is in `bytes`, its value in `second`.
struct PropertyValue {
  Property id{};
  std::uint32_t number = 0;
  ByteView bytes;
  ByteView second;

  bool flag() const { return number != 0; }

  std::uint16_t u16() const { return static_cast<std::uint16_t>(number); }

  std::string_view text() const { return as_text(bytes); }
};

/// Reads one property and judges it alone: a known identifier, a value of its type and range.
/// Failures are `in`'s.
PropertyValue read_property(Reader& in);

/// Walks one property block and judges the whole of it too (F5, F6): what may not stand in `place`,
/// duplicates and too many user properties are errors. Linear in the block's size.
class PropertyReader {
 public:
  PropertyReader(ByteView block, PropertyPlace place) : in_(block), place_(place) {}

  /// False: end of the block, or an error.
  bool next(PropertyValue& value);

  bool failed() const { return in_.failed(); }

  /// Only if failed().
  Errc error() const { return in_.error(); }

 private:
  Reader in_;
  PropertyPlace place_;
  std::uint64_t seen_ = 0;  ///< one bit an identifier
  std::size_t user_properties_ = 0;
};

/// Reads a block with its length, which is always there [MQTT5-2.2.2-1], from `in` and gives each
/// property to `visit`. Returns the block
/// without its length. Failures are `in`'s.
template <typename Visit>
ByteView read_properties(Reader& in, PropertyPlace place, Visit visit) {
  const ByteView block = in.take(in.varint());
  PropertyReader reader{block, place};
  PropertyValue value;
  while (reader.next(value)) {
    visit(value);
  }
  if (reader.failed()) {
    in.fail(reader.error());
  }
  return block;
}

/// Reads the properties of a PUBLISH.
void read_publish_properties(Reader& in, PublishProperties& out);

/// Reads the properties of a will.
void read_will_properties(Reader& in, Will& out);

}  // namespace owb::mqtt
