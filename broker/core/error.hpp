#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

namespace owb::core {

enum class Errc {
  outside_tenant = 1,  ///< topic or filter that is not the tenant's (design.md 3, rules 2 and 3)
  reserved_topic,      ///< the broker's own: `user/cloud/#`, `user/webparm/#` of a registry tenant
  invalid_topic,       ///< not a topic name or filter [MQTT 4.7]
  topic_too_long,      ///< more bytes or levels than the limits allow (F17)
  quota_exceeded,      ///< a count of the tenant is used up
  not_permitted,       ///< the role may not
};

const boost::system::error_category& category();
boost::system::error_code make_error_code(Errc errc);

}  // namespace owb::core

namespace boost::system {
template <>
struct is_error_code_enum<owb::core::Errc> : std::true_type {};
}  // namespace boost::system
