#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portal/auth/answer.hpp"
#include "portal/auth/browser.hpp"
#include "tenants/base/result.hpp"
#include "tenants/registry/record.hpp"
#include "tenants/registry/registry.hpp"
#include "tenants/registry/web_session.hpp"

namespace owb::portal::auth {

/// A login that has just been made.
struct NewLogin {
  std::string user;
  std::string cookie_value;
  std::chrono::seconds max_age{0};
  std::string theme;
  bool in_registry = false;  ///< else nobody but the login itself knows the theme
};

/// What the portal does in registry.db. Every call opens the file for itself, on the thread that
/// calls: changes are rare, a file that was put back from a backup is noticed, and nothing is
/// shared.
///
/// Threading: immutable. Errors of the database are logged here and come out as registry_failed.
class Accounts {
 public:
  explicit Accounts(std::filesystem::path registry) : path_(std::move(registry)) {}

  /// The tenant's record; nothing if the registry does not know the name (a password file may).
  Answer<std::optional<tenants::TenantRecord>> find(const TenantId& user) const;

  /// Writes the session row and seals the cookie. Errors: suspended, registry_failed.
  Answer<NewLogin> open_session(const TenantId& user, std::string theme, const Browser& browser,
                                std::int64_t now) const;

  /// Ends the one session; no error if it is gone already.
  Answer<void> end_session(std::string_view user, const tenants::SessionId& id,
                           const Browser& browser, std::int64_t now) const;

  Answer<std::size_t> end_others(std::string_view user, const tenants::SessionId& keep,
                                 const Browser& browser, std::int64_t now) const;

  Answer<std::vector<tenants::WebSession>> sessions_of(std::string_view user,
                                                       std::int64_t now) const;

  /// Slides the session and seals a cookie for its new end. Errors: no_session.
  Answer<NewLogin> renew_cookie(const tenants::WebSession& session, std::int64_t now) const;

  /// Hashes and stores; ends all sessions but `keep`. Takes some 15 ms.
  Answer<void> set_password(const TenantId& user, std::string_view password,
                            std::optional<tenants::SessionId> keep, const Browser& browser,
                            std::int64_t now) const;

  /// Stores a new home secret and returns it: the only time it is known.
  Answer<std::string> renew_home_secret(const TenantId& user, const Browser& browser,
                                        std::int64_t now) const;

  Answer<void> set_theme(const TenantId& user, std::string_view theme, const Browser& browser,
                         std::int64_t now) const;

  /// Uses the link up. Errors: link_invalid, suspended.
  Answer<tenants::TenantRecord> redeem_link(std::string_view token, const Browser& browser,
                                            std::int64_t now) const;

 private:
  Answer<tenants::Registry> open() const;

  std::filesystem::path path_;
};

}  // namespace owb::portal::auth
