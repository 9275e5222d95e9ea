#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <libwebsockets.h>

#include "broker/net/tls/tls_context.hpp"
#include "broker/net/web/web_server.hpp"

namespace owb::net::web {

/// One libwebsockets context on its own libuv loop, with one virtual host per listener and no
/// listening socket.
///
/// Threading: made on any thread, then belongs to the one that calls run(); only wake() may be
/// called from others.
class LwsContext {
 public:
  /// `callback` gets every libwebsockets event; `user` is lws_context_user(). Throws
  /// std::runtime_error with a text that names what is wrong.
  LwsContext(const WebConfig& config, lws_callback_function* callback, void* user);
  ~LwsContext();
  LwsContext(const LwsContext&) = delete;
  LwsContext& operator=(const LwsContext&) = delete;

  /// Serves until stop().
  void run();

  /// From inside a callback: run() returns soon. Every connection must be gone.
  void stop();

  /// Makes LWS_CALLBACK_EVENT_WAIT_CANCELLED happen. Thread-safe.
  void wake();

  /// Hands over an accepted socket; `opaque` is its lws_get_opaque_user_data(). Null: the socket is
  /// closed already.
  lws* adopt(std::size_t listener, int fd, void* opaque);

  /// To be called for LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS; returns what the
  /// callback is to return.
  static int configure_tls(SSL_CTX* context, lws_vhost* host);

  /// On the thread of a context, while libwebsockets ends a connection: it does so because of a
  /// frame of a length that cannot be.
  static bool take_refused_length();

 private:
  void destroy();
  void create_host(const WebListenerConfig& listener, std::size_t index);

  class SignalKeeper;

  std::unique_ptr<SignalKeeper> keeper_;  // from stop() to the end; the last to go
  SslContext client_side_;
  // libwebsockets keeps pointers to both.
  std::vector<lws_protocols> protocols_;
  std::deque<std::string> names_;
  lws_context* context_ = nullptr;
  std::vector<lws_vhost*> hosts_;
  bool stopping_ = false;
};

}  // namespace owb::net::web
