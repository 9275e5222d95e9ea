#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/app/config.hpp"
#include "broker/shard/auth/auth_data.hpp"
#include "broker/shard/worker.hpp"
#include "broker/store/store.hpp"

namespace owb::app {

/// What outlives the process (`persistence true`): brings entries from the store to the realms at
/// the start, and news of commits to the workers.
///
/// Threading: start-up only. Has to outlive the workers, and stop() comes before they are
/// destroyed.
class Persistence {
 public:
  /// Opens the state. Throws std::runtime_error that names key and file.
  explicit Persistence(const BrokerConfig& config);
  Persistence(const Persistence&) = delete;
  Persistence& operator=(const Persistence&) = delete;

  /// For the realm of the next worker.
  core::Keeper& add_keeper();

  /// Gives every realm what it had. `workers` in the order of their keepers, not started yet. What
  /// belongs to a tenant that is not there any more is erased (rule 6).
  void restore(std::vector<shard::Worker*> workers, const shard::AuthData& data);

  /// Everything is on the disk when this returns, if the disk took it.
  void stop() { store_->stop(); }

 private:
  const bool tenancy_;
  std::unique_ptr<store::Store> store_;
  std::vector<shard::Worker*> workers_;
  std::vector<std::unique_ptr<store::Writer>> writers_;
};

}  // namespace owb::app
