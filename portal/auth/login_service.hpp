#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "portal/auth/accounts.hpp"
#include "portal/auth/answer.hpp"
#include "portal/auth/browser.hpp"
#include "portal/auth/login_throttle.hpp"
#include "portal/auth/webparm.hpp"

namespace owb::portal::auth {

/// Is this name and password right and unlocked? In the portal that is WebparmCheck::ask().
using CredentialCheck = std::function<Result<Webparm>(
    std::string_view name, std::string_view password, const std::string& browser_address)>;

/// Logs people in: throttle, check over MQTT, session row, sealed cookie. Writes one log line per
/// failure with the full address, for fail2ban, and never a password.
///
/// Threading: thread-safe.
class LoginService {
 public:
  LoginService(CredentialCheck check, const Accounts& accounts, LoginThrottle& throttle);

  /// `name` and `password` as typed. Errors: wrong_credentials, not_unlocked, suspended,
  /// broker_away, broker_busy, timed_out, bad_answer, too_many_attempts (with the wait),
  /// registry_failed.
  Answer<NewLogin> log_in(std::string_view name, std::string_view password, const Browser& browser,
                          const Moment& moment) const;

  /// With a one-time link from the operator; `new_password` replaces the old one unless it is
  /// empty. The link is used up only if the new password will do. Errors: link_invalid,
  /// not_unlocked, suspended, password_too_short, password_too_long, registry_failed.
  Answer<NewLogin> log_in_once(std::string_view token, std::string_view new_password,
                               const Browser& browser, const Moment& moment) const;

 private:
  CredentialCheck check_;
  const Accounts& accounts_;
  LoginThrottle& throttle_;
};

}  // namespace owb::portal::auth
