#include "broker/net/listener.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace owb::net {

namespace {

constexpr int kBacklog = 4096;

/// What an operator can do about it.
const char* advice_for(int error) {
  switch (error) {
    case EADDRINUSE:
      return " (something else listens there: `ss -ltnp` shows what)";
    case EADDRNOTAVAIL:
      return " (this machine does not have that address: `ip address` shows those it has)";
    case EACCES:
      return " (this user may not: ports below 1024 need CAP_NET_BIND_SERVICE, a socket the right "
             "to write to its folder)";
    default:
      return "";
  }
}

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + std::strerror(error) + advice_for(error));
}

UniqueFd open_one(const addrinfo& info, const std::string& interface, const std::string& what) {
  UniqueFd fd(
      ::socket(info.ai_family, info.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, info.ai_protocol));
  if (!fd) {
    return fd;  // a family this machine does not have
  }
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (info.ai_family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  if (!interface.empty() && ::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                                         static_cast<socklen_t>(interface.size())) != 0) {
    fail(what + " on interface " + interface, errno);
  }
  if (::bind(fd.get(), info.ai_addr, info.ai_addrlen) != 0) {
    fail(what, errno);
  }
  if (::listen(fd.get(), kBacklog) != 0) {
    fail(what, errno);
  }
  return fd;
}

}  // namespace

std::vector<UniqueFd> open_tcp(const std::string& host, std::uint16_t port,
                               const std::string& interface, int family) {
  const auto what = "listener " + std::to_string(port) + (host.empty() ? "" : " " + host);
  const addrinfo hints{
      .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_family = family, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const auto text = std::to_string(port);
  if (const auto error =
          ::getaddrinfo(host.empty() ? nullptr : host.c_str(), text.c_str(), &hints, &found);
      error != 0) {
    throw std::runtime_error(what + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  std::vector<UniqueFd> sockets;
  for (const auto* info = found; info != nullptr; info = info->ai_next) {
    if (auto fd = open_one(*info, interface, what)) {
      sockets.push_back(std::move(fd));
      if (port == 0) {
        break;  // a second family would get another port
      }
    }
  }
  if (sockets.empty()) {
    fail(what, EAFNOSUPPORT);
  }
  return sockets;
}

UniqueFd open_unix(const std::string& path) {
  const auto what = "listener " + path;
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof(address.sun_path)) {
    fail(what, ENAMETOOLONG);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    fail(what, errno);
  }

  struct stat status {};

  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      fail(what + " is in the way", EEXIST);
    }
    ::unlink(path.c_str());
  }
  const auto mask = ::umask(0177);
  const auto bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const auto error = errno;
  ::umask(mask);
  if (bound != 0) {
    fail(what, error);
  }
  if (::listen(fd.get(), kBacklog) != 0) {
    fail(what, errno);
  }
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 0;
  }
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  return address.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port)
             : std::uint16_t{0};
}

}  // namespace owb::net
