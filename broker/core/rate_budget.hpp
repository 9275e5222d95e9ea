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

  void configure(const tenants::Limits& limits) {
    messages_.configure(limits.message_rate, limits.message_burst);
    bytes_.configure(limits.byte_rate, limits.byte_burst);
  }

  /// Takes one message of `bytes` bytes. Returns for how long its sender must pause, in
  /// milliseconds; 0: not at all.
  std::int64_t take(std::size_t bytes, std::int64_t mono_ms) {
    const auto pause = std::max(messages_.take(1, mono_ms),
                                bytes_.take(static_cast<std::int64_t>(bytes), mono_ms));
    return std::min(pause, kLongestPauseMs);
  }

 private:
  class Bucket {
   public:
    void configure(std::uint64_t rate, std::uint64_t burst) {
      rate_ = static_cast<std::int64_t>(rate);
      burst_ = static_cast<std::int64_t>(std::max(rate, burst));
      level_ = burst_ * 1000;
    }

    std::int64_t take(std::int64_t amount, std::int64_t mono_ms) {
      if (rate_ == 0) {
        return 0;
      }
      if (mono_ms != filled_ms_) {
        const auto elapsed = std::min<std::int64_t>(mono_ms - filled_ms_, 3'600'000);
        level_ = std::min(burst_ * 1000, level_ + elapsed * rate_);
        filled_ms_ = mono_ms;
      }
      level_ = std::max(level_ - amount * 1000, -kLongestPauseMs * rate_);
      return level_ >= 0 ? 0 : -level_ / rate_;
    }

   private:
    std::int64_t rate_ = 0;  ///< per second; 0: unlimited
    std::int64_t burst_ = 0;
    std::int64_t level_ = 0;  ///< thousandths, below 0: in debt
    std::int64_t filled_ms_ = 0;
  };

  Bucket messages_;
  Bucket bytes_;
};

}  // namespace owb::core
