#pragma once

#include <string>
#include <string_view>

#include "portal/auth/accounts.hpp"
#include "portal/auth/answer.hpp"
#include "portal/auth/browser.hpp"
#include "portal/auth/login_throttle.hpp"
#include "tenants/session/cookie.hpp"

namespace owb::portal::auth {

/// What an owner may change about the account, each time with the password once more: a stolen
/// cookie must not become a lasting credential. Guesses are throttled together with logins.
///
/// Threading: thread-safe.
class AccountService {
 public:
  AccountService(const Accounts& accounts, LoginThrottle& throttle);

  /// Ends all sessions but the one it is done in. Errors: wrong_credentials, too_many_attempts,
  /// not_allowed, password_…, registry_failed.
  Answer<void> change_password(const session::SessionClaims& who, std::string_view old_password,
                               std::string_view new_password, const Browser& browser,
                               const Moment& moment) const;

  /// Returns the new secret. Errors: wrong_credentials, too_many_attempts, not_allowed,
  /// registry_failed.
  Answer<std::string> renew_home_secret(const session::SessionClaims& who,
                                        std::string_view password, const Browser& browser,
                                        const Moment& moment) const;

 private:
  Answer<TenantId> confirm(const session::SessionClaims& who, std::string_view password,
                           const Browser& browser, const Moment& moment) const;

  const Accounts& accounts_;
  LoginThrottle& throttle_;
};

}  // namespace owb::portal::auth
