#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "tenants/registry/limits.hpp"

namespace owb::core {

/// The tenant's rate limits as two token buckets (design 10). Empty buckets pause the connection
/// that has just sent.
///
/// Threading: shard-local.
class RateBudget {
 public:
  /// The longest a connection is paused at a time.
  static constexpr std::int64_t kLongestPauseMs = 5'000;

  /// Fills the buckets.
  void configure(const tenants::Limits& limits) {
    messages_.fill(rate_of_messages(limits));
    bytes_.fill(rate_of_bytes(limits));
  }

  /// Takes one message of `bytes` bytes; `limits` as configured. Returns for how long its sender
  /// must pause, in milliseconds; 0: not at all.
  std::int64_t take(const tenants::Limits& limits, std::size_t bytes, std::int64_t mono_ms) {
    const auto pause =
        std::max(messages_.take(rate_of_messages(limits), 1, mono_ms),
                 bytes_.take(rate_of_bytes(limits), static_cast<std::int64_t>(bytes), mono_ms));
    return std::min(pause, kLongestPauseMs);
  }

 private:
  struct Rate {
    Rate(std::uint64_t rate, std::uint64_t at_once)
        : per_second(static_cast<std::int64_t>(rate)),
          burst(static_cast<std::int64_t>(std::max(rate, at_once))) {}

    std::int64_t per_second = 0;  ///< 0: unlimited
    std::int64_t burst = 0;
  };

  static Rate rate_of_messages(const tenants::Limits& limits) {
    return {limits.message_rate, limits.message_burst};
  }

  static Rate rate_of_bytes(const tenants::Limits& limits) {
    return {limits.byte_rate, limits.byte_burst};
  }

  class Bucket {
   public:
    void fill(const Rate& rate) { level_ = rate.burst * 1000; }

    std::int64_t take(const Rate& rate, std::int64_t amount, std::int64_t mono_ms) {
      if (rate.per_second == 0) {
        return 0;
      }
      if (mono_ms != filled_ms_) {
        const auto elapsed = std::min<std::int64_t>(mono_ms - filled_ms_, 3'600'000);
        level_ = std::min(rate.burst * 1000, level_ + elapsed * rate.per_second);
        filled_ms_ = mono_ms;
      }
      level_ = std::max(level_ - amount * 1000, -kLongestPauseMs * rate.per_second);
      return level_ >= 0 ? 0 : -level_ / rate.per_second;
    }

   private:
    std::int64_t level_ = 0;  ///< thousandths, below 0: in debt
    std::int64_t filled_ms_ = 0;
  };

  Bucket messages_;
  Bucket bytes_;
};

}  // namespace owb::core
