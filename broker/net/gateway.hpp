#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/net/connection.hpp"
#include "broker/net/listener.hpp"
#include "broker/net/web/web_server.hpp"
#include "broker/shard/worker.hpp"

namespace owb::net {

/// What all listeners of the broker share: the workers, and who is where.
///
/// Threading: immutable after start; hand_over() is called on any worker, the tables each on its
/// own.
class Gateway {
 public:
  struct Options {
    bool tenancy = true;  ///< false: everybody on worker 0
    std::size_t packet_bytes_before_auth = 65'536;
    std::int64_t connect_timeout_ms = 10'000;
    AddressTable::Limits addresses;
    std::uint32_t max_connections = 0;  ///< of the whole broker; 0: no limit
  };

  Gateway(Options options, std::vector<shard::Worker*> workers);

  const Options& options() const { return options_; }

  AddressTable& addresses() { return addresses_; }

  /// Raw connections open now, on all threads; counted while there is a limit.
  std::atomic<std::uint32_t>& connections() { return connections_; }

  std::size_t worker_count() const { return workers_.size(); }

  shard::Worker& worker(std::size_t index) { return *workers_[index]; }

  ConnectionTable& table(std::size_t worker) { return *tables_[worker]; }

  /// Which worker serves this user.
  std::size_t worker_for(std::string_view user) const;

  /// Gives `arrival` to the worker of `user`; call on worker `from`.
  void hand_over(std::size_t from, std::string_view user, Arrival arrival);

  /// The `protocol websockets` listeners and who serves them; set once, before the workers start.
  void set_web(web::WebServer& server, std::vector<std::shared_ptr<const Listener>> listeners) {
    web_ = &server;
    web_listeners_ = std::move(listeners);
  }

  web::WebServer& web() { return *web_; }

  const core::Peer& web_listener_peer(std::size_t index) const {
    return web_listeners_[index]->peer;
  }

 private:
  Options options_;
  std::vector<shard::Worker*> workers_;
  std::vector<ConnectionTable*> tables_;  ///< each worker owns its own
  AddressTable addresses_;
  std::atomic<std::uint32_t> connections_ = 0;
  web::WebServer* web_ = nullptr;
  std::vector<std::shared_ptr<const Listener>> web_listeners_;
};

}  // namespace owb::net
