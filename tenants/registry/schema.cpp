#include "tenants/registry/schema.hpp"

#include "tenants/base/random.hpp"
#include "tenants/registry/error.hpp"
#include "tenants/registry/key_ring.hpp"

namespace owb::tenants {
namespace {

/// Version 1. `audit` is also the feed that RegistryWatcher follows: whatever changes a tenant,
/// ends a session or adds a key writes a row there in the same transaction.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE tenants (
  name          TEXT PRIMARY KEY,
  uid           INTEGER NOT NULL UNIQUE,
  suspended     INTEGER NOT NULL DEFAULT 0,
  home_secret   BLOB NOT NULL,
  password_hash TEXT NOT NULL,
  generation    INTEGER NOT NULL DEFAULT 1,
  webparm_id    INTEGER NOT NULL,
  thema         TEXT NOT NULL,
  limits        TEXT NOT NULL DEFAULT '',
  created       INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tombstones (
  name    TEXT PRIMARY KEY,
  deleted INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sessions (
  id         BLOB PRIMARY KEY,
  tenant     TEXT NOT NULL,
  tenant_uid INTEGER NOT NULL,
  role       INTEGER NOT NULL,
  issued     INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  last_used  INTEGER NOT NULL,
  revoked    INTEGER NOT NULL DEFAULT 0,
  user_agent TEXT NOT NULL,
  network    TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_tenant ON sessions (tenant, last_used);

CREATE TABLE cookie_keys (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  created INTEGER NOT NULL,
  secret  BLOB NOT NULL
);

CREATE TABLE login_links (
  token_hash BLOB PRIMARY KEY,
  tenant_uid INTEGER NOT NULL,
  expires    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_links_by_tenant ON login_links (tenant_uid);

CREATE TABLE audit (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  tenant  TEXT NOT NULL,
  action  TEXT NOT NULL,
  detail  TEXT NOT NULL,
  session BLOB
);
CREATE INDEX audit_by_tenant ON audit (tenant, seq);
)sql";

/// Version 2: tenants that come from another registry. `arrivals` holds the broker's entries of
/// such a tenant until a broker has taken them.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE tenants ADD COLUMN home_origin BLOB NOT NULL DEFAULT x'';

CREATE TABLE arrivals (
  uid   INTEGER NOT NULL,
  seq   INTEGER NOT NULL,
  kind  INTEGER NOT NULL,
  key   BLOB NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (uid, seq)
) WITHOUT ROWID;
PRAGMA user_version = 2;
)sql";

/// A uid is this registry's random number and a counter, 20 and 32 bits: unique here for good,
/// hardly ever equal to one of another registry whose state.db is still around, and exact in JSON
/// (below 2^53).
constexpr std::uint32_t kEpochBits = 20;

Result<void> fill_new_registry(sqlite::Database& database, std::int64_t now) {
  const auto home_key = SecretBytes::random(32);
  const auto cookie_key = SecretBytes::random(KeyRing::kKeySize);
  const std::int64_t epoch = 1 + std::int64_t{random_below((1U << kEpochBits) - 1)};
  const auto put = "INSERT INTO meta (name, value) VALUES (?1, ?2)";
  if (const auto done = database.run(put, "home_key", home_key.view()); !done) {
    return done;
  }
  if (const auto done = database.run(put, "next_uid", (epoch << 32) + 1); !done) {
    return done;
  }
  if (const auto done = database.run(put, "next_webparm_id", 1); !done) {
    return done;
  }
  return database.run("INSERT INTO cookie_keys (created, secret) VALUES (?1, ?2)", now,
                      cookie_key.view());
}

Result<void> make_version_1(sqlite::Database& database, std::int64_t now) {
  if (const auto made = database.execute(kVersion1); !made) {
    return made;
  }
  if (const auto filled = fill_new_registry(database, now); !filled) {
    return filled;
  }
  return database.execute("PRAGMA application_id = 0x6F776272; PRAGMA user_version = 1;");
}

struct FileKind {
  std::int64_t application_id;
  std::int64_t version;
  std::int64_t tables;
};

Result<FileKind> kind_of(sqlite::Database& database) {
  const auto application_id = database.integer_or(0, "PRAGMA application_id");
  if (!application_id) {
    return application_id.error();
  }
  const auto version = database.integer_or(0, "PRAGMA user_version");
  if (!version) {
    return version.error();
  }
  const auto tables = database.integer_or(0, "SELECT count(*) FROM sqlite_schema");
  if (!tables) {
    return tables.error();
  }
  return FileKind{*application_id, *version, *tables};
}

}  // namespace

Result<void> upgrade_schema(sqlite::Database& database, std::int64_t now) {
  if (const auto kind = kind_of(database); kind && kind->version == kSchemaVersion) {
    return check_schema(database);
  }
  auto transaction = sqlite::Transaction::begin(database);  // two processes may start at once
  if (!transaction) {
    return transaction.error();
  }
  const auto kind = kind_of(database);
  if (!kind) {
    return kind.error();
  }
  if (kind->tables == 0 && kind->version == 0) {
    if (const auto made = make_version_1(database, now); !made) {
      return made;
    }
  } else if (kind->application_id != kApplicationId || kind->version != 1) {
    return check_schema(database);  // a later version's step from here on is added before this line
  }
  if (const auto made = database.execute(kVersion2); !made) {
    return made;
  }
  return transaction->commit();
}

bool is_older_schema(sqlite::Database& database) {
  const auto kind = kind_of(database);
  return kind && kind->application_id == kApplicationId && kind->version >= 1 &&
         kind->version < kSchemaVersion;
}

Result<void> check_schema(sqlite::Database& database) {
  const auto kind = kind_of(database);
  if (!kind) {
    return kind.error();
  }
  if (kind->application_id != kApplicationId || kind->version < 1) {
    return make_error_code(Errc::registry_foreign);
  }
  if (kind->version > kSchemaVersion) {
    return make_error_code(Errc::registry_too_new);
  }
  return {};
}

}  // namespace owb::tenants
