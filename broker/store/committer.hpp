#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "broker/store/journal.hpp"
#include "broker/store/report.hpp"

namespace owb::store {

/// What a writer and the store thread share.
struct Channel {
  std::function<void()> notify;             ///< constant after construction; thread-safe
  std::atomic<std::uint64_t> committed{0};  ///< batch
  std::atomic<bool> told{false};            ///< notify was called and the writer has not looked yet

  // Guarded by the committer's lock
  Bytes waiting;                 ///< whole batches, one after another
  std::uint64_t last_batch = 0;  ///< in `waiting`

  // The store thread's own
  Bytes taken;
  std::uint64_t taken_batch = 0;
};

/// The store thread: everything that waits becomes one group, one write, one sync.
///
/// Threading: open_channel(), hand_over() and failing() thread-safe; the rest start-up only.
class Committer {
 public:
  struct Options {
    std::string prefix;
    Sync sync = Sync::no;
    /// Commits only what is large or due for a checkpoint (`durability none`).
    bool lazy = false;
    /// The least time between two commits: what comes meanwhile goes with the second.
    std::chrono::milliseconds delay{2};
    std::chrono::milliseconds checkpoint_interval{60'000};  ///< 0: never by time
    std::uint64_t checkpoint_records = 0;                   ///< 0: never by count
    std::uint64_t checkpoint_bytes = 32U << 20U;            ///< of the journal
    std::chrono::milliseconds retry{1'000};
  };

  /// What a hand-over asks for beside its commit.
  enum class Urgency : std::uint8_t { usual, checkpoint_soon };

  /// `finished` is called with the number of a journal that will not be written any more.
  Committer(Disk& disk, Options options, Report report,
            std::function<void(std::uint64_t)> finished);

  ~Committer() { stop(); }

  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  std::shared_ptr<Channel> open_channel(std::function<void()> notify);
  /// `next_number`: of the first journal.
  void start(std::uint64_t next_number);
  /// Commits what waits, without trying again, finishes the journal and joins. False: something
  /// could not be committed.
  bool stop();

  /// Takes a whole batch; `batch` is its number in this channel.
  void hand_over(Channel& channel, ByteView bytes, std::uint64_t batch, std::uint64_t records,
                 Urgency urgency);

  bool failing() const { return failing_.load(); }

  bool lazy() const { return options_.lazy; }

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void wait(std::unique_lock<std::mutex>& lock);
  bool must_act(Clock::time_point now) const;
  Clock::time_point next_deadline() const;
  void take_waiting();
  void commit();
  bool checkpoint_due(Clock::time_point now) const;
  Result<void> append_group();
  void finish_journal();
  void abandon_journal();
  void failed(const Error& error);
  void tell_all();
  static void tell(Channel& channel);

  Disk& disk_;
  const Options options_;
  const Report report_;
  const std::function<void(std::uint64_t)> finished_;
  const Salt salt_;
  std::atomic<bool> failing_{false};

  // The store thread's own
  std::optional<Journal> journal_;
  std::uint64_t next_number_ = 1;
  Bytes group_;  ///< what is being committed; stays when that fails
  std::uint64_t group_records_ = 0;
  std::vector<std::shared_ptr<Channel>> group_channels_;
  std::uint64_t journal_records_ = 0;
  Clock::time_point journal_since_;  ///< lazy: since the last one was finished
  Clock::time_point last_commit_;
  Clock::time_point retry_at_;
  bool soon_ = false;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable wake_;
  std::vector<std::shared_ptr<Channel>> channels_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t waiting_records_ = 0;
  bool waiting_soon_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace owb::store
