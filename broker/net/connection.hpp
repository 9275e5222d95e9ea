#pragma once

#include <cstdint>
#include <memory>

#include "broker/core/link.hpp"
#include "broker/net/address_table.hpp"
#include "broker/net/connection_table.hpp"
#include "broker/net/stream.hpp"

namespace owb::net {

/// A socket whose CONNECT has come, on its way to the worker of its tenant: owns all there is of
/// it.
struct Arrival {
  Stream stream;
  core::Peer peer;
  AddressTable::Ticket ticket;
  Bytes unread;  ///< decrypted bytes from the start of CONNECT
};

/// One client on a raw socket, at its tenant's worker: carries bytes between the socket and the
/// link.
///
/// Ownership: ConnectionTable. Threading: shard-local. No buffer lives here while the connection is
/// idle.
class Connection final : public Held,
                         public core::Transport,
                         public shard::Poller::Watch,
                         private core::Timer {
 public:
  Connection(ConnectionTable& table, Arrival arrival);
  ~Connection() override;

  /// Handles what came along, then waits for more.
  void start(Bytes unread);

  void on_ready(std::uint32_t events) override;

  bool saying_farewell() const override { return stage_ == Stage::flushing; }

  void flush(core::Outbox& outbox) override;
  void pause_reading() override;
  void resume_reading() override;
  void close(std::uint16_t code) override;
  void watch_silent_peer(int seconds) override;

 private:
  enum class Stage : std::uint8_t {
    open,
    flushing,  ///< the link is done; its last bytes are going out
    draining,  ///< nothing more to say; waits for the peer's end, so that it can read our last
               ///< words
    gone,
  };

  void on_timer() override;
  void read();
  void drain();
  void finish();
  void lost();
  void want(std::uint32_t events);

  ConnectionTable& table_;
  Stream stream_;
  AddressTable::Ticket ticket_;
  core::ClientLink link_;
  std::uint32_t interest_ = 0;
  Stage stage_ = Stage::open;
  bool paused_ = false;
};

}  // namespace owb::net
