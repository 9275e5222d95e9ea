#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace owb::net {

/// TLS handshakes on their way on one thread. Each holds 47 KB that no limit of a tenant counts, and
/// strangers may leave it unfinished (F35). When there are too many the one that began first goes:
/// whoever means it is through in a few round trips.
///
/// Threading: shard-local.
class Handshakes {
 public:
  /// When all homes come back at once a few hundred are on their way: who has begun is served before
  /// others begin (F36).
  static constexpr std::size_t kMost = 2'000;

  explicit Handshakes(std::size_t most = kMost) : most_(most) {}

  /// Returns the number to leave by. May call `give_way` of the oldest one, which has to leave.
  std::uint64_t enter(std::function<void()> give_way) {
    const auto number = ++last_;
    under_way_.emplace(number, std::move(give_way));
    if (under_way_.size() > most_) {
      const auto oldest = under_way_.begin()->second;
      oldest();
    }
    return number;
  }

  /// A number that has left, or 0, is nobody's.
  void leave(std::uint64_t number) { under_way_.erase(number); }

  std::size_t size() const { return under_way_.size(); }

 private:
  std::size_t most_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::function<void()>> under_way_;
};

}  // namespace owb::net
