#include "broker/mqtt/error.hpp"

#include <string>

namespace owb::mqtt {

namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "owb.mqtt"; }

  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::malformed_packet:
        return "malformed packet";
      case Errc::protocol_error:
        return "protocol error";
      case Errc::topic_name_invalid:
        return "topic name invalid";
      case Errc::topic_filter_invalid:
        return "topic filter invalid";
      case Errc::topic_alias_invalid:
        return "topic alias invalid";
      case Errc::packet_too_large:
        return "packet too large";
      case Errc::unsupported_version:
        return "unsupported protocol version";
      case Errc::payload_format_invalid:
        return "payload format invalid";
    }
    return "unknown error";
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
  }
  return Reason::malformed_packet;
}

std::uint8_t connack_code(Reason reason) {
  switch (reason) {
    case Reason::success:
      return 0;
    case Reason::unsupported_protocol_version:
      return 1;
    case Reason::client_identifier_not_valid:
      return 2;
    case Reason::server_unavailable:
    case Reason::server_busy:
    case Reason::quota_exceeded:
    case Reason::server_shutting_down:
    case Reason::connection_rate_exceeded:
      return 3;
    case Reason::bad_user_name_or_password:
      return 4;
    default:
      return 5;
  }
}

}  // namespace owb::mqtt
