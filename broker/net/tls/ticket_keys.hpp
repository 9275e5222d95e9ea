#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <openssl/ssl.h>

namespace owb::net {

/// The keys of TLS session tickets (RFC 5077, RFC 8446 4.6.1) for all listeners and threads of the
/// process: random, never stored, new ones every kLifetimeS. Who comes back with a ticket saves the
/// certificate's signature and its check; the broker keeps nothing for it. Who the client is, the
/// ticket does not say: CONNECT or the cookie has to, as always.
///
/// Listeners that ask for client certificates give no tickets (ClientTrust), or a revoked
/// certificate could go on for as long as its ticket. Threading: thread-safe.
class TicketKeys {
 public:
  /// A ticket counts for so long; its keys are gone after twice that at most.
  static constexpr std::int64_t kLifetimeS = 2 * 3600;

  /// `now`: seconds of a clock that never goes back; thread-safe.
  explicit TicketKeys(std::function<std::int64_t()> now);
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  /// One ticket after each handshake from now on. The keys live as long as `context`.
  void attach(SSL_CTX* context) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace owb::net
