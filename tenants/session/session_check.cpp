#include "tenants/session/session_check.hpp"

#include "tenants/base/guarded.hpp"
#include "tenants/registry/error.hpp"
#include "tenants/registry/rows.hpp"

namespace owb::session {
namespace {

using tenants::rows::FileIdentity;

/// One connection and the keys it last read. Reached through its lock only.
struct Lookup {
  std::filesystem::path path;
  FileIdentity file;
  sqlite::Database database;
  KeyRing keys;

  /// Follows the path when another file lies there now (a backup that was put back).
  Result<void> follow_file() {
    const auto now = tenants::rows::identity_of(path);
    if (now == file) {
      return {};
    }
    auto next = tenants::rows::open_to_read(path);
    if (!next) {
      return next.error();
    }
    database = std::move(*next);
    file = now;
    return load_keys();
  }

  Result<void> load_keys() {
    auto loaded = tenants::rows::read_keys(database);
    if (!loaded) {
      return loaded.error();
    }
    keys = std::move(*loaded);
    return {};
  }

  Result<SessionClaims> open_cookie(std::string_view value, std::int64_t now) {
    auto claims = session::open(value, keys, now);
    if (claims || claims.error() != Errc::cookie_key_unknown) {
      return claims;
    }
    if (const auto loaded = load_keys(); !loaded) {  // perhaps a new key
      return loaded.error();
    }
    return session::open(value, keys, now);
  }

  Result<tenants::WebSession> find_row(const SessionClaims& claims, std::int64_t now) {
    auto row = tenants::rows::find_session(database, claims.id);
    if (!row) {
      return row.error() == tenants::Errc::no_such_session ? make_error_code(Errc::session_unknown)
                                                           : row.error();
    }
    if (row->tenant != claims.tenant || row->tenant_uid != claims.tenant_uid ||
        row->role != claims.role) {
      return Errc::session_mismatch;
    }
    if (row->revoked) {
      return Errc::session_revoked;
    }
    if (row->expires <= now) {
      return Errc::session_expired;
    }
    return row;
  }

  /// A uid must be that of the tenant of this name; uid 0 a name that the registry leaves to the
  /// password file.
  Result<void> check_tenant(const SessionClaims& claims) {
    auto query =
        database.query("SELECT uid, suspended FROM tenants WHERE name = ?1", claims.tenant);
    if (query.next()) {
      if (static_cast<std::uint64_t>(query.integer(0)) != claims.tenant_uid) {
        return make_error_code(Errc::tenant_unknown);
      }
      return query.integer(1) == 0 ? Result<void>{}
                                   : Result<void>{make_error_code(Errc::tenant_suspended)};
    }
    if (query.failed()) {
      return query.error();
    }
    const auto buried =
        database.integer_or(0, "SELECT count(*) FROM tombstones WHERE name = ?1", claims.tenant);
    if (!buried) {
      return buried.error();
    }
    return claims.tenant_uid == 0 && *buried == 0
               ? Result<void>{}
               : Result<void>{make_error_code(Errc::tenant_unknown)};
  }

  Result<CheckedSession> check(std::string_view value, std::int64_t now) {
    if (const auto followed = follow_file(); !followed) {
      return followed.error();
    }
    auto claims = open_cookie(value, now);
    if (!claims) {
      return claims.error();
    }
    auto row = find_row(*claims, now);
    if (!row) {
      return row.error();
    }
    if (const auto checked = check_tenant(*claims); !checked) {
      return checked.error();
    }
    const bool touch_due = row->last_used + kTouchInterval <= now;
    return CheckedSession{std::move(*claims), std::move(*row), touch_due};
  }
};

}  // namespace

struct SessionChecker::State {
  explicit State(Lookup start) : lookup{std::move(start)} {}
  Guarded<Lookup> lookup;
};

SessionChecker::SessionChecker(std::unique_ptr<State> state) : state_{std::move(state)} {}

SessionChecker::SessionChecker(SessionChecker&&) noexcept = default;
SessionChecker& SessionChecker::operator=(SessionChecker&&) noexcept = default;
SessionChecker::~SessionChecker() = default;

Result<SessionChecker> SessionChecker::open(const std::filesystem::path& registry) {
  const auto file = tenants::rows::identity_of(registry);
  auto database = tenants::rows::open_to_read(registry);
  if (!database) {
    return database.error();
  }
  Lookup lookup{registry, file, std::move(*database), KeyRing{}};
  if (const auto loaded = lookup.load_keys(); !loaded) {
    return loaded.error();
  }
  return SessionChecker{std::make_unique<State>(std::move(lookup))};
}

Result<CheckedSession> SessionChecker::check(std::string_view cookie_value, std::int64_t now) {
  return state_->lookup.with(
      [&](Lookup& lookup) -> Result<CheckedSession> { return lookup.check(cookie_value, now); });
}

Result<CheckedSession> SessionChecker::check_header(std::string_view cookie_header,
                                                    std::int64_t now) {
  const auto value = find_cookie(cookie_header);
  if (!value) {
    return Errc::cookie_malformed;
  }
  return check(*value, now);
}

}  // namespace owb::session
