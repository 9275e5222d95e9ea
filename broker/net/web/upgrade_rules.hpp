#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/net/web/http_message.hpp"

namespace owb::net::web {

/// What is known about the login cookie of a request.
enum class CookieState : std::uint8_t {
  none,     ///< no cookie of ours
  invalid,  ///< forged, expired, revoked
  valid,
  unknown,  ///< the registry could not be asked
};

/// The status an upgrade to MQTT over WebSocket is answered with; 101 means accepted. Checked in
/// the order in which RFC 6455 4.2 and design.md 8 name the rules.
int check_upgrade(const HttpRequest& request, CookieState cookie,
                  const std::vector<std::string>& origins);

/// Whether the comma-separated list of subprotocols has one of ours, and nothing that is not a
/// token.
bool offers_mqtt(std::string_view protocols);

/// Ours: `mqtt` (3.1.1 and 5.0) and `mqttv3.1`.
bool is_mqtt_protocol(std::string_view name);

}  // namespace owb::net::web
