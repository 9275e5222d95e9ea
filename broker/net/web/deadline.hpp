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

}  // namespace owb::net::web
