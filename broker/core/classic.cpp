#include "broker/core/classic.hpp"

#include "broker/mqtt/error.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::core {

using mqtt::Errc;
using mqtt::PacketType;
using mqtt::Reason;

namespace {

std::optional<Reason> of_connect(Errc errc) {
  switch (errc) {
    case Errc::property_not_allowed:
      return Reason::protocol_error;
    case Errc::client_id_invalid:
      return Reason::client_identifier_not_valid;
    case Errc::connect_field_invalid:
    case Errc::topic_name_invalid:
      return std::nullopt;
    default:
      return mqtt::reason_of(errc);
  }
}

std::optional<Reason> of_publish(Errc errc) {
  switch (errc) {
    case Errc::property_not_allowed:
      return Reason::protocol_error;
    case Errc::topic_name_invalid:
    case Errc::topic_missing:
      return Reason::malformed_packet;
    default:
      return mqtt::reason_of(errc);
  }
}

std::optional<Reason> of_subscribe(Errc errc) {
  return errc == Errc::property_repeated ? Reason::protocol_error : Reason::malformed_packet;
}

std::optional<Reason> of_disconnect(Errc errc) {
  switch (errc) {
    case Errc::protocol_error:  // a reason that a client has no use for
      return std::nullopt;
    case Errc::property_not_allowed:
      return Reason::protocol_error;
    default:
      return mqtt::reason_of(errc);
  }
}

}  // namespace

std::optional<Reason> classic_reason(PacketType type, const Error& error) {
  if (error.category() != mqtt::category()) {
    return mqtt::reason_of(error);
  }
  const auto errc = static_cast<Errc>(error.value());
  if (errc == Errc::length_invalid) {
    return std::nullopt;
  }
  switch (type) {
    case PacketType::connect:
      return of_connect(errc);
    case PacketType::publish:
      return of_publish(errc);
    case PacketType::subscribe:
    case PacketType::unsubscribe:
      return of_subscribe(errc);
    case PacketType::disconnect:
      return of_disconnect(errc);
    default:
      return errc == Errc::property_not_allowed ? Reason::protocol_error : mqtt::reason_of(errc);
  }
}

bool is_classic_text(std::string_view text) {
  return !mqtt::has_noncharacters(text);
}

bool is_classic_topic(std::string_view topic) {
  return is_classic_text(topic) && mqtt::count_levels(topic) <= kClassicLevels;
}

}  // namespace owb::core
