#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/net/web/http_message.hpp"

namespace owb::net::web {

/// Who answers a request on this path.
enum class Target : std::uint8_t {
  shell,   ///< the dashboard's one page
  file,    ///< a file of www_dir
  portal,  ///< forwarded to the portal
};

Target target_of(std::string_view path);

/// Paths on which MQTT over WebSocket is spoken.
bool is_websocket_path(std::string_view path);

/// The methods `target` knows, as an Allow header says them.
std::string_view allowed_methods(Target target);

bool allows(Target target, Method method);

/// Where a page without a valid cookie sends the browser: `/login?next=…` with the page asked for.
std::string login_location(const HttpRequest& request);

/// Percent-encodes everything but unreserved characters and those in `also_keep`.
std::string percent_encode(std::string_view text, std::string_view also_keep);

}  // namespace owb::net::web
