#pragma once

#include <chrono>

#include "broker/net/web/connection.hpp"

namespace owb::net::web {

/// Closes the connection unless the deadline is set anew or cancelled in time. An absolute time:
/// bytes that trickle in do not extend it, unlike libwebsockets' own timeouts.
void set_deadline(Connection& connection, std::chrono::milliseconds after);

void cancel_deadline(Connection& connection);

/// Ends the connection without ceremony, from anywhere on its thread but inside its own callback's
/// return path.
void kill(Connection& connection);

using namespace std::chrono_literals;

/// TLS handshake and the first request's head (design.md 10; F35).
inline constexpr auto kHeadTime = 10s;
/// An idle kept-alive connection, up to the end of its next request's head.
inline constexpr auto kKeepAliveTime = 20s;
/// A request's body.
inline constexpr auto kBodyTime = 10s;
/// From the whole request to the portal's answer.
inline constexpr auto kPortalTime = 40s;
/// Without any progress in sending an answer.
inline constexpr auto kSendTime = 20s;
/// From our close frame to the peer's.
inline constexpr auto kCloseTime = 3s;
/// From the upgrade to a whole CONNECT (design.md 10).
inline constexpr auto kConnectTime = 10s;

}  // namespace owb::net::web
