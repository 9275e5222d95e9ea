#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include "broker/mqtt/types.hpp"

namespace owb::mqtt {

/// Why bytes are not the packet they claim to be. `reason_of()` gives the MQTT 5 reason code for
/// it.
enum class Errc {
  malformed_packet = 1,    ///< syntax: 0x81
  protocol_error,          ///< well-formed, but not allowed here: 0x82
  topic_name_invalid,      ///< 0x90
  topic_filter_invalid,    ///< 0x8F
  topic_alias_invalid,     ///< 0x94
  packet_too_large,        ///< 0x95
  unsupported_version,     ///< 0x84; CONNACK 1 for 3.1 and 3.1.1
  payload_format_invalid,  ///< 0x99
  too_many_properties,     ///< more than kMaxUserProperties: 0x97
  length_invalid,          ///< remaining length that no such packet can have: 0x81
  property_not_allowed,    ///< known, but not in this packet: 0x81
  property_repeated,       ///< may stand there only once: 0x82
  topic_missing,           ///< neither topic nor alias: 0x82
  client_id_invalid,       ///< of a CONNECT: missing or no UTF-8: 0x81
  connect_field_invalid,   ///< will, user name or password of a CONNECT: 0x81
};

const boost::system::error_category& category();
boost::system::error_code make_error_code(Errc errc);

/// The reason code a 5.0 peer is told; malformed_packet for codes of other categories.
Reason reason_of(const boost::system::error_code& error);

}  // namespace owb::mqtt

namespace boost::system {
template <>
struct is_error_code_enum<owb::mqtt::Errc> : std::true_type {};
}  // namespace boost::system
