#pragma once

#include <cstdint>

namespace owb::core {

/// The time, as the owner of a loop read it once for the whole turn. Core never reads a clock.
struct Now {
  std::int64_t mono_ms = 0;  ///< monotonic, milliseconds; every deadline is on it (F51)
  std::int64_t wall_s = 0;   ///< unix seconds; only shown and stored
};

}  // namespace owb::core
