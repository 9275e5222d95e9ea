#include "broker/net/acceptor.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/net/newcomer.hpp"
#include "broker/net/web_newcomer.hpp"
#include "tenants/base/contained.hpp"
#include "tenants/base/logging.hpp"

namespace owb::net {

namespace {

/// Sockets taken in one go, so that those already connected are served in between (F35, F36).
constexpr int kBatch = 16;
/// Connections above the limit are given this long for others to end, which may stand behind them
/// in the same turn of the loop.
constexpr std::int64_t kLateMs = 100;
constexpr std::size_t kMostLate = 64;
/// Bytes that the kernel takes beyond what the peer's window lets out. Without it a send buffer grows
/// to 4 MB for everybody who sleeps, and the kernel's memory for TCP is one for all (F37).
constexpr int kMostUnsent = 64 * 1024;
/// How long to wait when the process has no descriptor left (F53).
constexpr std::int64_t kNoDescriptorPauseMs = 1'000;

// Only our own user and root may log people in.
bool is_trusted_process(int fd) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == ::geteuid() || peer.uid == 0);
}

}  // namespace

Acceptor::Acceptor(Gateway& gateway, ConnectionTable& table,
                   std::shared_ptr<const Listener> listener, std::shared_ptr<const UniqueFd> socket)
    : gateway_(gateway),
      table_(table),
      listener_(std::move(listener)),
      socket_(std::move(socket)) {}

Acceptor::Origin Acceptor::origin_of(const sockaddr_storage& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(from);
    inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(four.sin_port)};
  }
  if (from.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(from);
    inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    return {text.data(), ntohs(six.sin6_port)};
  }
  return {};
}

bool Acceptor::start() {
  return table_.worker().poller().add(socket_->get(), *this, EPOLLIN | EPOLLEXCLUSIVE);
}

void Acceptor::stop() {
  if (!stopped_) {
    stopped_ = true;
    cancel();
    late_.clear();
    table_.worker().poller().remove(socket_->get());
    table_.bury(*this);
  }
}

void Acceptor::on_ready(std::uint32_t) {
  for (int i = 0; i < kBatch && !stopped_; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof(from);
    UniqueFd fd(::accept4(socket_->get(), reinterpret_cast<sockaddr*>(&from), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log::warning("{}: no descriptor left for a new connection; waiting", listener_->name);
        table_.worker().poller().remove(socket_->get());
        paused_ = true;
        wake_in(kNoDescriptorPauseMs);
      }
      return;
    }
    contained("a new connection", [&] { take(std::move(fd), origin_of(from)); });  // F64
  }
}

void Acceptor::take(UniqueFd fd, Origin&& origin) {
  auto peer = listener_->peer;
  peer.address = std::move(origin.address);
  peer.port = origin.port;
  prepare(fd.get());
  if (!accept_one(fd, peer, late_.size() < kMostLate)) {
    late_.push_back({std::move(fd), std::move(peer)});
    if (!armed()) {
      wake_in(kLateMs);
    }
  }
}

void Acceptor::wake_in(std::int64_t ms) {
  auto& realm = table_.worker().realm();
  realm.wheel().arm(*this, realm.now().mono_ms + ms);
}

void Acceptor::on_timer() {
  auto late = std::exchange(late_, {});
  for (auto& one : late) {
    contained("a new connection", [&] { accept_one(one.fd, one.peer, false); });
  }
  if (std::exchange(paused_, false)) {
    start();
  }
}

void Acceptor::prepare(int fd) const {
  if (listener_->kind != core::ListenerKind::login) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsent, sizeof(kMostUnsent));
  }
}

// False: there is no room now, and the caller is to try again (`may_wait`). Else it was taken or
// refused.
bool Acceptor::accept_one(UniqueFd& fd, core::Peer& peer, bool may_wait) {
  if (listener_->kind == core::ListenerKind::login) {
    if (!is_trusted_process(fd.get())) {
      log::warning("{}: connection from another user refused", listener_->name);
      return true;
    }
  }
  AddressTable::Ticket ticket;
  if (!gateway_.addresses().admit(peer.address, fd.get(), ticket)) {
    log::debug("{}: too many connections from {}", listener_->name, peer.address);
    return true;
  }
  const bool room = listener_->kind == core::ListenerKind::login ||
                    (ticket.count_in(listener_->connections, listener_->max_connections) &&
                     ticket.count_in(gateway_.connections(), gateway_.options().max_connections));
  if (!room && may_wait) {
    return false;
  }
  if (!room) {
    log::notice("{}: connection of {} refused, max_connections is reached", listener_->name,
                peer.address);
    return true;
  }
  if (listener_->kind == core::ListenerKind::web) {
    table_
        .add(std::make_unique<WebNewcomer>(gateway_, table_, listener_, std::move(fd),
                                           std::move(peer), std::move(ticket)))
        .start();
    return true;
  }
  table_
      .add(std::make_unique<Newcomer>(gateway_, table_, listener_,
                                      Stream(std::move(fd), listener_->tls.get()), std::move(peer),
                                      std::move(ticket)))
      .start();
  return true;
}

}  // namespace owb::net
