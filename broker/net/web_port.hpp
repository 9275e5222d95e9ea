#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "broker/core/link.hpp"
#include "broker/net/gateway.hpp"
#include "broker/net/web/web_gate.hpp"
#include "broker/shard/mailbox.hpp"

namespace owb::net {

class WebLink;

/// The browsers of one worker: turns events of web threads into links, and what links send into
/// commands, one batch a turn.
///
/// Threading: put() thread-safe; the rest shard-local.
class WebPort {
 public:
  WebPort(Gateway& gateway, std::size_t worker, std::size_t web_threads);
  ~WebPort();

  /// An event for this worker; wakes it if need be.
  void put(web::WsEvent&& event);
  /// For WebLink: goes to the web thread at the end of the turn.
  void command(std::uint32_t thread, web::WsCommand&& command);

  shard::Worker& worker() { return worker_; }

 private:
  void receive();
  void open(web::WsEvent&& event);
  void give_up(const web::WsId& id);
  void send_commands();

  struct IdHash {
    std::size_t operator()(const web::WsId& id) const {
      return std::hash<std::uint64_t>{}(id.serial * 31 + id.thread);
    }
  };

  Gateway& gateway_;
  shard::Worker& worker_;
  shard::Mailbox<web::WsEvent> mailbox_;
  std::vector<web::WsEvent> spare_;
  std::vector<std::vector<web::WsCommand>> commands_;  ///< by web thread
  std::unordered_map<web::WsId, std::unique_ptr<WebLink>, IdHash> links_;
};

/// The workers as web threads see them.
class WebGate final : public web::WorkerGate {
 public:
  WebGate(Gateway& gateway, std::size_t web_threads);

  int route(const web::WsPeer& peer, ByteView first_bytes) override;
  void post(int worker, web::WsEvent&& event) override;

 private:
  Gateway& gateway_;
  std::vector<WebPort*> ports_;  ///< each worker owns its own
};

}  // namespace owb::net
