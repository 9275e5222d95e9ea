#pragma once

#include "tenants/registry/sqlite.hpp"

namespace owb::tenants {

/// The version of registry.db this program writes (`PRAGMA user_version`).
inline constexpr std::int64_t kSchemaVersion = 2;
/// "owbr": tells a registry from any other SQLite file (`PRAGMA application_id`).
inline constexpr std::int64_t kApplicationId = 0x6F776272;

/// Makes an empty file a registry, with its keys, and brings an older one up to date; each step in
/// one transaction. Errors: registry_foreign, registry_too_new, those of SQLite.
Result<void> upgrade_schema(sqlite::Database& database, std::int64_t now);

/// Whether the file needs upgrade_schema() before this program can read it.
bool is_older_schema(sqlite::Database& database);

/// For those who only read. Errors: registry_foreign (also for an empty file), registry_too_new.
Result<void> check_schema(sqlite::Database& database);

}  // namespace owb::tenants
