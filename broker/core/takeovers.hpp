#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace owb::core {

/// Client ids that change hands too often: two devices with the same id (a cloned SD card) would
/// take the session from each other for ever (F59). Who takes over is served at once, as the
/// specification wants it, kBurst times; after that once in kRegainMs.
///
/// Ownership: TenantHub. Threading: shard-local. Bounds: kMostIds ids, each only for as long as its
/// takeovers are not forgotten.
class Takeovers {
 public:
  static constexpr std::int64_t kBurst = 20;
  static constexpr std::int64_t kRegainMs = 10'000;
  static constexpr std::size_t kMostIds = 16;

  /// Somebody wants to take over a live connection of `client_id`. False: not now.
  bool admit(const std::string& client_id, std::int64_t mono_ms);

 private:
  struct Contest {
    std::string client_id;
    std::int64_t debt_ms = 0;  ///< kRegainMs for each takeover, less the time since
    std::int64_t at_ms = 0;
  };

  std::vector<Contest> contests_;
};

}  // namespace owb::core
