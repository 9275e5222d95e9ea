#pragma once

#include <chrono>
#include <cstdint>

namespace owb {

/// Seconds since 1970 (UTC): the form in which points of wall-clock time are stored and compared.
inline std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace owb
