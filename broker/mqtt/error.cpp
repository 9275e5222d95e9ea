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
      return Reason::malformed_packet;
    case Errc::protocol_error:
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
