#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenants/base/result.hpp"
#include "tenants/registry/key_ring.hpp"
#include "tenants/registry/limits.hpp"
#include "tenants/registry/record.hpp"
#include "tenants/registry/snapshot.hpp"
#include "tenants/registry/web_session.hpp"

namespace owb::tenants {

inline constexpr std::string_view kDefaultRegistry = "/var/lib/owb-cloud/registry.db";

enum class OpenMode {
  create,     ///< make the file (and its folder) if there is none; upgrade an older one
  existing,   ///< error registry_missing if there is none; upgrade an older one
  read_only,  ///< never writes; refuses changes
};

/// Who does a change and when, for the audit table. `now` in unix seconds.
struct By {
  std::int64_t now = 0;
  std::string actor{};  ///< "cli:root", "portal:203.0.113.0/24", "broker"
};

/// What `add` needs to know.
struct NewTenant {
  TenantId id;
  std::string home_secret{};                 ///< make_home_secret()
  std::string password_hash{};               ///< hash_password(); may be empty
  std::optional<std::int64_t> webparm_id{};  ///< none: the next free one
  std::string thema = "standard";
  LimitOverrides limits{};
};

struct NewSession {
  std::string tenant{};
  std::uint64_t tenant_uid = 0;  ///< 0: known only from a password file
  Role role = Role::owner;
  std::string user_agent{};
  std::string network{};
};

struct AuditRow {
  std::uint64_t seq = 0;
  std::int64_t at = 0;
  std::string actor{};
  std::string tenant{};
  std::string action{};  ///< e.g. "tenant.suspend"
  std::string detail{};  ///< never a secret
};

/// registry.db: tenants, credentials, web sessions, cookie keys, login links, audit.
///
/// Each change is one transaction with its audit row, on disk when the call returns
/// (synchronous=FULL). Several processes may have the file open; writers wait for each other up to
/// kBusyTimeout. Ownership: one SQLite connection. Threading: the thread that opened it only.
/// Errors of every call, besides those named: those of SQLite (sqlite::category()).
class Registry {
 public:
  /// The mode of a new file is 0640 (its folder's group may read it: broker and portal). Errors:
  /// registry_missing, registry_foreign, registry_too_new, registry_damaged.
  static Result<Registry> open(const std::filesystem::path& path, OpenMode mode);

  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;
  ~Registry();

  // Tenants

  /// Returns the new record. The name of a deleted tenant is free, and starts empty with a new uid.
  /// Errors: tenant_exists, secret_invalid, webparm_id_invalid, thema_invalid, hash_….
  Result<TenantRecord> add(const NewTenant& tenant, const By& by);
  /// All of them or none, in one transaction. `failed_at` gets the index of the one that was
  /// refused.
  Result<std::vector<TenantRecord>> add_all(const std::vector<NewTenant>& tenants, const By& by,
                                            std::size_t* failed_at = nullptr);

  // Tenants that move from one server to another

  /// With what another registry can check the tenant's home secret.
  HomeSecretOrigin origin_of(const TenantRecord& tenant) const;
  /// Adds a tenant as another registry knew it, but for `uid`, `generation` and what was logged in;
  /// `home_origin` has to be set. `state` waits in the registry until a broker has taken it.
  /// Returns the new record. Errors: tenant_exists, tenant_buried (there is a tombstone, and
  /// `forget` is not set), webparm_id_invalid, thema_invalid, hash_….
  enum class Tombstone : std::uint8_t { refuse, forget };
  Result<TenantRecord> import(const TenantRecord& tenant, const std::vector<StateEntry>& state,
                              Tombstone tombstone, const By& by);
  /// The uids of tenants whose state waits.
  Result<std::vector<std::uint64_t>> arrivals();
  /// In the order of import().
  Result<std::vector<StateEntry>> arrival(std::uint64_t uid);
  /// The broker has it: nothing of it stays in the file.
  Result<void> arrival_taken(std::uint64_t uid);

  /// Errors: no_such_tenant. (Also for a deleted one.)
  Result<TenantRecord> find(const TenantId& id);
  /// Ordered by name, without deleted ones.
  Result<std::vector<TenantRecord>> list();
  /// Names that were deleted and not yet forgotten.
  Result<std::vector<std::string>> tombstones();
  Result<bool> is_tombstone(std::string_view name);

