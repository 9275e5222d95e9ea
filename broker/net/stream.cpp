#include "broker/net/stream.hpp"

#include <cerrno>

#include <openssl/err.h>
#include <sys/socket.h>

namespace owb::net {

namespace {

// The queue is the thread's, and any connection may have left something in it.
void clear_errors() {
  if (ERR_peek_error() != 0) {
    ERR_clear_error();
  }
}

}  // namespace

Stream::Stream(UniqueFd fd, SSL_CTX* context) : fd_(std::move(fd)) {
  if (context != nullptr) {
    ssl_.reset(SSL_new(context));
    if (ssl_) {
      SSL_set_fd(ssl_.get(), fd_.get());
      SSL_set_accept_state(ssl_.get());
    } else {
      fd_.reset();
    }
  }
}

Stream::Outcome Stream::tls_outcome(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {.status = Status::wait_read};
    case SSL_ERROR_WANT_WRITE:
      return {.status = Status::wait_write};
    case SSL_ERROR_ZERO_RETURN:
      return {.status = Status::closed};
    default:
      // After this the object must not be used for a shutdown any more (SSL_shutdown(3)).
      SSL_set_quiet_shutdown(ssl_.get(), 1);
      return {.status = Status::failed};
  }
}

Stream::Outcome Stream::handshake() {
  if (!ssl_) {
    return {.status = Status::ok};
  }
  clear_errors();
  const auto result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Outcome{.status = Status::ok} : tls_outcome(result);
}

Stream::Outcome Stream::read(std::span<std::byte> into) {
  if (ssl_) {
    clear_errors();
    std::size_t count = 0;
    const auto result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
    return result == 1 ? Outcome{.status = Status::ok, .count = count} : tls_outcome(result);
  }
  const auto got = ::recv(fd_.get(), into.data(), into.size(), 0);
  if (got > 0) {
    return {.status = Status::ok, .count = static_cast<std::size_t>(got)};
  }
  if (got == 0) {
    return {.status = Status::closed};
  }
  const bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {.status = again ? Status::wait_read : Status::failed};
}

Stream::Outcome Stream::write(ByteView bytes) {
  if (ssl_) {
    clear_errors();
    std::size_t count = 0;
    const auto result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    return result == 1 ? Outcome{.status = Status::ok, .count = count} : tls_outcome(result);
  }
  const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) {
    return {.status = Status::ok, .count = static_cast<std::size_t>(sent)};
  }
  const bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {.status = again ? Status::wait_write : Status::failed};
}

void Stream::discard_unsent() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void Stream::finish_writing() {
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) {
    clear_errors();
    SSL_shutdown(ssl_.get());
    SSL_free_buffers(ssl_.get());  // 16 KB that would wait with us for the peer's end
  }
  ::shutdown(fd_.get(), SHUT_WR);
}

}  // namespace owb::net
