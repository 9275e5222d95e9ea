#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <libwebsockets.h>

#include "broker/net/web/http_message.hpp"
#include "broker/net/web/web_gate.hpp"
#include "broker/net/web/web_server.hpp"

namespace owb::net::web {

/// One HTTP transaction under way.
struct HttpExchange {
  enum class Phase : std::uint8_t {
    body,     ///< the rest of the request is to come
    portal,   ///< the portal is asked
    sending,  ///< the answer goes out
    refused,  ///< answered before the body was there; the rest of it is read and forgotten
  };
  Phase phase = Phase::body;
  std::uint64_t id = 0;  ///< the portal's answer finds its exchange by it
  HttpRequest request;
  std::string request_body;  ///< at most kMaxBody

  std::string head;                         ///< status line and headers
  std::shared_ptr<const std::string> body;  ///< null: none
  std::size_t sent = 0;                     ///< bytes of head and body, one after the other
  bool close = false;
  bool early = false;  ///< answered by the head alone, before the body
};

/// One WebSocket.
struct WsStream {
  WsPeer peer;
  int worker = WorkerGate::kNeedMore;
  Bytes before_connect;  ///< until a worker is known; at most kMaxBeforeConnect

  std::deque<Bytes> outgoing;      ///< each with kHeadroom free bytes in front
  std::size_t outgoing_bytes = 0;  ///< payload bytes in `outgoing`; at most kMaxOutgoing
  std::size_t unreported = 0;      ///< written, but perhaps still in libwebsockets' buffer
  bool established = false;
  bool ready = false;  ///< among those that are sent to when all commands have been taken
  std::optional<std::uint16_t> close_code;  ///< sent when `outgoing` is empty
  bool close_sent = false;                  ///< only the peer's close frame is awaited
};

struct Connection;

/// A timer of one connection. `timer` comes first: libwebsockets' callback gets a pointer to it and
/// nothing else.
struct ConnectionTimer {
  lws_sorted_usec_list_t timer{};
  Connection* connection = nullptr;
};

/// What one adopted socket is to us. Found by its serial number or as libwebsockets' opaque
/// pointer; owned by its WebThread from adoption until LWS_CALLBACK_WSI_DESTROY.
struct Connection {
  explicit Connection(const WebTimes& web_times) : times(web_times) {}

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const WebTimes& times;
  std::uint64_t serial = 0;
  std::size_t listener = 0;
  std::string address;
  std::uint16_t port = 0;
  bool secure = true;
  std::unique_ptr<SocketTicket> ticket;
  bool established = false;     ///< the ticket has been told
  std::uint64_t handshake = 0;  ///< its number until the first whole request is there
  lws* wsi = nullptr;           ///< null before adoption, and while a failed one ends
  ConnectionTimer deadline{.timer = {}, .connection = this};
  ConnectionTimer retry{.timer = {}, .connection = this};  ///< to go on sending an answer
  std::unique_ptr<HttpExchange> exchange;
  std::unique_ptr<WsStream> ws;
};

}  // namespace owb::net::web