  /// Repeating either is no error and no change. Errors: no_such_tenant.
  Result<void> suspend(const TenantId& id, const By& by);
  Result<void> resume(const TenantId& id, const By& by);

  /// Erases the tenant and its web sessions; a tombstone stays. Errors: no_such_tenant.
  Result<void> remove(const TenantId& id, const By& by);
  /// Removes the tombstone: the name is free, and a password file's entry counts again. Errors:
  /// no_such_tenant.
  Result<void> forget(const TenantId& id, const By& by);

  /// Ends all web sessions of the tenant but `keep`, and its login links. Errors: no_such_tenant,
  /// hash_….
  Result<void> set_password(const TenantId& id, std::string_view password_hash, const By& by,
                            std::optional<SessionId> keep = std::nullopt);
  /// The same password, hashed anew: ends nothing, `generation` stays. Does nothing unless the
  /// stored hash is still `old_hash`. Errors: no_such_tenant, hash_….
  Result<void> rehash_password(const TenantId& id, std::string_view old_hash,
                               std::string_view new_hash, const By& by);
  /// Errors: no_such_tenant, secret_invalid.
  Result<void> renew_secret(const TenantId& id, std::string_view home_secret, const By& by);
  /// What is not given stays. `id` 0 means: may not log in yet. Errors: no_such_tenant,
  /// webparm_id_invalid, thema_invalid.
  Result<void> set_webparm(const TenantId& id, std::optional<std::int64_t> webparm_id,
                           std::optional<std::string_view> thema, const By& by);
  /// Replaces all overrides. Errors: no_such_tenant.
  Result<void> set_limits(const TenantId& id, const LimitOverrides& limits, const By& by);

  // Web sessions

  /// Errors: no_such_tenant (a uid that is not the tenant's, or uid 0 for a name the registry
  /// decides), tenant_suspended.
  Result<WebSession> create_session(const NewSession& session, const By& by);
  /// Also revoked and expired ones. Errors: no_such_session.
  Result<WebSession> find_session(const SessionId& id);
  /// Live sessions of the tenant, last used first.
  Result<std::vector<WebSession>> sessions_of(std::string_view tenant, std::int64_t now);
  /// Notes a use and slides the expiry; returns the new one. Call it at most every few minutes per
  /// session: it is a write. Errors: no_such_session (also revoked or expired).
  Result<std::int64_t> touch_session(const SessionId& id, std::int64_t now);
  /// Errors: no_such_session. Revoking a revoked one is no error.
  Result<void> revoke_session(const SessionId& id, const By& by);
  /// Only if it belongs to `tenant`. Errors: no_such_session.
  Result<void> revoke_session_of(std::string_view tenant, const SessionId& id, const By& by);
  /// All live sessions of the tenant but `keep`; returns how many.
  Result<std::size_t> revoke_others(std::string_view tenant, std::optional<SessionId> keep,
                                    const By& by);

  // Cookie keys

  /// Newest first.
  Result<KeyRing> keys();
  /// Adds a key and drops those that nothing can need any more.
  Result<void> rotate_keys(const By& by);
  /// rotate_keys() if the newest is older than kKeyRotation; says whether.
  Result<bool> rotate_keys_if_due(const By& by);

  // One-time login links

  /// A token for `/login/once?t=…`; only its hash is stored. Errors: no_such_tenant.
  Result<std::string> create_login_link(const TenantId& id, std::int64_t lifetime_s, const By& by);
  /// Uses it up and says whose it was. Errors: no_such_link, tenant_suspended.
  Result<TenantRecord> redeem_login_link(std::string_view token, const By& by);

  // Upkeep

  /// The newest `count` rows, newest first; of one tenant if a name is given.
  Result<std::vector<AuditRow>> audit(std::size_t count, std::string_view tenant = {});
  /// Deletes dead sessions, used links and audit rows older than kAuditKept; once a day is enough.
  Result<void> clean_up(std::int64_t now);

 private:
  struct State;
  explicit Registry(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

inline constexpr std::int64_t kAuditKept = 180 * 86'400;  ///< s
inline constexpr int kBusyTimeoutMs = 5'000;              ///< how long a writer waits for another
inline constexpr std::int64_t kLoginLinkLifetime = 3 * 86'400;  ///< s, the default
inline constexpr std::int64_t kMaxWebparmId = 999'999'999;

}  // namespace owb::tenants
