#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tenants/base/result.hpp"
#include "tenants/registry/snapshot.hpp"
#include "tenants/registry/web_session.hpp"

namespace owb::tenants {

/// What changed between two snapshots. Compare old and new record to see what of a tenant did.
struct RegistryChange {
  std::vector<std::string> tenants{};         ///< added, changed, deleted or forgotten; each once
  std::vector<SessionId> revoked_sessions{};  ///< their connections must end
  bool keys = false;                          ///< the cookie keys changed
  bool arrivals = false;                      ///< a tenant came with its state (Registry::arrivals)
  /// Too much was missed (or another file lies there now): compare everything. `tenants` names all
  /// that differ, and every open cookie session must be checked again.
  bool everything = false;

  bool empty() const { return tenants.empty() && revoked_sessions.empty() && !keys && !everything; }
};

/// Follows registry.db, which other processes change. Reads only; rows that did not change are not
/// read again.
///
/// Threading: poll() and take_change() on one thread, every 200 ms; snapshots may go anywhere.
class RegistryWatcher {
 public:
  /// Loads everything. Errors: as Registry::open() in read_only mode.
  static Result<RegistryWatcher> open(const std::filesystem::path& path);

  RegistryWatcher(RegistryWatcher&&) noexcept;
  RegistryWatcher& operator=(RegistryWatcher&&) noexcept;
  ~RegistryWatcher();

  /// Whether snapshot() is a new one or sessions were revoked. Some µs when nothing happened. After
  /// an error the last snapshot stays good, and the next poll() tries again. A file that was
  /// replaced (a backup put back) is noticed.
  Result<bool> poll();

  /// Never null.
  std::shared_ptr<const RegistrySnapshot> snapshot() const;

  /// What the poll()s since the last call of this found; empty afterwards.
  RegistryChange take_change();

 private:
  struct State;
  explicit RegistryWatcher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace owb::tenants
