#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/net/web/connection.hpp"
#include "broker/net/web/login_cookie.hpp"
#include "broker/net/web/web_server.hpp"

namespace owb::net::web {

/// MQTT over WebSocket on one web thread: checks upgrades, carries bytes to the tenant's worker and
/// back.
///
/// The functions named after libwebsockets callbacks return what the callback is to return: -1
/// closes the connection, with the status that lws_close_reason() was given. Threading: belongs to
/// its web thread.
class WsSide {
 public:
  /// All arguments outlive this object.
  WsSide(std::uint32_t thread, const WebConfig& config, LoginCookie& cookie, WorkerGate& gate);

  /// The head of an upgrade request is complete; `protocol` is what it wants to be.
  int on_confirm_upgrade(Connection& connection, std::string_view protocol);

  int on_established(Connection& connection);
  int on_receive(Connection& connection, ByteView bytes);
  int on_writable(Connection& connection);
  int on_peer_close(Connection& connection);
  /// libwebsockets begins to close the connection; its close frame can still be chosen.
  void on_closing(Connection& connection);

  /// The socket is gone; the last thing said about this connection.
  void on_destroyed(Connection& connection);

  void on_command(Connection& connection, WsCommand&& command);

  /// Sends what the commands since the last call have queued, one frame for each connection.
  void send_ready();

  /// Sends what is queued, then the close frame.
  void close(Connection& connection, std::uint16_t code);

 private:
  int route(Connection& connection);
  void post(const Connection& connection, WsEvent&& event);
  int send_close(Connection& connection);
  void report_sent(Connection& connection);

  std::uint32_t thread_;
  const WebConfig& config_;
  LoginCookie& cookie_;
  WorkerGate& gate_;
  std::vector<Connection*> ready_;  ///< those with new commands
};

/// Beyond a worker's largest packet, this much may wait for a slow browser; a worker that watches
/// `sent` stays below.
inline constexpr std::size_t kOutgoingSlack = 8U << 20;

}  // namespace owb::net::web
