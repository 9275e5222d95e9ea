#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "tenants/registry/key_ring.hpp"
#include "tenants/registry/record.hpp"
#include "tenants/registry/sqlite.hpp"
#include "tenants/registry/web_session.hpp"

/// From rows of registry.db to values: shared by Registry, RegistryWatcher and SessionChecker.
namespace owb::tenants::rows {

/// Which file a path means; all zero when there is none. A backup that was put back has another
/// one.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

FileIdentity identity_of(const std::filesystem::path& path);

/// Opens the file for reading and checks what it is. Errors: as Registry::open() in read_only mode.
Result<sqlite::Database> open_to_read(const std::filesystem::path& path);

/// registry_damaged for SQLite's ways to say so, else the error itself.
Error plain(const Error& error);

/// The columns read_tenant() expects, in its order.
#define OWB_TENANT_COLUMNS                                                                    \
  "name, uid, suspended, home_secret, password_hash, generation, webparm_id, thema, limits, " \
  "created, home_origin"

/// The current row of a query for OWB_TENANT_COLUMNS. Errors: registry_damaged.
Result<TenantRecord> read_tenant(const sqlite::Query& row);

#define OWB_SESSION_COLUMNS \
  "id, tenant, tenant_uid, role, issued, expires, last_used, revoked, user_agent, network"

Result<WebSession> read_session(const sqlite::Query& row);

/// The session's row, dead or alive. Errors: no_such_session.
Result<WebSession> find_session(sqlite::Database& database, const SessionId& id);

/// Newest first.
Result<KeyRing> read_keys(sqlite::Database& database);

/// The key of home_secret_mac().
Result<SecretBytes> read_home_key(sqlite::Database& database);

/// Actions in the audit table that RegistryWatcher tells apart; those of tenants begin with this
/// prefix.
inline constexpr std::string_view kTenantPrefix = "tenant.";
inline constexpr std::string_view kTenantImported = "tenant.import";
inline constexpr std::string_view kSessionRevoked = "session.revoke";
inline constexpr std::string_view kKeysRotated = "keys.rotate";

}  // namespace owb::tenants::rows
