#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "broker/shard/auth/failure_throttle.hpp"
#include "broker/shard/auth/slow_checks.hpp"

namespace owb::shard {

/// In which order passwords are checked, and when their answers go out.
///
/// Addresses take turns, each first come, first served; of one name only one check runs at a time,
/// of one address only few. A check that waits too long is answered `busy`. When the queue is full,
/// the address that waits for most makes place.
///
/// Ownership: KdfPool, under its lock. Time is an argument: monotonic milliseconds.
class KdfQueue {
 public:
  struct Limits {
    std::size_t waiting = 4'096;    ///< checks in all
    std::size_t per_address = 256;  ///< of them
    std::size_t running_per_address = 2;
    std::int64_t wait_ms = 20'000;  ///< then `busy`
  };

  /// An answer whose time has come.
  struct Due {
    AuthSink* sink = nullptr;
    SlowAnswer answer;
  };

  explicit KdfQueue(const Limits& limits) : limits_{limits} {}

  KdfQueue(const KdfQueue&) = delete;
  KdfQueue& operator=(const KdfQueue&) = delete;

  SlowChecks::Taken submit(SlowCheck check, std::int64_t now_ms);
  void forget(const AuthSink& sink, std::uint64_t link);

  /// Answers that are due, removed from the queue. Call it before take().
  std::vector<Due> take_due(std::int64_t now_ms);
  /// The next check to run, if any may; end it with finish().
  std::optional<SlowCheck> take(std::int64_t now_ms);
  /// `check` is what take() gave. A `wrong` one counts as a failure and may be answered late.
  void finish(const SlowCheck& check, SlowAnswer::Outcome outcome, std::int64_t now_ms);

  /// When take_due() or take() may have something without another call before; nothing: never.
  std::optional<std::int64_t> next_event_ms() const;

  /// Checks that wait for their turn.
  std::size_t waiting() const { return waiting_; }

  /// Checks and answers nobody has taken yet.
  std::size_t size() const { return jobs_.size(); }

 private:
  using Key = std::pair<const AuthSink*, std::uint64_t>;

  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<const void*>{}(key.first) ^ (std::hash<std::uint64_t>{}(key.second) * 31);
    }
  };

  /// The checks of one address.
  struct Lane {
    std::list<Key> waiting;
    std::size_t parked = 0;
    std::size_t running = 0;
    std::list<std::string>::iterator turn;  ///< in turns_, while any are waiting
  };

  enum class State : std::uint8_t {
    waiting,   ///< in its lane; the timer is the deadline
    parked,    ///< held back after failures; the timer says until when
    running,   ///< taken; no timer
    answered,  ///< the timer says when the answer goes out
  };

  struct Job {
    AuthSink* sink = nullptr;
    SlowCheck check;  ///< moved out when it runs
    State state = State::waiting;
    SlowAnswer::Outcome outcome = SlowAnswer::Outcome::wrong;
    std::int64_t deadline_ms = 0;
    std::int64_t timer_ms = 0;       ///< its place in timers_
    std::list<Key>::iterator place;  ///< in the lane; waiting only
  };

  /// Checks of one address passed over in one turn because their names are busy.
  static constexpr std::size_t kPassedOver = 8;

  bool make_room(const Lane& newcomer, std::int64_t now_ms);
  std::optional<SlowCheck> take_from(const std::string& address, std::int64_t now_ms);
  void wait_in_lane(const Key& key, Job& job);
  void park(const Key& key, Job& job, std::int64_t until_ms);
  void answer(const Key& key, Job& job, SlowAnswer::Outcome outcome, std::int64_t at_ms);
  void leave_lane(Job& job);
  void drop_if_empty(const std::string& address);
  void set_timer(const Key& key, Job& job, std::int64_t at_ms);

  void drop_timer(const Key& key, const Job& job) { timers_.erase({job.timer_ms, key}); }

  Limits limits_;
  FailureThrottle throttle_;
  std::unordered_map<Key, Job, KeyHash> jobs_;
  std::unordered_map<std::string, Lane> lanes_;  ///< by address
  std::list<std::string> turns_;                 ///< addresses with waiting checks, the next first
  std::unordered_set<std::string> busy_names_;
  std::set<std::pair<std::int64_t, Key>> timers_;
  std::size_t waiting_ = 0;  ///< waiting and parked
};

}  // namespace owb::shard
