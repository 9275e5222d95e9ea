#include "broker/net/web/response_writer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "broker/net/web/deadline.hpp"
#include "broker/net/web/response_head.hpp"

namespace owb::net::web {

namespace {

/// Small enough that a socket which poll(2) calls writable takes all of it, TLS included.
constexpr std::size_t kChunk = 8192;

constexpr std::chrono::microseconds kRetry{5'000};

bool has_body(const HttpResponse& response, Method method) {
  return method != Method::head && response.status != 204 && response.status != 304 &&
         response.body != nullptr;
}

int write(lws* wsi, std::string_view bytes) {
  thread_local std::array<unsigned char, LWS_PRE + kChunk> buffer;
  std::memcpy(buffer.data() + LWS_PRE, bytes.data(), bytes.size());
  return lws_write(wsi, buffer.data() + LWS_PRE, bytes.size(), LWS_WRITE_HTTP);
}

/// What comes next, of head and body together, so that a small answer is one packet.
std::string next_chunk(const HttpExchange& exchange) {
  std::string chunk;
  if (exchange.sent < exchange.head.size()) {
    chunk = exchange.head.substr(exchange.sent, kChunk);
  }
  if (exchange.body) {
    const auto offset = exchange.sent + chunk.size() - exchange.head.size();
    if (chunk.size() < kChunk && offset < exchange.body->size()) {
      chunk.append(*exchange.body, offset, kChunk - chunk.size());
    }
  }
  return chunk;
}

void on_retry(lws_sorted_usec_list_t* timer) {
  auto& connection = *reinterpret_cast<ConnectionTimer*>(timer)->connection;
  if (continue_response(connection) != 0) {
    kill(connection);
  }
}

void wait_for_reader(Connection& connection) {
  lws_rx_flow_control(connection.wsi, 0);
  lws_sul_schedule(lws_get_context(connection.wsi), 0, &connection.retry.timer, on_retry,
                   kRetry.count());
}

/// Whether libwebsockets is still handing us a body. Closing a socket with unread bytes resets it,
/// and a browser that is still sending would never see the answer.
bool body_is_coming(const HttpRequest& request) {
  if (!request.content_length) {
    return request.method == Method::post || request.method == Method::put;
  }
  const auto& length = *request.content_length;
  const auto first = length.find_first_not_of('0');
  return first != std::string::npos && length[first] >= '1' && length[first] <= '9';
}

int finish_response(Connection& connection) {
  if (connection.exchange->close && connection.exchange->early &&
      body_is_coming(connection.exchange->request)) {
    connection.exchange->phase = HttpExchange::Phase::refused;
    set_deadline(connection, connection.times.close);
    return 0;
  }
  const bool close = connection.exchange->close;
  connection.exchange.reset();
  if (close) {
    return -1;
  }
  lws_rx_flow_control(connection.wsi, 1);
  set_deadline(connection, connection.times.keep_alive);
  return lws_http_transaction_completed(connection.wsi) != 0 ? -1 : 0;
}

}  // namespace

void start_response(Connection& connection, HttpResponse&& response) {
  auto& exchange = *connection.exchange;
  exchange.phase = HttpExchange::Phase::sending;
  exchange.close =
      response.close || !exchange.request.http11 || exchange.request.connection == "close";
  exchange.head = format_head(response, exchange.request, exchange.close);
  if (has_body(response, exchange.request.method)) {
    exchange.body = std::move(response.body);
  }
  set_deadline(connection, connection.times.send);
  lws_rx_flow_control(connection.wsi, 1);
  lws_callback_on_writable(connection.wsi);
}

int continue_response(Connection& connection) {
  auto& exchange = *connection.exchange;
  const auto before = exchange.sent;
  for (auto chunk = next_chunk(exchange); !chunk.empty(); chunk = next_chunk(exchange)) {
    if (lws_send_pipe_choked(connection.wsi) != 0) {
      if (exchange.sent != before) {
        set_deadline(connection, connection.times.send);
      }
      wait_for_reader(connection);
      return 0;
    }
    if (write(connection.wsi, chunk) < 0) {
      return -1;
    }
    exchange.sent += chunk.size();
  }
  return finish_response(connection);
}

void refuse_upgrade(Connection& connection, const HttpRequest& request, HttpResponse&& response) {
  auto message = format_head(response, request, true);
  if (response.body) {
    message += *response.body;
  }
  write(connection.wsi, std::string_view{message}.substr(0, kChunk));
}

}  // namespace owb::net::web
