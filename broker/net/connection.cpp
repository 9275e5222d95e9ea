#include "broker/net/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace owb::net {

namespace {

/// How long a peer may take to read our last words and to hang up.
constexpr std::int64_t kFarewellMs = 3'000;
/// A silent peer is given up after this: idle time, then probes.
constexpr int kSilentSeconds = 120;
constexpr int kProbes = 4;

}  // namespace

Connection::Connection(ConnectionTable& table, Arrival arrival)
    : table_(table),
      stream_(std::move(arrival.stream)),
      ticket_(std::move(arrival.ticket)),
      link_(table.worker().realm(), *this, std::move(arrival.peer)) {}

Connection::~Connection() {
  table_.worker().forget(*this);
}

void Connection::start(Bytes unread) {
  auto& poller = table_.worker().poller();
  interest_ = EPOLLIN;
  if (!poller.add(stream_.fd(), *this, interest_)) {
    lost();
    return;
  }
  link_.feed(unread);
  try {
    if (stage_ == Stage::open && stream_.tls()) {
      table_.worker().again(*this);  // ciphertext that was read ahead shows no readiness
    }
  } catch (...) {
    link_.broke();
    lost();
  }
}

void Connection::want(std::uint32_t events) {
  if (events != interest_ && stage_ != Stage::gone) {
    interest_ = events;
    table_.worker().poller().change(stream_.fd(), *this, events);
  }
}

void Connection::on_ready(std::uint32_t events) {
  try {
    if (stage_ == Stage::gone) {
      return;
    }
    if ((events & EPOLLOUT) != 0) {
      flush(link_.outbox());
      if (stage_ == Stage::open && link_.outbox().empty()) {
        link_.on_writable();
      }
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) {
      return;
    }
    if (stage_ == Stage::draining) {
      drain();
    } else if (stage_ == Stage::open && (!paused_ || (events & (EPOLLHUP | EPOLLERR)) != 0)) {
      read();
    } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
      lost();
    }
  } catch (...) {
    link_.broke();  // F64: whatever went wrong is this connection's affair alone
    lost();
  }
}

void Connection::read() {
  const auto buffer = table_.worker().read_buffer();
  std::size_t filled = 0;
  bool more = false;
  do {
    const auto outcome = stream_.read(buffer.subspan(filled));
    if (outcome.status == Stream::Status::ok) {
      filled += outcome.count;
      more = stream_.has_pending();  // else epoll tells of the rest
      continue;
    }
    more = false;
    if (outcome.status == Stream::Status::wait_write) {
      want(interest_ | EPOLLOUT);
    } else if (outcome.status != Stream::Status::wait_read) {
      link_.feed(buffer.first(filled));
      lost();
      return;
    }
  } while (more && filled < buffer.size());
  if (filled > 0) {
    link_.feed(buffer.first(filled));
  }
  if (more && stage_ == Stage::open && !paused_) {
    table_.worker().again(*this);
  }
}

void Connection::drain() {
  const auto buffer = table_.worker().read_buffer();
  const auto outcome = stream_.read(buffer);
  if (outcome.status == Stream::Status::closed || outcome.status == Stream::Status::failed) {
    lost();
  }
}

void Connection::flush(core::Outbox& outbox) {
  if (stage_ == Stage::gone || stage_ == Stage::draining) {
    outbox.take();
    return;
  }
  while (!outbox.empty()) {
    const auto outcome = stream_.write(outbox.unsent());
    if (outcome.status == Stream::Status::ok) {
      outbox.consume(outcome.count);
      continue;
    }
    if (outcome.status == Stream::Status::wait_write ||
        outcome.status == Stream::Status::wait_read) {
      want(interest_ | EPOLLOUT);
      return;
    }
    outbox.take();
    lost();
    return;
  }
  want(interest_ & ~static_cast<std::uint32_t>(EPOLLOUT));
  if (stage_ == Stage::flushing) {
    finish();
  }
}

void Connection::pause_reading() {
  paused_ = true;
  want(interest_ & ~static_cast<std::uint32_t>(EPOLLIN));
}

void Connection::resume_reading() {
  paused_ = false;
  want(interest_ | EPOLLIN);
  if (stage_ == Stage::open && stream_.tls()) {
    table_.worker().again(*this);
  }
}

void Connection::close(std::uint16_t) {
  if (stage_ != Stage::open) {
    return;
  }
  stage_ = Stage::flushing;
  if (!table_.worker().realm().settings().tenancy) {
    ticket_.give_place();  // mosquitto hangs up at once, and the next one gets in
  }
  table_.worker().realm().wheel().arm(*this, table_.worker().realm().now().mono_ms + kFarewellMs);
  want(interest_ & ~static_cast<std::uint32_t>(EPOLLIN));
  if (link_.outbox().empty()) {
    finish();
  }
}

// Everything is said. Closing at once would reset the connection if the peer still sends, and our
// last words could be lost.
void Connection::finish() {
  stage_ = Stage::draining;
  stream_.finish_writing();
  want(EPOLLIN);
}

// The peer has not taken our last words. The kernel would go on trying for minutes, and an order
// among them must not arrive when the path is mended (rule 9).
void Connection::on_timer() {
  stream_.discard_unsent();
  lost();
}

void Connection::lost() {
  if (stage_ == Stage::gone) {
    return;
  }
  stage_ = Stage::gone;
  link_.on_closed();
  table_.worker().poller().remove(stream_.fd());
  table_.bury(*this);
}

void Connection::watch_silent_peer(int seconds) {
  const int idle = seconds > 0 ? seconds : kSilentSeconds;
  const int interval = idle / kProbes;
  const int timeout_ms = idle * 1000;
  const int on = 1;
  const auto fd = stream_.fd();
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof(kProbes));
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

}  // namespace owb::net
