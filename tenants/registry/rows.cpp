#include "tenants/registry/rows.hpp"

#include <algorithm>

#include <sys/stat.h>

#include "tenants/registry/error.hpp"
#include "tenants/registry/registry.hpp"
#include "tenants/registry/schema.hpp"
#include "tenants/registry/snapshot.hpp"

namespace owb::tenants::rows {

Error plain(const Error& error) {
  return sqlite::is_damage(error) ? make_error_code(Errc::registry_damaged) : error;
}

FileIdentity identity_of(const std::filesystem::path& path) {
  struct stat info {};

  if (::stat(path.c_str(), &info) != 0) {
    return {};
  }
  return {info.st_dev, info.st_ino};
}

Result<sqlite::Database> open_to_read(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Errc::registry_missing;
  }
  auto database = sqlite::Database::open(path, sqlite::Database::Access::read_only, kBusyTimeoutMs);
  if (!database) {
    return plain(database.error());
  }
  if (is_older_schema(*database)) {  // an old backup was put back
    if (const auto upgraded = Registry::open(path, OpenMode::existing); !upgraded) {
      return upgraded.error();
    }
  }
  if (const auto checked = check_schema(*database); !checked) {
    return plain(checked.error());
  }
  return database;
}

Result<TenantRecord> read_tenant(const sqlite::Query& row) {
  auto id = TenantId::parse(row.text(0));
  auto limits = LimitOverrides::parse(row.text(8));
  const auto secret = row.blob(3);
  const auto origin = row.blob(10);
  if (!id || !limits || secret.size() != HomeSecretMac{}.size() ||
      (!origin.empty() && origin.size() != HomeSecretOrigin::kSize)) {
    return Errc::registry_damaged;
  }
  TenantRecord record{std::move(*id)};
  record.uid = static_cast<std::uint64_t>(row.integer(1));
  record.suspended = row.integer(2) != 0;
  std::copy(secret.begin(), secret.end(), record.home_secret.begin());
  record.home_origin.assign(origin.begin(), origin.end());
  record.password_hash = row.text(4);
  record.generation = static_cast<std::uint64_t>(row.integer(5));
  record.webparm_id = row.integer(6);
  record.thema = row.text(7);
  record.limits = std::move(*limits);
  record.created = row.integer(9);
  return record;
}

Result<WebSession> read_session(const sqlite::Query& row) {
  const auto id = SessionId::from_bytes(row.blob(0));
  const auto role = static_cast<Role>(row.integer(3));
  if (!id || (role != Role::owner && role != Role::viewer)) {
    return Errc::registry_damaged;
  }
  return WebSession{.id = *id,
                    .tenant = std::string{row.text(1)},
                    .tenant_uid = static_cast<std::uint64_t>(row.integer(2)),
                    .role = role,
                    .issued = row.integer(4),
                    .expires = row.integer(5),
                    .last_used = row.integer(6),
                    .revoked = row.integer(7) != 0,
                    .user_agent = std::string{row.text(8)},
                    .network = std::string{row.text(9)}};
}

Result<WebSession> find_session(sqlite::Database& database, const SessionId& id) {
  auto query =
      database.query("SELECT " OWB_SESSION_COLUMNS " FROM sessions WHERE id = ?1", id.bytes());
  if (query.next()) {
    return read_session(query);
  }
  return query.failed() ? plain(query.error()) : make_error_code(Errc::no_such_session);
}

Result<KeyRing> read_keys(sqlite::Database& database) {
  std::vector<KeyRing::Key> keys;
  auto query = database.query("SELECT id, created, secret FROM cookie_keys ORDER BY id DESC");
  while (query.next()) {
    if (query.blob(2).size() != KeyRing::kKeySize) {
      return Errc::registry_damaged;
    }
    keys.push_back({.id = static_cast<std::uint32_t>(query.integer(0)),
                    .created = query.integer(1),
                    .secret = SecretBytes::copy_of(query.blob(2))});
  }
  if (query.failed()) {
    return plain(query.error());
  }
  return KeyRing{std::move(keys)};
}

Result<SecretBytes> read_home_key(sqlite::Database& database) {
  auto query = database.query("SELECT value FROM meta WHERE name = 'home_key'");
  if (!query.next()) {
    return query.failed() ? plain(query.error()) : make_error_code(Errc::registry_damaged);
  }
  auto key = SecretBytes::copy_of(query.blob(0));
  if (key.size() != 32) {
    return Errc::registry_damaged;
  }
  return key;
}

}  // namespace owb::tenants::rows
