#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>

namespace owb::bench {

inline std::uint64_t nanoseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t wall_ns() {
  return nanoseconds(CLOCK_MONOTONIC);
}

/// CPU time and memory of another process, the broker.
class Watched {
 public:
  explicit Watched(int pid) : pid_(pid) {}

  /// User and system time of all its threads.
  std::uint64_t cpu_ns() const;
  std::uint64_t resident_bytes() const;
  std::uint64_t peak_bytes() const;

 private:
  std::uint64_t status_kb(const char* field) const;
  int pid_;
};

/// Latencies from 1 µs to an hour in steps of 3 %.
class Histogram {
 public:
  void add(std::uint64_t ns);

  void clear() { *this = Histogram{}; }

  std::uint64_t count() const { return count_; }

  /// Microseconds; `share` e.g. 0.99.
  double quantile_us(double share) const;

 private:
  static constexpr unsigned kSubBits = 5;
  std::array<std::uint64_t, 40U << kSubBits> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace owb::bench
