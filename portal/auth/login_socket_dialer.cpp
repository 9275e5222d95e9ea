#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

#include "portal/auth/broker_stream.hpp"
#include "portal/auth/errc.hpp"
#include "portal/auth/proxy_header.hpp"
#include "portal/auth/socket_wait.hpp"

namespace owb::portal::auth {
namespace {

class PlainStream final : public BrokerStream {
 public:
  PlainStream(UniqueFd socket, Deadline deadline)
      : socket_(std::move(socket)), deadline_(deadline) {}

  Result<void> write(ByteView bytes) override {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
      } else if (const auto ready = wait_unless_broken(Readiness::writable); !ready) {
        return ready.error();
      }
    }
    return {};
  }

  Result<std::size_t> read(std::span<std::byte> room) override {
    while (true) {
      // A peer that always has more to say must not carry us over the deadline.
      if (std::chrono::steady_clock::now() >= deadline_) {
        return Errc::timed_out;
      }
      const auto got = ::recv(socket_.get(), room.data(), room.size(), 0);
      if (got > 0) {
        return static_cast<std::size_t>(got);
      }
      if (got == 0) {
        return Errc::broker_away;
      }
      if (const auto ready = wait_unless_broken(Readiness::readable); !ready) {
        return ready.error();
      }
    }
  }

 private:
  Result<void> wait_unless_broken(Readiness readiness) {
    if (errno != EAGAIN && errno != EINTR) {
      return Errc::broker_away;
    }
    return wait_for(socket_, readiness, deadline_);
  }

  UniqueFd socket_;
  Deadline deadline_;
};

class LoginSocketDialer final : public BrokerDialer {
 public:
  explicit LoginSocketDialer(std::string path) : path_(std::move(path)) {}

  Result<std::unique_ptr<BrokerStream>> dial(const std::string& browser_address,
                                             Deadline deadline) const override {
    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.get() < 0 || path_.size() >= sizeof(address.sun_path)) {
      return Errc::broker_away;
    }
    std::copy(path_.begin(), path_.end(), std::begin(address.sun_path));
    // A full backlog is EAGAIN here, with nothing to wait for: the broker is not keeping up.
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
        0) {
      return errno == EAGAIN ? Errc::broker_busy : Errc::broker_away;
    }
    auto stream = std::make_unique<PlainStream>(std::move(socket), deadline);
    Bytes header;
    append_proxy_header(browser_address, header);
    if (const auto sent = stream->write(header); !sent) {
      return sent.error();
    }
    return std::unique_ptr<BrokerStream>{std::move(stream)};
  }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<BrokerDialer> make_login_socket_dialer(std::string path) {
  return std::make_unique<LoginSocketDialer>(std::move(path));
}

}  // namespace owb::portal::auth
