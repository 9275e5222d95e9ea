#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "broker/mqtt/error.hpp"
#include "broker/mqtt/frame.hpp"
#include "broker/mqtt/packets.hpp"
#include "tenants/base/bytes.hpp"
#include "tenants/base/result.hpp"

/// Bytes to packets and back, both directions, for 3.1, 3.1.1 and 5.0. Pure: no I/O, no clock, no
/// state. Decoders never allocate and never read outside `frame.body`; text they return is valid
/// UTF-8.
namespace owb::mqtt {

/// How many user properties one packet may carry (F6).
inline constexpr std::size_t kMaxUserProperties = 10'000;

// ---- decoding. `frame` comes from scan_frame(). Errors: malformed_packet, protocol_error,
// property_not_allowed, property_repeated, too_many_properties and what is named. ----

/// Errors: unsupported_version (the level is well-formed but none of ours; nothing behind it was
/// read), client_id_invalid, connect_field_invalid, topic_name_invalid (the will's).
Result<Connect> decode_connect(const Frame& frame);
Result<Connack> decode_connack(const Frame& frame, Version version);
/// Errors: topic_name_invalid, topic_alias_invalid (alias 0), topic_missing (no alias either).
Result<Publish> decode_publish(const Frame& frame, Version version);
Result<Ack> decode_ack(const Frame& frame, Version version);
/// Errors: topic_filter_invalid never ends a SUBSCRIBE: filters are only checked to be UTF-8 and
/// not empty.
Result<Subscribe> decode_subscribe(const Frame& frame, Version version);
Result<Unsubscribe> decode_unsubscribe(const Frame& frame, Version version);
Result<Suback> decode_suback(const Frame& frame, Version version);
Result<Suback> decode_unsuback(const Frame& frame, Version version);
Result<Disconnect> decode_disconnect(const Frame& frame, Version version);
Result<Auth> decode_auth(const Frame& frame);

/// Walks the entries of a decoded SUBSCRIBE in order. `next()` returns false at the end.
class SubscribeReader {
 public:
  SubscribeReader(const Subscribe& packet, Version version)
      : rest_(packet.entries), version_(version) {}

  bool next(SubscribeEntry& entry);

 private:
  ByteView rest_;
  Version version_;
};

/// Walks the filters of a decoded UNSUBSCRIBE in order.
class UnsubscribeReader {
 public:
  explicit UnsubscribeReader(const Unsubscribe& packet) : rest_(packet.entries) {}

  bool next(std::string_view& filter);

 private:
  ByteView rest_;
};

/// Walks the user properties of a decoded PUBLISH or will (name, value) in order.
class UserPropertyReader {
 public:
  explicit UserPropertyReader(ByteView raw_properties) : rest_(raw_properties) {}

  bool next(std::pair<std::string_view, std::string_view>& property);

 private:
  ByteView rest_;
};

/// Appends the properties of `raw` that a server passes on, encoded, in order (see
/// PublishProperties). `raw` was decoded before.
void append_forwardable(ByteView raw, Bytes& out);

// ---- encoding: appends one whole packet to `out`. Values must be legal; text at most 65,535
// bytes. ----

/// Client to server. `bridge` sets bit 0x80 of the level.
void encode_connect(const Connect& packet, Bytes& out);
void encode_subscribe(PacketId packet_id, std::uint32_t subscription_id,
                      std::span<const SubscribeEntry> entries, Version version, Bytes& out);
void encode_unsubscribe(PacketId packet_id, std::span<const std::string_view> filters,
                        Version version, Bytes& out);
void encode_pingreq(Bytes& out);

/// Server to client. Before 5.0 `reason` is translated and the properties are left out.
void encode_connack(const Connack& packet, Version version, Bytes& out);
/// `codes` are the wire bytes; for UNSUBACK before 5.0 they are left out.
void encode_suback(const Suback& packet, Version version, Bytes& out);
void encode_unsuback(const Suback& packet, Version version, Bytes& out);
void encode_pingresp(Bytes& out);

/// Both directions. `type` is puback, pubrec, pubrel or pubcomp.
void encode_ack(PacketType type, const Ack& packet, Version version, Bytes& out);
void encode_disconnect(const Disconnect& packet, Version version, Bytes& out);
void encode_auth(const Auth& packet, Bytes& out);
/// Encodes from the typed properties, then the user properties found in `properties.raw`.
void encode_publish(const Publish& packet, Version version, Bytes& out);

/// The per-message path of the server: a PUBLISH whose topic comes in two parts (tenant and rest)
/// and whose properties to pass on are encoded already. Nothing is validated.
struct OutgoingPublish {
  std::string_view topic_prefix;
  std::string_view topic_rest;  ///< prefix and rest both empty: the alias alone names the topic
  ByteView payload;
  Qos qos = Qos::at_most_once;
  bool retain = false;
  bool dup = false;
  PacketId packet_id = PacketId::none;
  // 5.0 only
  ByteView forwarded_properties;                ///< from append_forwardable()
  std::optional<std::uint32_t> message_expiry;  ///< seconds that are left
  std::uint16_t topic_alias = 0;                ///< 0: none
  std::span<const std::uint32_t> subscription_ids;
};

/// Size in bytes of the whole packet, for the client's maximum packet size.
std::size_t encoded_size(const OutgoingPublish& packet, Version version);
/// Appends it; `out` grows once.
void encode_publish(const OutgoingPublish& packet, Version version, Bytes& out);

}  // namespace owb::mqtt
