#pragma once

#include <mutex>
#include <utility>

namespace owb {

/// A value that can be reached only through its lock. Never hold two at once. Thread-safe.
///
///   Guarded<Counters> counters;
///   counters.with([](Counters& c) { ++c.logins; });
///   auto locked = counters.lock();  // the lock lives as long as `locked`
template <typename T>
class Guarded {
 public:
  /// The value and its lock. Not to be stored: a local of the shortest scope that does.
  class Locked {
   public:
    T& operator*() const { return *value_; }

    T* operator->() const { return value_; }

   private:
    friend Guarded;

    Locked(std::mutex& mutex, T& value) : lock_{mutex}, value_{&value} {}

    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  Guarded() : value_{} {}

  template <typename... Args>
  explicit Guarded(std::in_place_t /*tag*/, Args&&... args) : value_{std::forward<Args>(args)...} {}

  explicit Guarded(T value) : value_{std::move(value)} {}

  Locked lock() { return Locked{mutex_, value_}; }

  /// Calls `function(T&)` under the lock and returns what it returns.
  template <typename Function>
  decltype(auto) with(Function&& function) {
    const std::scoped_lock lock{mutex_};
    return std::forward<Function>(function)(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace owb
