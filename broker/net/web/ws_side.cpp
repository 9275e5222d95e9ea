#include "broker/net/web/ws_side.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "broker/net/web/deadline.hpp"
#include "broker/net/web/error_pages.hpp"
#include "broker/net/web/lws_context.hpp"
#include "broker/net/web/lws_request.hpp"
#include "broker/net/web/response_writer.hpp"
#include "broker/net/web/upgrade_rules.hpp"
#include "tenants/base/clock.hpp"
#include "tenants/base/contained.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/base/text.hpp"

namespace owb::net::web {

namespace {

static_assert(kHeadroom >= LWS_PRE);

constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kUnsupportedData = 1003;
constexpr std::uint16_t kTooBig = 1009;

/// Several small commands that have piled up go out as one frame of at most this size.
constexpr std::size_t kMergedFrame = 16'384;

int close_with(lws* wsi, std::uint16_t code) {
  lws_close_reason(wsi, static_cast<lws_close_status>(code), nullptr, 0);
  return -1;
}

/// Takes the next frame from the queue, merged with its followers while it stays small. MQTT does
/// not care where frames begin [MQTT-6.0.0-2], [MQTT5-6.0.0-2].
Bytes take_frame(std::deque<Bytes>& queue) {
  Bytes frame = std::move(queue.front());
  queue.pop_front();
  while (!queue.empty() && frame.size() + queue.front().size() <= kMergedFrame) {
    frame.insert(frame.end(), queue.front().begin() + kHeadroom, queue.front().end());
    queue.pop_front();
  }
  return frame;
}

}  // namespace

WsSide::WsSide(std::uint32_t thread, const WebConfig& config, LoginCookie& cookie, WorkerGate& gate)
    : thread_(thread), config_(config), cookie_(cookie), gate_(gate) {}

int WsSide::on_confirm_upgrade(Connection& connection, std::string_view protocol) {
  if (!text::equal_ignoring_case(protocol, "websocket")) {
    return -1;  // h2c: libwebsockets would take it
  }
  const auto request = read_request(connection.wsi, connection.secure);
  auto verdict = cookie_.check(request.cookie, unix_now());
  int status = check_upgrade(request, verdict.state, config_.origins);
  auto stream = std::make_unique<WsStream>();
  const auto& listener = config_.listeners[connection.listener];
  if (status == 101 && listener.client_name != ClientNameFrom::nothing) {
    const auto* certificate = SSL_get0_peer_certificate(lws_get_ssl(connection.wsi));
    auto name = client_name(certificate, listener.client_name);
    if (name) {
      stream->peer.certificate_name = std::move(*name);
    } else {
      log::notice("{}: {}", connection.address, name.error().message());
      status = 403;
    }
  }
  if (status != 101) {
    auto response = error_page(status, request.accept_language);
    if (status == 426) {
      response.headers.emplace_back("Sec-WebSocket-Version", "13");
    }
    refuse_upgrade(connection, request, std::move(response));
    return -1;
  }
  stream->peer.address = connection.address;
  stream->peer.port = connection.port;
  stream->peer.listener = connection.listener;
  stream->peer.identity = std::move(verdict.identity);
  connection.ws = std::move(stream);
  return 0;
}

int WsSide::on_established(Connection& connection) {
  connection.ws->established = true;
  lws_set_wsi_user(connection.wsi, &connection);  // without any, on_closing() would not be called
  set_deadline(connection, connection.times.connect);
  return connection.ws->peer.identity ? route(connection) : 0;
}

int WsSide::on_receive(Connection& connection, ByteView bytes) {
  if (lws_frame_is_binary(connection.wsi) == 0) {
    return close_with(connection.wsi, kUnsupportedData);  // [MQTT-6.0.0-1], [MQTT5-6.0.0-1]
  }
  auto& ws = *connection.ws;
  if (bytes.empty() || ws.close_code) {
    return 0;
  }
  if (ws.worker >= 0) {
    WsEvent event;
    event.kind = WsEvent::Kind::bytes;
    event.bytes.assign(bytes.begin(), bytes.end());
    post(connection, std::move(event));
    return 0;
  }
  if (ws.before_connect.size() + bytes.size() > kMaxBeforeConnect) {
    return close_with(connection.wsi, kTooBig);
  }
  ws.before_connect.insert(ws.before_connect.end(), bytes.begin(), bytes.end());
  return route(connection);
}

/// Asks which worker serves the connection, and hands it over if that is known now.
int WsSide::route(Connection& connection) {
  auto& ws = *connection.ws;
  ws.worker = gate_.route(ws.peer, ws.before_connect);
  if (ws.worker == WorkerGate::kNeedMore) {
    return 0;
  }
  if (ws.worker < 0) {
    return close_with(connection.wsi, kProtocolError);
  }
  cancel_deadline(connection);
  WsEvent event;
  event.kind = WsEvent::Kind::open;
  event.bytes = std::move(ws.before_connect);
  event.peer = std::make_unique<WsPeer>(ws.peer);
  ws.before_connect = {};
  post(connection, std::move(event));
  return 0;
}

int WsSide::on_writable(Connection& connection) {
  auto& ws = *connection.ws;
  report_sent(connection);
  if (ws.outgoing.empty()) {
    return send_close(connection);
  }
  auto frame = take_frame(ws.outgoing);
  const auto size = frame.size() - kHeadroom;
  auto* payload = reinterpret_cast<unsigned char*>(frame.data()) + kHeadroom;
  if (lws_write(connection.wsi, payload, size, LWS_WRITE_BINARY) < 0) {
    return -1;
  }
  ws.outgoing_bytes -= size;
  ws.unreported += size;
  const bool buffered = lws_partial_buffered(connection.wsi) != 0;
  if (!buffered) {
    report_sent(connection);
  }
  if (buffered || !ws.outgoing.empty() || ws.close_code) {
    lws_callback_on_writable(connection.wsi);
  }
  return 0;
}

/// Writes the close frame itself, as raw bytes: for a close that begins here, libwebsockets 4.1.6
/// as Debian builds it drops the connection before its own close frame is out.
int WsSide::send_close(Connection& connection) {
  auto& ws = *connection.ws;
  if (!ws.close_code || ws.close_sent) {
    return 0;
  }
  constexpr unsigned char kFinalClose = 0x88;
  constexpr unsigned char kCodeOnly = 2;
  std::array<unsigned char, LWS_PRE + 4> frame{};
  frame[LWS_PRE] = kFinalClose;
  frame[LWS_PRE + 1] = kCodeOnly;
  frame[LWS_PRE + 2] = static_cast<unsigned char>(*ws.close_code >> 8U);
  frame[LWS_PRE + 3] = static_cast<unsigned char>(*ws.close_code & 0xFFU);
  ws.close_sent = true;
  lws_rx_flow_control(connection.wsi, 1);
  set_deadline(connection, connection.times.close);
  return lws_write(connection.wsi, &frame[LWS_PRE], 4, LWS_WRITE_HTTP) < 0 ? -1 : 0;
}

int WsSide::on_peer_close(Connection& connection) {
  // The answer to our close frame ends the connection; to the peer's own, libwebsockets answers.
  return connection.ws->close_sent ? -1 : 0;
}

void WsSide::on_closing(Connection& connection) {
  if (LwsContext::take_refused_length() && connection.ws && !connection.ws->close_sent) {
    lws_close_reason(connection.wsi, static_cast<lws_close_status>(kProtocolError), nullptr, 0);
  }
}

void WsSide::report_sent(Connection& connection) {
  auto& ws = *connection.ws;
  if (ws.unreported == 0) {
    return;
  }
  WsEvent event;
  event.kind = WsEvent::Kind::sent;
  event.count = std::exchange(ws.unreported, 0);
  post(connection, std::move(event));
}

void WsSide::on_destroyed(Connection& connection) {
  std::replace(ready_.begin(), ready_.end(), &connection, static_cast<Connection*>(nullptr));
  if (connection.ws->worker < 0) {
    return;
  }
  // The worker must learn it, or it would keep the session connected for ever.
  constexpr int kMostTries = 100;
  for (int i = 0; i < kMostTries && !contained("the end of a connection of a browser",
                                               [&] {
                                                 WsEvent event;
                                                 event.kind = WsEvent::Kind::closed;
                                                 post(connection, std::move(event));
                                               });
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // until there is memory again
  }
}

void WsSide::on_command(Connection& connection, WsCommand&& command) {
  auto& ws = *connection.ws;
  switch (command.kind) {
    case WsCommand::Kind::send:
      if (ws.close_code || command.bytes.size() <= kHeadroom) {
        return;
      }
      ws.outgoing_bytes += command.bytes.size() - kHeadroom;
      if (ws.outgoing_bytes > config_.listeners[connection.listener].max_packet + kOutgoingSlack) {
        kill(connection);  // it does not read: a close frame would never arrive
        return;
      }
      ws.outgoing.push_back(std::move(command.bytes));
      if (!ws.ready) {
        ready_.push_back(&connection);
        ws.ready = true;
      }
      return;
    case WsCommand::Kind::close:
      close(connection, command.close_code);
      return;
    case WsCommand::Kind::drop:
      ws.close_code = command.close_code;  // nothing more is queued
      ws.outgoing = {};
      ws.outgoing_bytes = 0;
      kill(connection);
      return;
    case WsCommand::Kind::pause_reading:
      lws_rx_flow_control(connection.wsi, 0);
      return;
    case WsCommand::Kind::resume_reading:
      lws_rx_flow_control(connection.wsi, 1);
      return;
  }
}

// libwebsockets wants writing done when it calls back, which costs two epoll_ctl and one more turn
// of its loop for each frame. From its own thread it takes a frame at any time, as long as nothing
// of the last one waits; what the socket does not take it keeps itself.
void WsSide::send_ready() {
  for (std::size_t i = 0; i < ready_.size(); ++i) {
    auto* connection = std::exchange(ready_[i], nullptr);
    if (connection == nullptr) {
      continue;
    }
    connection->ws->ready = false;
    bool alive = false;
    contained("a connection of a browser", [&] {
      if (lws_partial_buffered(connection->wsi) != 0) {
        lws_callback_on_writable(connection->wsi);
        alive = true;
      } else {
        alive = on_writable(*connection) >= 0;
      }
    });
    if (!alive) {
      kill(*connection);
    }
  }
  ready_.clear();
}

void WsSide::close(Connection& connection, std::uint16_t code) {
  auto& ws = *connection.ws;
  if (!ws.close_code) {
    ws.close_code = code;
    set_deadline(connection, connection.times.send);
    lws_callback_on_writable(connection.wsi);
  }
}

void WsSide::post(const Connection& connection, WsEvent&& event) {
  event.id = {.thread = thread_, .serial = connection.serial};
  gate_.post(connection.ws->worker, std::move(event));
}

}  // namespace owb::net::web
