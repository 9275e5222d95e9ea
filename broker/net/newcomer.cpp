#include "broker/net/newcomer.hpp"

#include <utility>

#include "broker/net/connect_peek.hpp"
#include "broker/net/proxy_header.hpp"
#include "tenants/base/contained.hpp"
#include "tenants/base/logging.hpp"

namespace owb::net {

Newcomer::Newcomer(Gateway& gateway, ConnectionTable& table,
                   std::shared_ptr<const Listener> listener, Stream stream, core::Peer peer,
                   AddressTable::Ticket ticket)
    : gateway_(gateway),
      table_(table),
      listener_(std::move(listener)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      ticket_(std::move(ticket)),
      stage_(listener_->kind == core::ListenerKind::login ? Stage::proxy_header
             : stream_.tls()                              ? Stage::handshake
                                                          : Stage::connect) {}

Newcomer::~Newcomer() {
  table_.handshakes().leave(handshake_);
  table_.worker().forget(*this);
}

void Newcomer::start() {
  auto& realm = table_.worker().realm();
  realm.wheel().arm(*this, realm.now().mono_ms + gateway_.options().connect_timeout_ms);
  if (!table_.worker().door().add(stream_.fd(), *this, EPOLLIN)) {
    lost();
  }
}

void Newcomer::on_ready(std::uint32_t) {
  try {
    while (stage_ != Stage::gone && advance()) {
    }
  } catch (...) {
    log_exception("connection", {}, peer_.address);
    lost();
  }
}

// One step. True: go on at once.
bool Newcomer::advance() {
  switch (stage_) {
    case Stage::handshake:
      return handshake();
    case Stage::proxy_header:
      return read() && take_proxy_header();
    case Stage::connect: {
      if (!read()) {
        return false;
      }
      const auto peek = peek_connect(input_, gateway_.options().packet_bytes_before_auth);
      if (peek.kind == ConnectPeek::Kind::refuse) {
        lost();
        return false;
      }
      if (peek.kind == ConnectPeek::Kind::ready) {
        hand_over(peer_.certificate_name ? std::string_view(*peer_.certificate_name) : peek.user);
        return false;
      }
      return true;
    }
    case Stage::gone:
      return false;
  }
  return false;
}

shard::Poller& Newcomer::poller() {
  return in_hall_ ? table_.worker().hall() : table_.worker().door();
}

// False: it is gone.
bool Newcomer::enter_hall(std::uint32_t events) {
  if (std::exchange(in_hall_, true)) {
    table_.worker().hall().change(stream_.fd(), *this, events);
    return true;
  }
  table_.worker().door().remove(stream_.fd());
  if (!table_.worker().hall().add(stream_.fd(), *this, events)) {
    lost();
    return false;
  }
  return true;
}

bool Newcomer::handshake() {
  ticket_.heard();
  if (handshake_ == 0) {
    handshake_ = table_.handshakes().enter([this] { lost(); });
  }
  const auto outcome = stream_.handshake();
  if (outcome.status == Stream::Status::wait_read || outcome.status == Stream::Status::wait_write) {
    const auto events = outcome.status == Stream::Status::wait_read ? EPOLLIN : EPOLLOUT;
    enter_hall(static_cast<std::uint32_t>(events));
    return false;
  }
  if (outcome.status != Stream::Status::ok) {
    log::debug("TLS handshake with {} failed", log::escape(peer_.address));
    lost();
    return false;
  }
  if (listener_->client_name != ClientNameFrom::nothing) {
    auto name = client_name(SSL_get0_peer_certificate(stream_.ssl()), listener_->client_name);
    if (!name) {
      log::notice("client certificate of {} refused: {}", log::escape(peer_.address),
                  name.error().message());
      lost();
      return false;
    }
    peer_.certificate_name = std::move(*name);
  }
  stage_ = Stage::connect;
  return enter_hall(EPOLLIN);
}

// Appends what has come. False: nothing more now, or the connection is gone.
bool Newcomer::read() {
  const auto buffer = table_.worker().read_buffer();
  const auto outcome = stream_.read(buffer);
  if (outcome.status == Stream::Status::ok) {
    ticket_.heard();
    input_.insert(input_.end(), buffer.begin(),
                  buffer.begin() + static_cast<std::ptrdiff_t>(outcome.count));
    return true;
  }
  if (outcome.status != Stream::Status::wait_read && outcome.status != Stream::Status::wait_write) {
    lost();
  }
  return false;
}

bool Newcomer::take_proxy_header() {
  const auto header = parse_proxy_header(input_);
  if (!header) {
    log::notice("{}: connection without a valid PROXY header refused", listener_->name);
    lost();
    return false;
  }
  if (header->size == 0) {
    return true;
  }
  if (!header->address.empty()) {
    peer_.address = header->address;
    peer_.port = header->port;
  }
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(header->size));
  stage_ = Stage::connect;
  const auto peek = peek_connect(input_, gateway_.options().packet_bytes_before_auth);
  if (peek.kind == ConnectPeek::Kind::ready) {
    hand_over(peek.user);
    return false;
  }
  if (peek.kind == ConnectPeek::Kind::refuse) {
    lost();
    return false;
  }
  return true;
}

void Newcomer::hand_over(std::string_view user) {
  stage_ = Stage::gone;
  cancel();
  poller().remove(stream_.fd());  // nothing may be pending here any more
  table_.bury(*this);
  ticket_.established();
  gateway_.hand_over(table_.worker().index(), user,
                     Arrival{.stream = std::move(stream_),
                             .peer = std::move(peer_),
                             .ticket = std::move(ticket_),
                             .unread = std::move(input_)});
}

void Newcomer::on_timer() {
  lost();
}

void Newcomer::lost() {
  table_.handshakes().leave(std::exchange(handshake_, 0));
  if (stage_ != Stage::gone) {
    stage_ = Stage::gone;
    cancel();
    poller().remove(stream_.fd());
    table_.bury(*this);
  }
}

}  // namespace owb::net
