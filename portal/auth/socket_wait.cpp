#include "portal/auth/socket_wait.hpp"

#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

#include "portal/auth/errc.hpp"

namespace owb::portal::auth {

static_assert(static_cast<short>(Readiness::readable) == POLLIN);
static_assert(static_cast<short>(Readiness::writable) == POLLOUT);

Result<void> wait_for(const UniqueFd& socket, Readiness readiness, Deadline deadline) {
  using std::chrono::milliseconds;
  while (true) {
    const auto left =
        std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) {
      return Errc::timed_out;
    }
    pollfd waiting{.fd = socket.get(), .events = static_cast<short>(readiness), .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready > 0) {
      return {};
    }
    if (ready < 0 && errno != EINTR) {
      return Errc::broker_away;
    }
  }
}

Result<void> finish_connect(const UniqueFd& socket, Deadline deadline) {
  if (const auto ready = wait_for(socket, Readiness::writable, deadline); !ready) {
    return ready.error();
  }
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    return Errc::broker_away;
  }
  return {};
}

}  // namespace owb::portal::auth
