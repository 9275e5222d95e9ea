#include "portal/auth/accounts.hpp"

#include <utility>

#include "portal/auth/webparm.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/registry/error.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/snapshot.hpp"
#include "tenants/session/cookie.hpp"

namespace owb::portal::auth {
namespace {

tenants::By by(const Browser& browser, std::int64_t now) {
  return {.now = now, .actor = "portal:" + shown_network_of(browser.address)};
}

Refusal refuse(std::string_view what, const Error& error) {
  if (error == tenants::Errc::tenant_suspended) {
    return {Errc::suspended};
  }
  if (error == tenants::Errc::no_such_session) {
    return {Errc::no_session};
  }
  if (error == tenants::Errc::no_such_link) {
    return {Errc::link_invalid};
  }
  log::error("registry: {}: {}", what, error.message());
  return {Errc::registry_failed};
}

Answer<void> done_or_refused(std::string_view what, const Result<void>& result) {
  if (!result) {
    return refuse(what, result.error());
  }
  return {};
}

/// The cookie for a session row, sealed with the newest key.
Answer<NewLogin> seal_cookie(tenants::Registry& registry, const tenants::WebSession& session,
                             std::string theme, std::int64_t now) {
  const auto keys = registry.keys();
  if (!keys) {
    return refuse("cannot read the cookie keys", keys.error());
  }
  if (keys->empty()) {
    log::error("registry: there is no cookie key");
    return Refusal{Errc::registry_failed};
  }
  const session::SessionClaims claims{.tenant = session.tenant,
                                      .tenant_uid = session.tenant_uid,
                                      .id = session.id,
                                      .role = session.role,
                                      .issued = session.issued,
                                      .expires = session.expires};
  return NewLogin{.user = session.tenant,
                  .cookie_value = session::seal(claims, *keys),
                  .max_age = std::chrono::seconds{session.expires - now},
                  .theme = std::move(theme),
                  .in_registry = session.tenant_uid != 0};
}

}  // namespace

Answer<tenants::Registry> Accounts::open() const {
  auto registry = tenants::Registry::open(path_, tenants::OpenMode::existing);
  if (!registry) {
    return refuse("cannot open " + path_.string(), registry.error());
  }
  return std::move(*registry);
}

Answer<std::optional<tenants::TenantRecord>> Accounts::find(const TenantId& user) const {
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  auto record = registry->find(user);
  if (record) {
    return std::optional{std::move(*record)};
  }
  if (record.error() == tenants::Errc::no_such_tenant) {
    return std::optional<tenants::TenantRecord>{};
  }
  return refuse("cannot look up " + user.str(), record.error());
}

Answer<NewLogin> Accounts::open_session(const TenantId& user, std::string theme,
                                        const Browser& browser, std::int64_t now) const {
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  tenants::NewSession session{.tenant = user.str(),
                              .tenant_uid = 0,
                              .role = tenants::Role::owner,
                              .user_agent = browser.user_agent,
                              .network = shown_network_of(browser.address)};
  const auto record = registry->find(user);
  if (record) {
    session.tenant_uid = record->uid;
  } else if (record.error() != tenants::Errc::no_such_tenant) {
    return refuse("cannot look up " + user.str(), record.error());
  }
  const auto created = registry->create_session(session, by(browser, now));
  if (!created) {
    return refuse("cannot open a session for " + user.str(), created.error());
  }
  return seal_cookie(*registry, *created, std::move(theme), now);
}

Answer<void> Accounts::end_session(std::string_view user, const tenants::SessionId& id,
                                   const Browser& browser, std::int64_t now) const {
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  return done_or_refused("cannot end a session",
                         registry->revoke_session_of(user, id, by(browser, now)));
}

Answer<std::size_t> Accounts::end_others(std::string_view user, const tenants::SessionId& keep,
                                         const Browser& browser, std::int64_t now) const {
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  const auto ended = registry->revoke_others(user, keep, by(browser, now));
  if (!ended) {
    return refuse("cannot end sessions", ended.error());
  }
  return *ended;
}

Answer<std::vector<tenants::WebSession>> Accounts::sessions_of(std::string_view user,
                                                               std::int64_t now) const {
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  auto sessions = registry->sessions_of(user, now);
  if (!sessions) {
    return refuse("cannot list sessions", sessions.error());
  }
  return std::move(*sessions);
}

Answer<NewLogin> Accounts::renew_cookie(const tenants::WebSession& session,
                                        std::int64_t now) const {
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  const auto expires = registry->touch_session(session.id, now);
  if (!expires) {
    return refuse("cannot prolong a session", expires.error());
  }
  auto longer = session;
  longer.expires = *expires;
  return seal_cookie(*registry, longer, {}, now);
}

Answer<void> Accounts::set_password(const TenantId& user, std::string_view password,
                                    std::optional<tenants::SessionId> keep, const Browser& browser,
                                    std::int64_t now) const {
  const auto hash = tenants::hash_password(password);
  if (!hash) {
    return refuse("cannot hash a password", hash.error());
  }
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  return done_or_refused("cannot change the password of " + user.str(),
                         registry->set_password(user, *hash, by(browser, now), keep));
}

Answer<std::string> Accounts::renew_home_secret(const TenantId& user, const Browser& browser,
                                                std::int64_t now) const {
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  auto secret = tenants::make_home_secret();
  const auto renewed = registry->renew_secret(user, secret, by(browser, now));
  if (!renewed) {
    return refuse("cannot renew the home secret of " + user.str(), renewed.error());
  }
  return secret;
}

Answer<void> Accounts::set_theme(const TenantId& user, std::string_view theme,
                                 const Browser& browser, std::int64_t now) const {
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  return done_or_refused("cannot set the theme of " + user.str(),
                         registry->set_webparm(user, std::nullopt, theme, by(browser, now)));
}

Answer<tenants::TenantRecord> Accounts::redeem_link(std::string_view token, const Browser& browser,
                                                    std::int64_t now) const {
  auto registry = open();
  if (!registry) {
    return registry.error();
  }
  auto record = registry->redeem_login_link(token, by(browser, now));
  if (!record) {
    return refuse("cannot redeem a one-time link", record.error());
  }
  return std::move(*record);
}

}  // namespace owb::portal::auth
