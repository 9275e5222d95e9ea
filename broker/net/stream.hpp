#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <openssl/ssl.h>

#include "tenants/base/bytes.hpp"
#include "tenants/base/unique_fd.hpp"

namespace owb::net {

/// A connected socket, plain or TLS, that may move between threads while nothing waits on it
/// (libraries.md 3).
///
/// TLS is driven on the raw descriptor: after a move or a wait call read() first, wait only when it
/// says so. Threading: one thread at a time.
class Stream {
 public:
  enum class Status : std::uint8_t {
    ok,          ///< `count` bytes were moved
    wait_read,   ///< nothing now; wait for EPOLLIN
    wait_write,  ///< nothing now; wait for EPOLLOUT (TLS may want that for reading too)
    closed,      ///< the peer has ended it in order
    failed,
  };

  struct Outcome {
    Status status = Status::failed;
    std::size_t count = 0;
  };

  Stream() = default;
  /// `context` null: plain.
  Stream(UniqueFd fd, SSL_CTX* context);
  /// TLS: the SSL object goes before the descriptor.
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&&) noexcept = default;

  int fd() const { return fd_.get(); }

  bool tls() const { return ssl_ != nullptr; }

  SSL* ssl() const { return ssl_.get(); }

  /// Goes on with the TLS handshake; ok when it is done (at once without TLS).
  Outcome handshake();
  Outcome read(std::span<std::byte> into);
  Outcome write(ByteView bytes);

  /// Bytes have been taken from the socket that read() has not given out: epoll does not know of
  /// them.
  bool has_pending() const { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }
  /// Says goodbye: close_notify, then no more writing. Bytes may still come in.
  void finish_writing();
  /// The end, when it comes, is a reset: the kernel forgets what the peer has not taken yet.
  void discard_unsent();

 private:
  struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  Outcome tls_outcome(int result);

  UniqueFd fd_;  // declared first: destroyed after the SSL object
  std::unique_ptr<SSL, SslFree> ssl_;
};

}  // namespace owb::net
