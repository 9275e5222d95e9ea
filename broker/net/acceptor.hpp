#pragma once

#include <cstdint>
#include <memory>

#include "broker/net/gateway.hpp"
#include "broker/net/listener.hpp"

namespace owb::net {

/// One listening socket as one worker sees it: each worker has its own Acceptor on the same socket,
/// and whoever is awake accepts.
///
/// Ownership: ConnectionTable. Threading: shard-local.
class Acceptor final : public Held, public shard::Poller::Watch, private core::Timer {
 public:
  Acceptor(Gateway& gateway, ConnectionTable& table, std::shared_ptr<const Listener> listener,
           std::shared_ptr<const UniqueFd> socket);

  /// False with errno: the kernel refuses to watch the socket.
  bool start();
  void on_ready(std::uint32_t events) override;
  /// No more connections; the object goes after this batch.
  void stop();

 private:
  void on_timer() override;
  void accept_one(UniqueFd fd, core::Peer peer);

  Gateway& gateway_;
  ConnectionTable& table_;
  std::shared_ptr<const Listener> listener_;
  std::shared_ptr<const UniqueFd> socket_;
  bool stopped_ = false;
};

}  // namespace owb::net
