#pragma once

#include <cstdint>
#include <memory>

#include "broker/net/gateway.hpp"
#include "broker/net/listener.hpp"
#include "tenants/base/unique_fd.hpp"

namespace owb::net {

/// A browser's socket that has been accepted and has not said anything: it goes to a web thread
/// with its first bytes. There a silent socket would cost memory, and a crowd whose first bytes all
/// come at the same moment would have all its handshakes computed at that moment (F35, F36).
///
/// Ownership: ConnectionTable of the accepting worker. Threading: shard-local.
/// Bounds: the CONNECT timeout.
class WebNewcomer final : public Held, public shard::Poller::Watch, private core::Timer {
 public:
  WebNewcomer(Gateway& gateway, ConnectionTable& table, std::shared_ptr<const Listener> listener,
              UniqueFd fd, core::Peer peer, AddressTable::Ticket ticket);

  void start();
  void on_ready(std::uint32_t events) override;

 private:
  void on_timer() override;
  void leave();

  Gateway& gateway_;
  ConnectionTable& table_;
  std::shared_ptr<const Listener> listener_;
  UniqueFd fd_;
  core::Peer peer_;
  AddressTable::Ticket ticket_;
  bool gone_ = false;
};

}  // namespace owb::net
