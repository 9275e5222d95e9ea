#pragma once

#include <cstdint>
#include <memory>

#include "broker/net/gateway.hpp"
#include "broker/net/listener.hpp"

namespace owb::net {

/// A socket that has been accepted and not yet said who it is: PROXY header (login listener), TLS
/// handshake, CONNECT. Then it is handed to its tenant's worker, before authentication (design 5).
///
/// Ownership: ConnectionTable of the accepting worker. Threading: shard-local.
/// Bounds: one packet before authentication, and the CONNECT timeout (F35).
class Newcomer final : public Held, public shard::Poller::Watch, private core::Timer {
 public:
  Newcomer(Gateway& gateway, ConnectionTable& table, std::shared_ptr<const Listener> listener,
           Stream stream, core::Peer peer, AddressTable::Ticket ticket);
  ~Newcomer() override;

  void start();
  void on_ready(std::uint32_t events) override;

 private:
  enum class Stage : std::uint8_t { proxy_header, handshake, connect, gone };

  void on_timer() override;
  bool advance();
  bool handshake();
  shard::Poller& poller();
  bool enter_hall(std::uint32_t events);
  bool read();
  bool take_proxy_header();
  void hand_over(std::string_view user);
  void lost();

  Gateway& gateway_;
  ConnectionTable& table_;
  std::shared_ptr<const Listener> listener_;
  Stream stream_;
  core::Peer peer_;
  AddressTable::Ticket ticket_;
  Bytes input_;
  Stage stage_;
  std::uint64_t handshake_ = 0;  ///< its number until CONNECT is there
  bool in_hall_ = false;
};

}  // namespace owb::net
