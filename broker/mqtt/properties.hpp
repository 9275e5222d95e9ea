#pragma once

#include <cstdint>

#include "broker/mqtt/packets.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/types.hpp"
#include "broker/mqtt/writer.hpp"
#include "tenants/base/result.hpp"

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
  disconnect,
  auth,
};

/// One property as it came: the value is in `number`, or in `bytes` (text is valid UTF-8), `second`
/// for user properties.
struct PropertyValue {
  Property id{};
  std::uint32_t number = 0;
  ByteView bytes;
  ByteView second;
  ByteView raw;  ///< the whole property, encoded
};

/// Walks one property block. F5, F6: identifiers that may not stand in `place`, duplicates, bad
/// values and too many user properties end it with an error; linear in the block's size.
class PropertyReader {
 public:
  /// Reads the block's length from `in`, and its bytes.
  PropertyReader(Reader& in, PropertyPlace place);

  /// False: end of the block, or an error.
  bool next(PropertyValue& value);

  bool failed() const { return error_.failed(); }

  const Error& error() const { return error_; }

  ByteView block() const { return block_; }

 private:
  bool check(const PropertyValue& value);

  ByteView block_;
  ByteView rest_;
  PropertyPlace place_;
  std::uint64_t seen_ = 0;
  std::size_t user_properties_ = 0;
  Error error_;
};

/// Reads one property without any check but its syntax. False: malformed.
bool read_property(ByteView& rest, PropertyValue& value);

/// Reads a PUBLISH's or will's properties; `delay` (wills) may be null.
Error read_publish_properties(Reader& in, PropertyPlace place, PublishProperties& out,
                              std::uint32_t* delay);

/// Reads a block of which only the reason string, and what `visit` takes, is wanted.
template <typename Visit>
Error read_properties(Reader& in, PropertyPlace place, Visit&& visit) {
  PropertyReader reader(in, place);
  PropertyValue value;
  while (reader.next(value)) {
    visit(value);
  }
  return reader.error();
}

inline std::size_t text_property_size(std::string_view text) {
  return text.empty() ? 0 : 3 + text.size();
}

inline void write_text_property(Writer& out, Property id, std::string_view text) {
  if (!text.empty()) {
    out.u8(static_cast<std::uint8_t>(id));
    out.utf8(text);
  }
}

}  // namespace owb::mqtt
