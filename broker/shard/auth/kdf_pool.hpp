#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "broker/shard/auth/kdf_queue.hpp"
#include "broker/shard/auth/slow_checks.hpp"
#include "tenants/base/result.hpp"

namespace owb::shard {

/// A right password whose stored hash was an imported or cheap one.
struct Rehash {
  std::string tenant;
  std::string old_hash;
  std::string new_hash;
};

/// The threads that hash passwords, and the only place that counts failures (design 8).
///
/// A failure's answer is held back for a growing time, and so is the next check of the same name
/// from the same network. Ownership: the application, one for all workers. Threading: thread-safe.
/// Bounds: KdfQueue::Limits.
class KdfPool final : public SlowChecks {
 public:
  struct Options {
    std::size_t threads = 0;  ///< 0: cores − 1, at least one
    KdfQueue::Limits limits;
    /// Milliseconds of a monotonic clock. Default: std::chrono::steady_clock.
    std::function<std::int64_t()> mono_ms;
    /// Whether a password fits a hash, taking as long for an empty hash as for a wrong password.
    /// Default: tenants::verify_password_evenly().
    std::function<Result<bool>(std::string_view hash, std::string_view password)> verify;
    /// Called on a thread of the pool. Default: nothing is hashed anew.
    std::function<void(const Rehash&)> on_rehash;
  };

  /// Starts the threads.
  explicit KdfPool(Options options);
  ~KdfPool() override;
  KdfPool(const KdfPool&) = delete;
  KdfPool& operator=(const KdfPool&) = delete;

  Taken submit(SlowCheck check) override;
  void forget(const AuthSink& sink, std::uint64_t link) override;

  /// Ends the threads; checks that wait are dropped without an answer, running ones are waited for.
  /// No sink is called afterwards, and submit() answers `full`. Harmless to call again.
  void stop();

 private:
  void run();
  void step(std::unique_lock<std::mutex>& lock);
  SlowAnswer::Outcome check(const SlowCheck& job) const;
  void rehash(const SlowCheck& job) const;

  // constant after construction
  Options options_;

  // under mutex_
  std::mutex mutex_;
  std::condition_variable changed_;
  KdfQueue queue_;
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace owb::shard
