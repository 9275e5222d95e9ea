#include "broker/net/web/http_side.hpp"

#include <utility>

#include "broker/net/web/deadline.hpp"
#include "broker/net/web/error_pages.hpp"
#include "broker/net/web/lws_request.hpp"
#include "broker/net/web/request_rules.hpp"
#include "broker/net/web/response_writer.hpp"
#include "broker/net/web/routes.hpp"
#include "broker/net/web/security_headers.hpp"
#include "tenants/base/clock.hpp"

namespace owb::net::web {

namespace {

HttpResponse redirect_to_login(const HttpRequest& request) {
  HttpResponse response;
  response.status = 303;
  response.headers = {{"Location", login_location(request)}, {"Cache-Control", "no-store"}};
  return response;
}

}  // namespace

HttpSide::HttpSide(StaticFiles* files, LoginCookie& cookie, AskPortal ask_portal)
    : files_(files), cookie_(cookie), ask_portal_(std::move(ask_portal)) {}

int HttpSide::on_request(Connection& connection) {
  connection.exchange = std::make_unique<HttpExchange>();
  auto& exchange = *connection.exchange;
  exchange.id = ++last_exchange_;
  exchange.request = read_request(connection.wsi, connection.secure);
  const auto framing = check_framing(exchange.request);
  if (framing.refuse != 0) {
    exchange.early = true;
    start_response(connection, error_page(framing.refuse, exchange.request.accept_language));
    return 0;
  }
  if (framing.body > 0) {
    set_deadline(connection, connection.times.body);
    return 0;
  }
  return dispatch(connection);
}

int HttpSide::on_body(Connection& connection, std::string_view bytes) {
  if (!connection.exchange) {
    return -1;
  }
  auto& exchange = *connection.exchange;
  if (exchange.phase != HttpExchange::Phase::body) {
    return 0;  // refused already; goes nowhere
  }
  if (exchange.request_body.size() + bytes.size() > kMaxBody) {
    return -1;
  }
  exchange.request_body += bytes;
  return 0;
}

int HttpSide::on_body_complete(Connection& connection) {
  if (!connection.exchange) {
    return -1;  // bytes behind the body: pipelined (F41)
  }
  switch (connection.exchange->phase) {
    case HttpExchange::Phase::body:
      return dispatch(connection);
    case HttpExchange::Phase::refused:
      return -1;
    default:
      return 0;
  }
}

int HttpSide::on_writable(Connection& connection) {
  if (!connection.exchange || connection.exchange->phase != HttpExchange::Phase::sending) {
    return 0;
  }
  return continue_response(connection);
}

int HttpSide::dispatch(Connection& connection) {
  const auto& request = connection.exchange->request;
  const auto target = target_of(request.path);
  if (files_ == nullptr) {
    start_response(connection, error_page(404, request.accept_language));
    return 0;
  }
  if (!allows(target, request.method)) {
    auto response = error_page(405, request.accept_language);
    response.headers.emplace_back("Allow", allowed_methods(target));
    start_response(connection, std::move(response));
    return 0;
  }
  if (target == Target::portal) {
    return forward(connection);
  }
  auto response = target == Target::shell ? page(request) : file(request, request.path);
  start_response(connection, std::move(response));
  return 0;
}

HttpResponse HttpSide::file(const HttpRequest& request, std::string_view path) {
  auto response = files_->serve(request, path);
  if (response.status < 400) {
    // Scripts get it too: a service worker runs under the policy of its own file.
    response.headers.emplace_back("Content-Security-Policy",
                                  dashboard_policy(request.host, request.secure));
  }
  return response;
}

HttpResponse HttpSide::page(const HttpRequest& request) {
  const auto state = cookie_.check(request.cookie, unix_now()).state;
  if (state == CookieState::unknown) {
    return error_page(503, request.accept_language);
  }
  // A Strict cookie is not sent when another site's link leads here; the page itself finds out then
  // (design.md 1).
  if (state != CookieState::valid && request.sec_fetch_site != "cross-site") {
    return redirect_to_login(request);
  }
  return file(request, "/index.html");
}

int HttpSide::forward(Connection& connection) {
  auto& exchange = *connection.exchange;
  auto request =
      make_proxy_request(exchange.request, std::move(exchange.request_body), connection.address);
  const int refused = ask_portal_(connection.serial, exchange.id, std::move(request));
  if (refused != 0) {
    start_response(connection, error_page(refused, exchange.request.accept_language));
    return 0;
  }
  exchange.phase = HttpExchange::Phase::portal;
  set_deadline(connection, connection.times.portal);
  lws_rx_flow_control(connection.wsi, 0);
  return 0;
}

void HttpSide::on_portal_reply(Connection& connection, std::uint64_t exchange,
                               HttpResponse&& response) {
  if (!connection.exchange || connection.exchange->id != exchange ||
      connection.exchange->phase != HttpExchange::Phase::portal) {
    return;
  }
  start_response(connection, std::move(response));
}

}  // namespace owb::net::web
