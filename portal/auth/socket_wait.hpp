#pragma once

#include "portal/auth/broker_stream.hpp"
#include "tenants/base/unique_fd.hpp"

namespace owb::portal::auth {

enum class Readiness : short { readable = 0x001, writable = 0x004 };  // POLLIN, POLLOUT

/// Waits until `socket` is ready (or broken: the next call on it says how). Errors: timed_out.
Result<void> wait_for(const UniqueFd& socket, Readiness readiness, Deadline deadline);

/// Finishes a non-blocking connect. Errors: timed_out, broker_away.
Result<void> finish_connect(const UniqueFd& socket, Deadline deadline);

}  // namespace owb::portal::auth
