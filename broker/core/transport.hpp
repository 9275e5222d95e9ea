#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "tenants/base/bytes.hpp"

namespace owb::core {

/// Bytes on their way to one client. Holds memory only while there are any.
///
/// Threading: shard-local.
class Outbox {
 public:
  /// Where encoders append. `headroom` free bytes stand before the first byte (WebSocket frames
  /// need them).
  Bytes& buffer() { return buffer_; }

  ByteView unsent() const { return {buffer_.data() + sent_, buffer_.size() - sent_}; }

  std::size_t size() const { return buffer_.size() - sent_; }

  bool empty() const { return sent_ == buffer_.size(); }

  /// `count` bytes have gone out.
  void consume(std::size_t count) {
    sent_ += count;
    if (sent_ == buffer_.size()) {
      sent_ = 0;
      buffer_.clear();
    } else if (sent_ > kCompactAt) {
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(sent_));
      sent_ = 0;
    }
  }

  /// Gives the memory away, for reuse or to another thread; the outbox is empty after it.
  Bytes take() {
    sent_ = 0;
    return std::exchange(buffer_, Bytes{});
  }

  /// Takes over an empty buffer with capacity.
  void adopt(Bytes&& spare) { buffer_ = std::move(spare); }

  std::size_t capacity() const { return buffer_.capacity(); }

 private:
  static constexpr std::size_t kCompactAt = 256 * 1024;
  Bytes buffer_;
  std::size_t sent_ = 0;
};

/// What carries one client's bytes: a socket, or a handle to a web thread.
///
/// Threading: shard-local. Nothing here calls back into the link.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Sends from `outbox` what can be sent now; the transport asks for the rest by
  /// ClientLink::on_writable().
  virtual void flush(Outbox& outbox) = 0;

  /// Bytes handed over that have not reached the socket's buffer (web threads); the outbox is not
  /// counted.
  virtual std::size_t in_transit() const { return 0; }

  /// What is in transit is to be thrown away, its memory is needed; close() follows, and whoever
  /// does not read gets no last words.
  virtual void drop_in_transit() {}

  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  /// The link is done: send what is in the outbox if the peer takes it (bounded time), then close.
  /// `code` is the RFC 6455 status for WebSocket.
  virtual void close(std::uint16_t code) = 0;

  /// TCP_USER_TIMEOUT and keepalive for peers that send no PINGREQ. `seconds` 0: the default.
  virtual void watch_silent_peer(int seconds) = 0;
};

}  // namespace owb::core
