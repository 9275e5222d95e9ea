#pragma once

#include <memory>
#include <optional>
#include <string>

#include "broker/app/config.hpp"
#include "broker/shard/auth/auth_data.hpp"
#include "tenants/registry/watcher.hpp"

namespace owb::app {

/// Where users come from: the registry, which other processes change, and password files, read
/// again at a reload.
///
/// Threading: one thread (the broker's control thread); what current() gives may go anywhere.
class Credentials {
 public:
  /// Makes the registry if there is none. Throws std::runtime_error that names file and line.
  explicit Credentials(const BrokerConfig& config);

  std::shared_ptr<const shard::AuthData> current() const { return data_; }

  /// What has changed in the registry since the last call; current() is up to date afterwards.
  /// Nothing: nothing did.
  std::optional<tenants::RegistryChange> poll();

  /// Reads the password files of `config` again. Throws as the constructor, and keeps the old ones.
  void reload(const BrokerConfig& config);

 private:
  std::shared_ptr<const shard::AuthData> make_data(const BrokerConfig& config) const;

  std::optional<tenants::RegistryWatcher> watcher_;
  std::shared_ptr<const shard::AuthData> data_;
  bool changed_ = false;  ///< the registry is newer than `data_`
  bool poll_failed_ = false;
};

}  // namespace owb::app
