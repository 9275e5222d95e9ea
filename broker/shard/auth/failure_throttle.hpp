#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/shard/auth/lru_map.hpp"
#include "tenants/base/secret_bytes.hpp"

namespace owb::shard {

/// Counts wrong passwords per (network, name): growing delay, then a temporary block (F33). A
/// network is an IPv4 address or the /64 of an IPv6 address; other text stands for itself.
///
/// Ownership: KdfPool, under its lock. Time is an argument: monotonic milliseconds. Bounds:
/// kEntries; the entry that was looked at longest ago makes place.
class FailureThrottle {
 public:
  static constexpr std::size_t kEntries = 65'536;
  static constexpr std::uint32_t kFreeFailures = 2;       ///< without delay: people mistype
  static constexpr std::int64_t kFirstDelayMs = 500;      ///< doubles with each failure …
  static constexpr std::int64_t kLongestDelayMs = 8'000;  ///< … up to this
  static constexpr std::uint32_t kBlockAfter = 10;        ///< failures; then each one blocks anew
  static constexpr std::int64_t kBlockMs = 5 * 60'000;
  static constexpr std::int64_t kForgetMs = 15 * 60'000;  ///< without a failure

  struct Admission {
    enum class Kind : std::uint8_t { now, later, blocked };
    Kind kind = Kind::now;
    std::int64_t at_ms = 0;  ///< when `later` or `blocked` ends
  };

  FailureThrottle();

  /// Whether a slow check may run.
  Admission admit(std::string_view address, std::string_view name, std::int64_t now_ms);
  /// Counts a wrong password. Returns when its answer may go out: now, or later by the delay.
  std::int64_t failed(std::string_view address, std::string_view name, std::int64_t now_ms);
  /// The right password came: what was counted is forgotten.
  void succeeded(std::string_view address, std::string_view name);

 private:
  /// Keyed hash of network and name: of a fixed size, and nobody can make two fall together.
  using Key = std::array<unsigned char, 16>;

  struct Failures {
    std::uint32_t count = 0;
    std::int64_t last_ms = 0;
    std::int64_t until_ms = 0;  ///< end of the delay or of the block
  };

  Key key_of(std::string_view address, std::string_view name) const;

  SecretBytes secret_;
  LruMap<Key, Failures> failures_{kEntries};
};

}  // namespace owb::shard
