#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "broker/net/tls/handshakes.hpp"
#include "broker/net/web/connection.hpp"
#include "broker/net/web/http_side.hpp"
#include "broker/net/web/login_cookie.hpp"
#include "broker/net/web/lws_context.hpp"
#include "broker/net/web/proxy_pool.hpp"
#include "broker/net/web/static_files.hpp"
#include "broker/net/web/web_server.hpp"
#include "broker/net/web/ws_side.hpp"
#include "tenants/base/guarded.hpp"
#include "tenants/base/unique_fd.hpp"

namespace owb::net::web {

/// One thread with its libwebsockets context: sockets, HTTP and WebSocket of the browsers it was
/// given.
///
/// Threading: adopt(), post(), answer() and load() are thread-safe; start(), stop(), join() belong
/// to the owner.
class WebThread {
 public:
  struct Adoption {
    std::size_t listener = 0;
    UniqueFd fd;
    std::string address;
    std::uint16_t port = 0;
    std::unique_ptr<SocketTicket> ticket{};
  };

  struct PortalAnswer {
    std::uint64_t serial = 0;
    std::uint64_t exchange = 0;
    HttpResponse response;
  };

  /// `portal`: null when there is none. All arguments outlive this object. Throws
  /// std::runtime_error as LwsContext does.
  WebThread(std::uint32_t index, const WebConfig& config, WorkerGate& gate, ProxyPool* portal);
  ~WebThread();
  WebThread(const WebThread&) = delete;
  WebThread& operator=(const WebThread&) = delete;

  void start();
  /// Closes WebSockets with 1001, ends the rest, and lets the thread finish.
  void stop();
  void join();

  void adopt(Adoption&& adoption);
  void post(std::vector<WsCommand>&& commands);
  void answer(PortalAnswer&& answer);

  /// Sockets held or on their way.
  std::size_t load() const { return load_; }

 private:
  /// What other threads have left for this one.
  struct Mail {
    std::vector<Adoption> adoptions;
    std::vector<WsCommand> commands;
    std::vector<PortalAnswer> answers;
    bool stop = false;
    bool woken = false;   ///< one wake-up for many
    bool closed = false;  ///< the context is gone
  };

  static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                      std::size_t length);
  static int on_callback(lws* wsi, lws_callback_reasons reason, void* in, std::size_t length);
  int on_event(lws* wsi, Connection* connection, lws_callback_reasons reason, void* in,
               std::size_t length);
  void on_mail();
  void admit_some();
  void on_destroyed(Connection& connection);
  void note_request(Connection& connection);
  void give_way(std::uint64_t serial);

  int ask_portal(std::uint64_t serial, std::uint64_t exchange, ProxyRequest&& request);
  void take(Adoption&& adoption);
  template <typename F>
  void or_kill(Connection& connection, F&& call);
  Connection* find(std::uint64_t serial);
  void close_all();
  void finish_if_empty();

  template <typename Fill>
  void leave(Fill&& fill);

  // Constant after construction.
  const WebConfig& config_;
  ProxyPool* portal_;

  Guarded<Mail> mail_;
  std::atomic<std::size_t> load_ = 0;

  // This thread's own.
  std::optional<StaticFiles> files_;
  LoginCookie cookie_;
  HttpSide http_;
  WsSide ws_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  Handshakes handshakes_;
  std::deque<Adoption> waiting_;  ///< not libwebsockets' yet
  std::uint64_t last_serial_ = 0;
  bool stopping_ = false;

  std::unique_ptr<LwsContext> context_;
  std::thread thread_;
};

}  // namespace owb::net::web
