#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "broker/net/web/connection.hpp"
#include "broker/net/web/login_cookie.hpp"
#include "broker/net/web/proxy_rules.hpp"
#include "broker/net/web/static_files.hpp"

namespace owb::net::web {

/// Answers the HTTP requests of one web thread: pages and files itself, the rest by asking the
/// portal.
///
/// The functions named after libwebsockets callbacks return what the callback is to return: -1
/// closes the connection. Threading: belongs to its web thread.
class HttpSide {
 public:
  /// Sends a request to the portal. 0, or the status that says why not: 502 without a portal, 503
  /// when too many wait.
  using AskPortal =
      std::function<int(std::uint64_t serial, std::uint64_t exchange, ProxyRequest&& request)>;

  /// `files`: null when this broker has no pages. All arguments outlive this object.
  HttpSide(StaticFiles* files, LoginCookie& cookie, AskPortal ask_portal);

  int on_request(Connection& connection);
  int on_body(Connection& connection, std::string_view bytes);
  int on_body_complete(Connection& connection);
  int on_writable(Connection& connection);

  /// The portal's answer. Dropped if that exchange is not waiting any more.
  void on_portal_reply(Connection& connection, std::uint64_t exchange, HttpResponse&& response);

 private:
  int dispatch(Connection& connection);
  int forward(Connection& connection);
  HttpResponse page(const HttpRequest& request);
  HttpResponse file(const HttpRequest& request, std::string_view path);

  StaticFiles* files_;
  LoginCookie& cookie_;
  AskPortal ask_portal_;
  std::uint64_t last_exchange_ = 0;
};

}  // namespace owb::net::web
