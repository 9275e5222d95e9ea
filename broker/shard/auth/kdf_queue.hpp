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
    std::size_t running_per_address = 1;
    std::int64_t wait_ms = 20'000;  ///< then `busy`
  };

  /// An answer whose time has come.
  struct Due {
    AuthSink* sink = nullptr;
    SlowAnswer answer;
  };

  KdfQueue(const Limits& limits, FailureThrottle& throttle)
      : limits_{limits}, throttle_{throttle} {}

  SlowChecks::Taken submit(SlowCheck check, std::int64_t now_ms);
  void forget(const AuthSink& sink, std::uint64_t link);

  /// The next check to run, if any may; end with finish().
  std::optional<SlowCheck> take(std::int64_t now_ms);
  /// `check` is what take() gave. A `wrong` one counts as a failure and is answered late.
  void finish(const SlowCheck& check, SlowAnswer::Outcome outcome, std::int64_t now_ms);

  /// Answers that are due, removed from the queue.
  std::vector<Due> take_due(std::int64_t now_ms);
  /// When take() or take_due() may have something without another call before; nothing: never.
  std::optional<std::int64_t> next_event_ms() const;

  std::size_t waiting() const { return waiting_; }

 private:
  using Key = std::pair<const AuthSink*, std::uint64_t>;

  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<const void*>{}(key.first) ^ (std::hash<std::uint64_t>{}(key.second) * 31);
    }
  };

  struct Lane;
  enum class State : std::uint8_t { waiting, parked, running, answered };

  struct Job {
    SlowCheck check;  ///< moved out while running
    State state = State::waiting;
    SlowAnswer::Outcome outcome = SlowAnswer::Outcome::wrong;
    std::int64_t deadline_ms = 0;
    std::int64_t timer_ms = 0;  ///< its place in timers_
    std::pair<const std::string, Lane>* lane = nullptr;
    std::list<Key>::iterator place;  ///< in the lane; waiting only
  };

  /// The checks of one address.
  struct Lane {
    std::list<Key> waiting;
    std::size_t parked = 0;
    std::size_t running = 0;
    bool has_turn = false;  ///< stands in turns_
    std::list<std::pair<const std::string, Lane>*>::iterator turn;
  };

  using LaneEntry = std::pair<const std::string, Lane>;

  /// Checks of one address looked at in one turn, when their names are busy.
  static constexpr std::size_t kLookAhead = 8;

  bool make_room(const Lane& newcomer, std::int64_t now_ms);
  void enter_lane(const Key& key, Job& job);
  void leave_lane(Job& job);
  void drop_if_empty(LaneEntry& lane);
  std::optional<SlowCheck> take_from(LaneEntry& lane, std::int64_t now_ms);
  void answer(const Key& key, Job& job, SlowAnswer::Outcome outcome, std::int64_t at_ms);
  void set_timer(const Key& key, Job& job, std::int64_t at_ms);
  void drop_timer(const Key& key, const Job& job);

  Limits limits_;
  FailureThrottle& throttle_;
  std::unordered_map<Key, Job, KeyHash> jobs_;
  std::unordered_map<std::string, Lane> lanes_;
  std::list<LaneEntry*> turns_;  ///< lanes with waiting checks, the next first
  std::unordered_set<std::string> busy_names_;
  std::set<std::pair<std::int64_t, Key>> timers_;
  std::size_t waiting_ = 0;  ///< waiting and parked
};

}  // namespace owb::shard
