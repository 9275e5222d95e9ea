#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "broker/mqtt/types.hpp"
#include "tenants/base/bytes.hpp"

/// Every control packet as a plain value. Text and byte views point into the buffer the packet was
/// decoded from, or into whatever the sender owns while it encodes; nothing here owns memory.
/// Defaults are the defaults of the specification.
namespace owb::mqtt {

/// The properties of a PUBLISH or a will that the server passes on unaltered and in order: payload
/// format indicator, content type, response topic, correlation data, user properties
/// [MQTT5-3.3.2-4], [MQTT5-3.3.2-15], [MQTT5-3.3.2-17], [MQTT5-3.3.2-20]. `raw` is the property
/// block as it came (without its length); it may also hold properties that are not passed on;
/// `append_forwardable()` leaves those out.
struct PublishProperties {
  std::uint8_t payload_format = 0;              ///< 1: UTF-8 text
  std::optional<std::uint32_t> message_expiry;  ///< seconds
  std::optional<std::uint16_t> topic_alias;
  std::optional<std::string_view> content_type;
  std::optional<std::string_view> response_topic;  ///< a valid topic name
  std::optional<ByteView> correlation_data;
  std::uint32_t subscription_id = 0;  ///< the last one; only server to client
  std::uint16_t user_property_count = 0;
  ByteView raw;
};

struct Publish {
  bool dup = false;
  Qos qos = Qos::at_most_once;
  bool retain = false;
  std::string_view topic;               ///< empty only with a topic alias
  PacketId packet_id = PacketId::none;  ///< none for QoS 0
  PublishProperties properties;         ///< 5.0 only
  ByteView payload;
};

struct Will {
  std::string_view topic;
  ByteView payload;
  Qos qos = Qos::at_most_once;
  bool retain = false;
  std::uint32_t delay = 0;       ///< seconds, 5.0
  PublishProperties properties;  ///< 5.0
};

struct Connect {
  Version version = Version::v311;
  bool bridge = false;           ///< level had bit 0x80: mosquitto's mark of a bridge
  bool clean_start = true;       ///< "clean session" before 5.0
  std::uint16_t keep_alive = 0;  ///< seconds, 0: none
  std::string_view client_id;
  std::optional<Will> will;
  std::optional<std::string_view> user_name;
  std::optional<ByteView> password;
  // 5.0 properties
  std::uint32_t session_expiry = 0;  ///< seconds, 0xFFFFFFFF: never
  std::uint16_t receive_maximum = 65'535;
  std::optional<std::uint32_t> maximum_packet_size;
  std::uint16_t topic_alias_maximum = 0;
  bool request_response_information = false;
  bool request_problem_information = true;
  std::optional<std::string_view> authentication_method;
  std::optional<ByteView> authentication_data;
};

struct Connack {
  bool session_present = false;
  Reason reason =
      Reason::success;  ///< decoded from 3.x codes too (1→0x84, 2→0x85, 3→0x88, 4→0x86, 5→0x87)
  // 5.0 properties; absent ones are not sent
  std::optional<std::uint32_t> session_expiry;
  std::optional<std::uint16_t> receive_maximum;
  std::optional<Qos> maximum_qos;
  std::optional<bool> retain_available;
  std::optional<std::uint32_t> maximum_packet_size;
  std::optional<std::string_view> assigned_client_id;
  std::uint16_t topic_alias_maximum = 0;
  std::string_view reason_string;
  std::optional<bool> wildcard_subscription_available;
  std::optional<bool> subscription_ids_available;
  std::optional<bool> shared_subscription_available;
  std::optional<std::uint16_t> server_keep_alive;
  std::optional<std::string_view> response_information;
  std::optional<std::string_view> server_reference;
  std::optional<std::string_view> authentication_method;
  std::optional<ByteView> authentication_data;
};

/// PUBACK, PUBREC, PUBREL and PUBCOMP; which one is said beside it.
struct Ack {
  PacketId packet_id = PacketId::none;
  Reason reason = Reason::success;
  std::string_view reason_string;  ///< 5.0, empty: not sent
};

struct SubscribeOptions {
  Qos maximum_qos = Qos::at_most_once;
  bool no_local = false;
  bool retain_as_published = false;
  std::uint8_t retain_handling = 0;  ///< 0 send, 1 send if new, 2 do not send
};

struct SubscribeEntry {
  std::string_view filter;
  SubscribeOptions options;
};

/// SUBSCRIBE: the entries stay encoded; `SubscribeReader` (codec.hpp) walks them. Decoding has
/// checked each of them.
struct Subscribe {
  PacketId packet_id = PacketId::none;
  std::uint32_t subscription_id = 0;  ///< 0: none
  std::size_t count = 0;              ///< at least 1
  ByteView entries;
};

struct Unsubscribe {
  PacketId packet_id = PacketId::none;
  std::size_t count = 0;
  ByteView entries;
};

/// SUBACK and UNSUBACK: one code byte per filter, as on the wire (UNSUBACK before 5.0 has none).
struct Suback {
  PacketId packet_id = PacketId::none;
  ByteView codes;
  std::string_view reason_string;
};

struct Disconnect {
  Reason reason = Reason::success;
  std::optional<std::uint32_t> session_expiry;
  std::string_view reason_string;
  std::optional<std::string_view> server_reference;
};

struct Auth {
  Reason reason = Reason::success;
  std::optional<std::string_view> method;
  std::optional<ByteView> data;
  std::string_view reason_string;
};

}  // namespace owb::mqtt
