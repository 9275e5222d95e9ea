#include "broker/mqtt/reasons.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>

namespace owb::mqtt {
namespace {

/// Codes 0x00..0x3F and 0x80..0xBF as two bit sets: no code of the specification is outside.
struct ReasonSet {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  constexpr ReasonSet(std::initializer_list<Reason> reasons) {
    for (const Reason reason : reasons) {
      (is_error(reason) ? high : low) |= bit(reason);
    }
  }

  static constexpr std::uint64_t bit(Reason reason) {
    return std::uint64_t{1} << (static_cast<unsigned>(reason) & 0x3F);
  }

  constexpr bool contains(Reason reason) const {
    const bool outside = (static_cast<unsigned>(reason) & 0x40) != 0;
    return !outside && ((is_error(reason) ? high : low) & bit(reason)) != 0;
  }
};

constexpr ReasonSet kConnack{Reason::success,
                             Reason::unspecified_error,
                             Reason::malformed_packet,
                             Reason::protocol_error,
                             Reason::implementation_specific_error,
                             Reason::unsupported_protocol_version,
                             Reason::client_identifier_not_valid,
                             Reason::bad_user_name_or_password,
                             Reason::not_authorized,
                             Reason::server_unavailable,
                             Reason::server_busy,
                             Reason::banned,
                             Reason::bad_authentication_method,
                             Reason::topic_name_invalid,
                             Reason::packet_too_large,
                             Reason::quota_exceeded,
                             Reason::payload_format_invalid,
                             Reason::retain_not_supported,
                             Reason::qos_not_supported,
                             Reason::use_another_server,
                             Reason::server_moved,
                             Reason::connection_rate_exceeded};

constexpr ReasonSet kPuback{Reason::success,
                            Reason::no_matching_subscribers,
                            Reason::unspecified_error,
                            Reason::implementation_specific_error,
                            Reason::not_authorized,
                            Reason::topic_name_invalid,
                            Reason::packet_identifier_in_use,
                            Reason::quota_exceeded,
                            Reason::payload_format_invalid};

constexpr ReasonSet kPubrel{Reason::success, Reason::packet_identifier_not_found};

constexpr ReasonSet kSuback{Reason::success,
                            Reason::granted_qos_1,
                            Reason::granted_qos_2,
                            Reason::unspecified_error,
                            Reason::implementation_specific_error,
                            Reason::not_authorized,
                            Reason::topic_filter_invalid,
                            Reason::packet_identifier_in_use,
                            Reason::quota_exceeded,
                            Reason::shared_subscriptions_not_supported,
                            Reason::subscription_identifiers_not_supported,
                            Reason::wildcard_subscriptions_not_supported};

constexpr ReasonSet kUnsuback{Reason::success,
                              Reason::no_subscription_existed,
                              Reason::unspecified_error,
                              Reason::implementation_specific_error,
                              Reason::not_authorized,
                              Reason::topic_filter_invalid,
                              Reason::packet_identifier_in_use};

constexpr ReasonSet kDisconnect{Reason::success,
                                Reason::disconnect_with_will,
                                Reason::unspecified_error,
                                Reason::malformed_packet,
                                Reason::protocol_error,
                                Reason::implementation_specific_error,
                                Reason::not_authorized,
                                Reason::server_busy,
                                Reason::server_shutting_down,
                                Reason::bad_authentication_method,
                                Reason::keep_alive_timeout,
                                Reason::session_taken_over,
                                Reason::topic_filter_invalid,
                                Reason::topic_name_invalid,
                                Reason::receive_maximum_exceeded,
                                Reason::topic_alias_invalid,
                                Reason::packet_too_large,
                                Reason::message_rate_too_high,
                                Reason::quota_exceeded,
                                Reason::administrative_action,
                                Reason::payload_format_invalid,
                                Reason::retain_not_supported,
                                Reason::qos_not_supported,
                                Reason::use_another_server,
                                Reason::server_moved,
                                Reason::shared_subscriptions_not_supported,
                                Reason::connection_rate_exceeded,
                                Reason::maximum_connect_time,
                                Reason::subscription_identifiers_not_supported,
                                Reason::wildcard_subscriptions_not_supported};

constexpr ReasonSet kDisconnectOfClients{Reason::success,
                                         Reason::disconnect_with_will,
                                         Reason::unspecified_error,
                                         Reason::malformed_packet,
                                         Reason::protocol_error,
                                         Reason::implementation_specific_error,
                                         Reason::topic_name_invalid,
                                         Reason::receive_maximum_exceeded,
                                         Reason::topic_alias_invalid,
                                         Reason::packet_too_large,
                                         Reason::message_rate_too_high,
                                         Reason::quota_exceeded,
                                         Reason::administrative_action,
                                         Reason::payload_format_invalid};

constexpr ReasonSet kAuth{Reason::success, Reason::continue_authentication, Reason::reauthenticate};

}  // namespace

bool is_reason_allowed(PacketType type, Reason reason) {
  switch (type) {
    case PacketType::connack:
      return kConnack.contains(reason);  // [MQTT5-3.2.2-8]
    case PacketType::puback:
    case PacketType::pubrec:
      return kPuback.contains(reason);  // [MQTT5-3.4.2-1], [MQTT5-3.5.2-1]
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return kPubrel.contains(reason);  // [MQTT5-3.6.2-1], [MQTT5-3.7.2-1]
    case PacketType::suback:
      return kSuback.contains(reason);  // [MQTT5-3.9.3-2]
    case PacketType::unsuback:
      return kUnsuback.contains(reason);  // [MQTT5-3.11.3-2]
    case PacketType::disconnect:
      return kDisconnect.contains(reason);  // [MQTT5-3.14.2-1]
    case PacketType::auth:
      return kAuth.contains(reason);  // [MQTT5-3.15.2-1]
    default:
      return false;
  }
}

bool is_clients_disconnect(Reason reason) {
  return kDisconnectOfClients.contains(reason);
}

Reason reason_of_connack_code(std::uint8_t code) {
  static constexpr std::array kReasons{
      Reason::success,
      Reason::unsupported_protocol_version,
      Reason::client_identifier_not_valid,
      Reason::server_unavailable,
      Reason::bad_user_name_or_password,
      Reason::not_authorized,
  };
  static_assert(kReasons.size() == kMaxConnackCode + 1);
  return kReasons.at(code);
}

std::uint8_t connack_code(Reason reason) {
  if (!is_error(reason)) {
    return 0;
  }
  switch (reason) {
    case Reason::unsupported_protocol_version:
      return 1;
    case Reason::client_identifier_not_valid:
      return 2;
    case Reason::bad_user_name_or_password:
    case Reason::bad_authentication_method:
      return 4;
    case Reason::not_authorized:
    case Reason::banned:
    case Reason::topic_name_invalid:  // a will that may not be
    case Reason::packet_too_large:    // likewise
    case Reason::retain_not_supported:
    case Reason::qos_not_supported:
      return 5;
    default:
      return 3;  // not now, not here: busy, moved, over a limit
  }
}

}  // namespace owb::mqtt
