#pragma once

#include "broker/net/web/connection.hpp"

namespace owb::net::web {

/// Makes `response` the answer of the exchange under way and has it sent when the socket takes it.
void start_response(Connection& connection, HttpResponse&& response);

/// Sends as much as the socket takes. Returns what the libwebsockets callback is to return: -1
/// closes.
///
/// While an answer waits for a slow reader, reading is off and a timer tries again:
/// libwebsockets 4.1.6 would otherwise spin on a request that is pipelined behind this one (it
/// polls for input but does not take it).
int continue_response(Connection& connection);

/// Sends a complete answer to an upgrade request at once; for a handshake that is refused. The
/// connection ends with it.
void refuse_upgrade(Connection& connection, const HttpRequest& request, HttpResponse&& response);

}  // namespace owb::net::web
