#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "broker/core/realm.hpp"
#include "broker/core/timer_wheel.hpp"

namespace owb::core {

class TenantHub;

/// The `$SYS/broker/…` topics of classic mode, named and published as mosquitto does
/// (mosquitto(8)), each `sys_interval`.
///
/// Ownership: Realm. Threading: shard-local.
class SysTopics final : private Timer {
 public:
  explicit SysTopics(Realm& realm);

 private:
  /// A figure per minute, averaged exponentially over 1, 5 and 15 minutes.
  struct Load {
    std::string_view name;
    std::uint64_t RealmStats::*counter;
    std::uint64_t last = 0;
    std::array<double, 3> averages{};
  };

  void on_timer() override;
  void publish(TenantHub& hub);
  void publish_loads(TenantHub& hub);

  Realm& realm_;
  std::int64_t started_s_;
  std::uint64_t most_connections_ = 0;
  std::array<Load, 6> loads_;
};

}  // namespace owb::core
