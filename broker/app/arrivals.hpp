#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/shard/worker.hpp"
#include "tenants/registry/registry.hpp"

namespace owb::app {

/// Brings tenants that were imported to their workers: their state waits in the registry
/// (`owb-tenants import`) until it is kept here.
///
/// Threading: one thread (the broker's control thread). The workers have to be stopped before it
/// is destroyed, or never have been asked.
class Arrivals {
 public:
  Arrivals(std::string registry, std::vector<shard::Worker*> workers);

  /// Gives the state of each tenant in `data` that waits to its worker. To be called before the
  /// workers learn of the tenant itself, so that nobody finds it without. False: the registry cannot
  /// be read; to be called again.
  bool deliver(const tenants::RegistrySnapshot& data);

  /// Lets the registry forget what is kept now. To be called from time to time.
  void settle();

 private:
  struct Delivery {
    std::atomic<std::uint64_t> batch{0};  ///< 0: the worker has not had it yet
    std::atomic<bool> kept{false};
  };

  struct Underway {
    shard::Worker* worker = nullptr;
    std::shared_ptr<Delivery> delivery;
  };

  const std::string registry_;
  const std::vector<shard::Worker*> workers_;
  std::map<std::uint64_t, Underway> underway_;  ///< by uid
};

}  // namespace owb::app
