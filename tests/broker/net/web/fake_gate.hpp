#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/net/web/web_gate.hpp"
#include "broker/net/web/web_server.hpp"

namespace owb::net::web::test {

/// Workers of which there is one, and it says back what it hears. It takes four bytes that begin
/// with 0x10 for a CONNECT.
class FakeGate : public WorkerGate {
 public:
  /// What is sent back; without, nothing is.
  void echo_to(WebServer* server) { server_ = server; }

  /// Is called for each event, on the web thread; set before one can come.
  void watch(std::function<void(const WsEvent&)> watcher) { watcher_ = std::move(watcher); }

  int route(const WsPeer& peer, ByteView first_bytes) override;
  void post(int worker, WsEvent&& event) override;

  /// A ticket that notes in the record when it is told and when it goes.
  std::unique_ptr<SocketTicket> ticket();

  /// Waits until `done(gate's record)` holds; false after some seconds.
  struct Record {
    std::vector<WsPeer> opened;
    std::vector<WsId> ids;
    std::string received;
    std::size_t sent = 0;
    std::size_t closed = 0;
    std::size_t sockets_established = 0;
    std::size_t sockets_gone = 0;
  };

  bool wait_for(const std::function<bool(const Record&)>& done);
  Record record();

  void send(std::string_view payload);
  void command(WsCommand::Kind kind, std::uint16_t code = 1000);

 private:
  class Ticket;

  void send_locked(const WsId& id, std::string_view payload);

  WebServer* server_ = nullptr;
  std::function<void(const WsEvent&)> watcher_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Record record_;
};

}  // namespace owb::net::web::test
