#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/net/web/upgrade_rules.hpp"
#include "broker/net/web/web_gate.hpp"
#include "tenants/session/session_check.hpp"

namespace owb::net::web {

/// What a request's login cookie says.
struct CookieVerdict {
  CookieState state = CookieState::none;
  std::optional<WebIdentity> identity;  ///< when valid
};

/// Opens our cookie and asks the registry whether its session still counts (tens of microseconds).
///
/// Threading: belongs to one thread.
class LoginCookie {
 public:
  /// An empty path: no cookie is valid. Throws std::runtime_error that names the registry.
  explicit LoginCookie(const std::string& registry_path);

  CookieVerdict check(std::string_view cookie_header, std::int64_t now);

 private:
  std::optional<session::SessionChecker> checker_;
};

}  // namespace owb::net::web
