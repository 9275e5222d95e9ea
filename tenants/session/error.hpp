#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

namespace owb::session {

/// Why a session cookie does not count. Strangers get one answer for all of them (401); the log may
/// say which.
enum class Errc {
  cookie_malformed = 1,  ///< not our form: length, alphabet, version
  cookie_key_unknown,    ///< sealed with a key that was rotated out, or by another registry
  cookie_forged,         ///< does not open: changed, or not made by us
  cookie_expired,
  session_unknown,
  session_revoked,
  session_expired,
  session_mismatch,  ///< cookie and row disagree: tenant, uid or role
  tenant_unknown,    ///< deleted, or deleted and added again
  tenant_suspended,
};

const boost::system::error_category& category();
boost::system::error_code make_error_code(Errc errc);

}  // namespace owb::session

namespace boost::system {
template <>
struct is_error_code_enum<owb::session::Errc> : std::true_type {};
}  // namespace boost::system
