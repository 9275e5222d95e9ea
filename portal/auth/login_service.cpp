#include "portal/auth/login_service.hpp"

#include <optional>
#include <utility>

#include "portal/auth/password_rules.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/tenant_id.hpp"

namespace owb::portal::auth {
namespace {

/// Of check errors, those made here and in the dialogue have our category; nothing else can come.
Errc errc_of(const Error& error) {
  return static_cast<Errc>(error.value());
}

/// Only what the person (or attacker) did is a failed login, fit for fail2ban; the rest is our own
/// trouble.
void log_failure(std::string_view name, const Browser& browser, const Error& why) {
  const auto address = browser.address.empty() ? "unknown" : log::escape(browser.address);
  if (why == Errc::wrong_credentials || why == Errc::too_many_attempts) {
    log::warning("login failed: user '{}' from {}: {}", name, address, why.message());
  } else {
    log::notice("no login: user '{}' from {}: {}", name, address, why.message());
  }
}

}  // namespace

LoginService::LoginService(CredentialCheck check, const Accounts& accounts, LoginThrottle& throttle)
    : check_(std::move(check)), accounts_(accounts), throttle_(throttle) {}

Answer<NewLogin> LoginService::log_in(std::string_view name, std::string_view password,
                                      const Browser& browser, const Moment& moment) const {
  const auto user = TenantId::parse(name);
  // A name that cannot be one is not logged: it may well be a password in the wrong field.
  const std::string counted_name = user ? user->str() : std::string{};
  const auto wait = throttle_.admit(browser.address, counted_name, moment.steady);
  if (wait.count() > 0) {
    log_failure(counted_name, browser, Errc::too_many_attempts);
    return Refusal{Errc::too_many_attempts, wait};
  }
  if (!user || password.empty() || password.size() > tenants::kMaxPasswordBytes) {
    log_failure(counted_name, browser, Errc::wrong_credentials);
    return Refusal{Errc::wrong_credentials};
  }
  const auto webparm = check_(user->str(), password, browser.address);
  if (!webparm) {
    log_failure(counted_name, browser, webparm.error());
    if (webparm.error() != Errc::wrong_credentials) {
      throttle_.forgive(browser.address, counted_name);
    }
    return Refusal{errc_of(webparm.error())};
  }
  throttle_.succeeded(browser.address, counted_name);
  return accounts_.open_session(*user, webparm->theme, browser, moment.unix_seconds);
}

Answer<NewLogin> LoginService::log_in_once(std::string_view token, std::string_view new_password,
                                           const Browser& browser, const Moment& moment) const {
  if (!new_password.empty()) {
    if (const auto checked = check_new_password(new_password); !checked) {
      return checked.error();
    }
  }
  const auto record = accounts_.redeem_link(token, browser, moment.unix_seconds);
  if (!record) {
    return record.error();
  }
  if (record->webparm_id <= 0) {
    return Refusal{Errc::not_unlocked};
  }
  if (!new_password.empty()) {
    const auto changed = accounts_.set_password(record->id, new_password, std::nullopt, browser,
                                                moment.unix_seconds);
    if (!changed) {
      return changed.error();
    }
  }
  return accounts_.open_session(record->id, std::string{theme_or_standard(record->thema)}, browser,
                                moment.unix_seconds);
}

}  // namespace owb::portal::auth
