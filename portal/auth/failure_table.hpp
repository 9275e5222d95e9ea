#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <string>

namespace owb::portal::auth {

/// Counts failures per key: the first few are free, then each makes the next one wait twice as
/// long, up to a bound.
///
/// Holds at most `max_entries` keys (fed by strangers); the one touched longest ago gives way.
/// Threading: none of its own; LoginThrottle guards it.
class FailureTable {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Policy {
    unsigned free_failures = 3;
    std::chrono::seconds first_delay{2};
    std::chrono::seconds longest_delay{900};
    std::chrono::seconds forget_after{3600};  ///< without a failure
    std::size_t max_entries = 10'000;
  };

  explicit FailureTable(const Policy& policy) : policy_(policy) {}

  /// How long `key` has to wait from `now` on; zero: not at all.
  std::chrono::seconds wait_of(const std::string& key, TimePoint now) const;

  void add(const std::string& key, TimePoint now);

  /// Takes one failure back, and the wait it caused.
  void take_back(const std::string& key);

  void erase(const std::string& key);

  /// Forgets the failures of `key` and remembers, as long as there is room, that it once did well.
  void trust(const std::string& key);

  bool is_trusted(const std::string& key) const;

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    unsigned failures = 0;
    bool trusted = false;
    TimePoint last{};
    TimePoint blocked_until{};
    std::list<std::string>::iterator age;
  };

  Entry& entry_of(const std::string& key);
  void make_room();

  Policy policy_;
  std::map<std::string, Entry>
      entries_;  // a tree: keys are a stranger's choice, hashes could be made to collide
  std::list<std::string> by_age_;  // front was touched longest ago
};

}  // namespace owb::portal::auth
