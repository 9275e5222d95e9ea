#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

namespace owb::portal::auth {

/// Why somebody is not logged in, or something was not changed. Each is its own clear text for the
/// user.
enum class Errc {
  wrong_credentials = 1,  ///< unknown name or wrong password: never told apart
  not_unlocked,           ///< the password is right, but there is no webparm id above 0
  suspended,              ///< the operator has stopped this account
  broker_away,            ///< nobody listens, or the connection broke
  broker_busy,            ///< the broker said so
  timed_out,              ///< no complete answer within the limit
  bad_answer,             ///< what came is not MQTT, or not what was asked for
  too_many_attempts,      ///< try again after the time told beside it
  no_session,             ///< not logged in, or no longer
  not_allowed,            ///< a viewer, or an account that is not in the registry
  password_too_short,
  password_too_long,
  password_unchanged,
  link_invalid,     ///< one-time link unknown, used or expired
  registry_failed,  ///< the database refused; the operator's log says why
};

const boost::system::error_category& category();
boost::system::error_code make_error_code(Errc errc);

}  // namespace owb::portal::auth

namespace boost::system {
template <>
struct is_error_code_enum<owb::portal::auth::Errc> : std::true_type {};
}  // namespace boost::system
