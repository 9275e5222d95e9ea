#include "portal/app/socket_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tenants/base/unique_fd.hpp"

namespace owb::portal::app {
namespace {

/// What the system takes, less the end of the name the socket has until it listens.
constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1 - 4;

[[noreturn]] void fail(const std::filesystem::path& socket, const std::string& reason) {
  throw std::runtime_error("portal_socket '" + socket.string() + "': " + reason);
}

std::string reason_of(int error) {
  return std::system_category().message(error);
}

void prepare_folder(const std::filesystem::path& socket) {
  constexpr mode_t kPrivate = 0700;
  constexpr mode_t kWritableByOthers = 0022;
  const auto folder = socket.has_parent_path() ? socket.parent_path() : std::filesystem::path{"."};
  if (::mkdir(folder.c_str(), kPrivate) == 0) {
    return;
  }

  struct stat status {};

  if (::stat(folder.c_str(), &status) != 0) {
    fail(socket, "cannot use its folder: " + reason_of(errno));
  }
  if (!S_ISDIR(status.st_mode)) {
    fail(socket, "its folder is no folder");
  }
  if ((status.st_mode & kWritableByOthers) != 0) {
    fail(socket, "others can write to its folder; chmod 700 " + folder.string());
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    fail(socket, "its folder belongs to somebody else");
  }
}

bool somebody_listens(const std::filesystem::path& socket) {
  const UniqueFd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& path = socket.native();
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  const int connected =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  return connected == 0 || errno == EAGAIN;  // EAGAIN: its backlog is full
}

}  // namespace

void prepare_socket(const std::filesystem::path& socket) {
  if (socket.native().size() > kMaxPath) {
    fail(socket, "the path is too long for a socket (" + std::to_string(kMaxPath) + " bytes)");
  }
  prepare_folder(socket);

  struct stat status {};

  if (::lstat(socket.c_str(), &status) != 0) {
    return;
  }
  if (!S_ISSOCK(status.st_mode)) {
    fail(socket, "something that is no socket lies there");
  }
  if (somebody_listens(socket)) {
    fail(socket, "another owb-portal is running there");
  }
  if (::unlink(socket.c_str()) != 0) {
    fail(socket, "cannot remove the stale socket: " + reason_of(errno));
  }
}

void remove_socket(const std::filesystem::path& socket) noexcept {
  ::unlink(socket.c_str());
}

}  // namespace owb::portal::app
