#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/realm.hpp"
#include "broker/shard/auth/auth_data.hpp"
#include "broker/shard/worker.hpp"
#include "tenants/base/bytes.hpp"

namespace owb::app {

/// The entries of one start on their way from the store to the realms. Each realm has a thread of
/// its own for as long as this lasts, so that one core reads while others build what was read; and
/// a worker's memory is that of one thread from the start.
///
/// Threading: start-up only; take() and finish() on one thread. The realms are touched by their
/// threads between construction and finish(), and by nobody else.
class Restore {
 public:
  struct Outcome {
    std::size_t tenants = 0;
    std::size_t entries = 0;
    std::size_t bad = 0;            ///< entries that make no sense
    std::size_t foreign = 0;        ///< tenants kept with the other value of `tenancy`
    std::vector<std::string> gone;  ///< tenants of which nothing may stay
  };

  Restore(bool tenancy, const std::vector<shard::Worker*>& workers, const shard::AuthData& data);
  ~Restore();
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

  /// One entry, in the store's order.
  void take(std::string_view tenant, core::KeptKind kind, ByteView key, ByteView value);

  /// Waits until everything stands in its realm.
  Outcome finish();

 private:
  class Builder;
  struct Block;

  void start(std::string_view tenant);
  void hand_over();

  const bool tenancy_;
  const shard::AuthData& data_;
  std::vector<std::unique_ptr<Builder>> builders_;  ///< one for each worker
  bool started_ = false;
  std::string tenant_;
  std::shared_ptr<const tenants::TenantRecord> record_;
  Builder* builder_ = nullptr;  ///< of the tenant; null: it is not to be restored
  std::unique_ptr<Block> block_;
  Outcome result_;
};

}  // namespace owb::app
