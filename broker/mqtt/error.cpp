#include "broker/mqtt/error.hpp"

#include <string>

namespace owb::mqtt {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "owb.mqtt"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::malformed_packet:
        return "malformed MQTT packet";
      case Errc::protocol_error:
        return "MQTT packet not allowed by the protocol";
      case Errc::topic_name_invalid:
        return "topic name is empty or has wildcards";
      case Errc::topic_filter_invalid:
        return "topic filter is not valid";
      case Errc::topic_alias_invalid:
        return "topic alias is not valid";
      case Errc::packet_too_large:
        return "MQTT packet is too large";
      case Errc::unsupported_version:
        return "MQTT protocol level is not supported";
      case Errc::payload_format_invalid:
        return "payload is not the UTF-8 text it is said to be";
      case Errc::too_many_properties:
        return "MQTT packet has too many user properties";
      case Errc::length_invalid:
        return "remaining length of the MQTT packet is not possible";
      case Errc::property_not_allowed:
        return "property does not belong to this MQTT packet";
      case Errc::property_repeated:
        return "property stands twice in the MQTT packet";
      case Errc::topic_missing:
        return "PUBLISH with neither topic nor alias";
      case Errc::client_id_invalid:
        return "client identifier is not a text";
      case Errc::connect_field_invalid:
        return "will, user name or password of the CONNECT is not valid";
    }
    return "unknown MQTT error " + std::to_string(value);
  }
};

}  // namespace

const boost::system::error_category& category() {
  static const Category instance;
  return instance;
}

boost::system::error_code make_error_code(Errc errc) {
  return {static_cast<int>(errc), category()};
}

Reason reason_of(const boost::system::error_code& error) {
  if (error.category() != category()) {
    return Reason::malformed_packet;
  }
  switch (static_cast<Errc>(error.value())) {
    case Errc::malformed_packet:
    case Errc::length_invalid:
    case Errc::property_not_allowed:  // [MQTT5 2.2.2.2]
    case Errc::client_id_invalid:
    case Errc::connect_field_invalid:
      return Reason::malformed_packet;
    case Errc::protocol_error:
    case Errc::property_repeated:
    case Errc::topic_missing:
      return Reason::protocol_error;
    case Errc::topic_name_invalid:
      return Reason::topic_name_invalid;
    case Errc::topic_filter_invalid:
      return Reason::topic_filter_invalid;
    case Errc::topic_alias_invalid:
      return Reason::topic_alias_invalid;
    case Errc::packet_too_large:
      return Reason::packet_too_large;
    case Errc::unsupported_version:
      return Reason::unsupported_protocol_version;
    case Errc::payload_format_invalid:
      return Reason::payload_format_invalid;
    case Errc::too_many_properties:
      return Reason::quota_exceeded;
  }
  return Reason::malformed_packet;
}

}  // namespace owb::mqtt
