#include "portal/auth/account_service.hpp"

#include "portal/auth/password_rules.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/tenant_id.hpp"

namespace owb::portal::auth {

AccountService::AccountService(const Accounts& accounts, LoginThrottle& throttle)
    : accounts_(accounts), throttle_(throttle) {}

Answer<void> AccountService::change_password(const session::SessionClaims& who,
                                             std::string_view old_password,
                                             std::string_view new_password, const Browser& browser,
                                             const Moment& moment) const {
  if (const auto checked = check_new_password(new_password); !checked) {
    return checked.error();
  }
  const auto user = confirm(who, old_password, browser, moment);
  if (!user) {
    return user.error();
  }
  if (old_password == new_password) {
    return Refusal{Errc::password_unchanged};
  }
  const auto changed =
      accounts_.set_password(*user, new_password, who.id, browser, moment.unix_seconds);
  if (changed) {
    log::notice("password of '{}' changed", user->str());
  }
  return changed;
}

Answer<std::string> AccountService::renew_home_secret(const session::SessionClaims& who,
                                                      std::string_view password,
                                                      const Browser& browser,
                                                      const Moment& moment) const {
  const auto user = confirm(who, password, browser, moment);
  if (!user) {
    return user.error();
  }
  auto secret = accounts_.renew_home_secret(*user, browser, moment.unix_seconds);
  if (secret) {
    log::notice("home secret of '{}' renewed", user->str());
  }
  return secret;
}

/// The account behind the session, if it is an owner's, in the registry, and the password is its
/// password.
Answer<TenantId> AccountService::confirm(const session::SessionClaims& who,
                                         std::string_view password, const Browser& browser,
                                         const Moment& moment) const {
  const auto user = TenantId::parse(who.tenant);
  if (!user || who.role != tenants::Role::owner) {
    return Refusal{Errc::not_allowed};
  }
  const auto record = accounts_.find(*user);
  if (!record) {
    return record.error();
  }
  if (!*record || (*record)->uid != who.tenant_uid) {
    return Refusal{Errc::not_allowed};
  }
  const auto wait = throttle_.admit(browser.address, user->str(), moment.steady);
  if (wait.count() > 0) {
    return Refusal{Errc::too_many_attempts, wait};
  }
  const auto fits = tenants::verify_password_evenly((*record)->password_hash, password);
  if (!fits) {
    throttle_.forgive(browser.address, user->str());
    log::error("cannot check the password of '{}': {}", user->str(), fits.error().message());
    return Refusal{Errc::registry_failed};
  }
  if (!*fits) {
    log::warning("password refused: user '{}' from {}", user->str(), log::escape(browser.address));
    return Refusal{Errc::wrong_credentials};
  }
  throttle_.succeeded(browser.address, user->str());
  return *user;
}

}  // namespace owb::portal::auth
