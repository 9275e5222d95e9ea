#pragma once

#include <cstddef>

namespace owb::app {

/// Gives back to the system what malloc holds free, when the process has grown beyond
/// `memory_limit`. What was queued for tabs that were given up lies in the arenas of several
/// threads, and without this none of them returns what another might need (F52).
///
/// Threading: one thread.
class HeapTrim {
 public:
  struct System {
    std::size_t (*resident_bytes)();
    void (*give_back)();
  };

  /// `limit` in bytes; 0: never.
  explicit HeapTrim(std::size_t limit) : HeapTrim(limit, real()) {}

  HeapTrim(std::size_t limit, System system) : limit_(limit), system_(system) {}

  /// To be called several times a second. Acts again only after the process has grown by a
  /// sixteenth of the limit: what is in use cannot be given back.
  void look();

  static System real();

 private:
  const std::size_t limit_;
  const System system_;
  std::size_t smallest_since_ = 0;  ///< the process was so large after it was trimmed
};

}  // namespace owb::app
