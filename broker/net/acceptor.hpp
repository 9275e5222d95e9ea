#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>

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
  struct Origin {
    std::string address;
    std::uint16_t port = 0;
  };

  static Origin origin_of(const sockaddr_storage& from);
  void take(UniqueFd fd, Origin&& origin);
  void on_timer() override;
  void prepare(int fd) const;
  bool accept_one(UniqueFd& fd, core::Peer& peer, bool may_wait);
  void wake_in(std::int64_t ms);

  /// Came while max_connections was reached.
  struct Late {
    UniqueFd fd;
    core::Peer peer;
  };

  Gateway& gateway_;
  ConnectionTable& table_;
  std::shared_ptr<const Listener> listener_;
  std::shared_ptr<const UniqueFd> socket_;
  std::vector<Late> late_;
  bool paused_ = false;  ///< no descriptor was left
  bool stopped_ = false;
};

}  // namespace owb::net
