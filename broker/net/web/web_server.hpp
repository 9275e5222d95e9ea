#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "broker/net/tls/client_name.hpp"
#include "broker/net/tls/tls_context.hpp"
#include "broker/net/web/web_gate.hpp"

namespace owb::net::web {

/// One `protocol websockets` listener.
struct WebListenerConfig {
  TlsListenerConfig tls;  ///< without a certificate: plain HTTP and WS
  ClientNameFrom client_name = ClientNameFrom::nothing;  ///< goes into WsPeer::certificate_name
  std::size_t max_packet = 4U << 20;
};

/// How long a browser may take. Each is an absolute time, which bytes that trickle in do not extend
/// (F35).
struct WebTimes {
  std::chrono::milliseconds head{10'000};        ///< TLS handshake and the first request's head
  std::chrono::milliseconds keep_alive{20'000};  ///< idle, up to the end of the next request's head
  std::chrono::milliseconds body{10'000};        ///< a request's body
  std::chrono::milliseconds portal{40'000};      ///< from the whole request to the portal's answer
  std::chrono::milliseconds send{20'000};        ///< without any progress in sending an answer
  std::chrono::milliseconds connect{10'000};     ///< from the upgrade to a whole CONNECT
  std::chrono::milliseconds close{3'000};        ///< from our close frame to the browser's
};

struct WebConfig {
  std::string www_dir;        ///< empty: no pages, WebSocket only
  std::string portal_socket;  ///< empty: 502 for what belongs to the portal
  std::string registry_path;  ///< empty: no cookies are accepted
  std::vector<std::string>
      origins;  ///< allowed Origin values for cookie upgrades, e.g. https://cloud.example.org:8443
  std::size_t threads = 1;
  std::vector<WebListenerConfig> listeners;
  WebTimes times;
};

/// M threads, each with its own libwebsockets context on libuv. Accepts nothing itself.
///
/// Threading: adopt() and post() are thread-safe; the rest belongs to the thread that starts and
/// stops the broker.
class WebServer {
 public:
  WebServer(WebConfig config, WorkerGate& gate);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  /// Starts the threads. Throws std::runtime_error with a text that names the setting.
  void start();

  /// Closes every connection (1001) and joins the threads.
  void stop();

  /// Takes over an accepted socket for listener `listener`; chooses the thread. `ticket` lives as
  /// long as the socket; may be null.
  void adopt(std::size_t listener, int fd, std::string address, std::uint16_t port,
             std::unique_ptr<SocketTicket> ticket = nullptr);

  /// Hands commands to web thread `thread`; one wake-up for all.
  void post(std::uint32_t thread, std::vector<WsCommand>&& commands);

  /// Cookie keys or sessions have changed in the registry. Each cookie is looked up in the registry
  /// itself, so there is nothing to do here: it exists so that callers need not know that.
  /// Thread-safe.
  void registry_changed() {}

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace owb::net::web
