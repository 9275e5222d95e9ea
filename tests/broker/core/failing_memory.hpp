#pragma once

#include <cstdint>

/// Linked into a test program, this makes operator new throw std::bad_alloc when it is told to.
namespace owb::failing_memory {

/// For `bad`: all that come.
inline constexpr std::uint64_t kAlways = 1'000'000;

/// On this thread, while it lives: `good` allocations succeed, then `bad` ones fail, then all
/// succeed again.
class Failing {
 public:
  explicit Failing(std::uint64_t good, std::uint64_t bad = 1);
  ~Failing();
  Failing(const Failing&) = delete;
  Failing& operator=(const Failing&) = delete;

  /// At least one has failed.
  static bool happened();
};

}  // namespace owb::failing_memory
