#pragma once

#include <utility>

#include "tenants/base/secret_bytes.hpp"
#include "tenants/registry/registry.hpp"
#include "tenants/registry/rows.hpp"
#include "tenants/registry/sqlite.hpp"

/// Inside of Registry, shared by its .cpp files only.
namespace owb::tenants {

struct Registry::State {
  sqlite::Database database;
  SecretBytes home_key;

  /// Runs `change()` (a Result) in one transaction; nothing of it stays if it fails.
  template <typename Change>
  auto transact(Change&& change) -> decltype(change()) {
    auto transaction = sqlite::Transaction::begin(database);
    if (!transaction) {
      return rows::plain(transaction.error());
    }
    auto result = std::forward<Change>(change)();
    if (!result) {
      return rows::plain(result.error());
    }
    if (const auto committed = transaction->commit(); !committed) {
      return rows::plain(committed.error());
    }
    return result;
  }

  /// Brings the write-ahead log into the file and empties it, so that what was erased is gone there
  /// too. Readers may prevent it; then a later one does it.
  void tidy();

  /// The row that proves a change, and by which RegistryWatcher learns of it.
  Result<void> audit(const By& by, std::string_view tenant, std::string_view action,
                     std::string_view detail = {});
  Result<void> audit_session(const By& by, const WebSession& session, std::string_view action);

  /// The next value of a counter that never goes back.
  Result<std::int64_t> take_number(std::string_view counter);
  /// Numbers given by hand are not given out again by the counter.
  Result<void> skip_webparm_id(std::int64_t taken);
  Result<std::int64_t> webparm_id_for(const NewTenant& tenant);
  /// A new tenant's row; the name's tombstone goes. Errors: tenant_exists.
  Result<void> insert(const TenantRecord& record);

  /// Errors: no_such_tenant.
  Result<TenantRecord> find(std::string_view name);
  Result<bool> is_tombstone(std::string_view name);

  Result<void> revoke(const WebSession& session, const By& by);
  /// All sessions of the tenant that are not revoked, last used first.
  Result<std::vector<WebSession>> sessions_of(std::string_view tenant);
  Result<std::size_t> revoke_others(std::string_view tenant, std::optional<SessionId> keep,
                                    const By& by);
};

/// [A-Za-z0-9_-]{1,32}.
bool is_thema(std::string_view thema);
bool is_webparm_id(std::int64_t id);

/// SQLite takes a null pointer for NULL.
inline ByteView not_null(ByteView bytes) {
  static constexpr std::byte kNothing{};
  return bytes.data() != nullptr ? bytes : ByteView{&kNothing, 0};
}

}  // namespace owb::tenants
