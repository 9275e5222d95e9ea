#pragma once

#include <chrono>
#include <cstdint>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include "portal/auth/errc.hpp"

namespace owb::portal::auth {

/// The time of one request, for everything it decides.
struct Moment {
  std::chrono::steady_clock::time_point steady{};  ///< for delays
  std::int64_t unix_seconds = 0;                   ///< for what is stored
};

/// Why not, and when it may be tried again.
struct Refusal {
  Errc why = Errc::registry_failed;
  std::chrono::seconds retry_after{0};  ///< only for too_many_attempts
};

/// A value, or a refusal that is told to the user. Test it, return early, use `*answer`.
template <typename T>
using Answer = boost::system::result<T, Refusal>;

}  // namespace owb::portal::auth
