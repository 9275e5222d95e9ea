#pragma once

#include "broker/mqtt/types.hpp"

namespace owb::mqtt {

/// May `reason` stand in a 5.0 packet of this type? Tables of [MQTT5 2.4]; for SUBACK and UNSUBACK
/// each code of the list. False for types that carry no reason code.
bool is_reason_allowed(PacketType type, Reason reason);

/// May a client give this reason in DISCONNECT? Table of [MQTT5 3.14.2.1], column "sent by".
bool is_clients_disconnect(Reason reason);

/// The reason behind return code 0..5 of a 3.1 or 3.1.1 CONNACK [MQTT 3.2.2.3]; not for others.
Reason reason_of_connack_code(std::uint8_t code);

/// The largest of those codes.
inline constexpr std::uint8_t kMaxConnackCode = 5;

}  // namespace owb::mqtt
