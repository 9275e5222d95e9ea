#include "broker/net/web/upgrade_rules.hpp"

#include "broker/net/web/origin_rule.hpp"
#include "broker/net/web/request_rules.hpp"
#include "broker/net/web/routes.hpp"
#include "tenants/base/text.hpp"

namespace owb::net::web {

bool is_mqtt_protocol(std::string_view name) {
  return name == "mqtt" || name == "mqttv3.1";
}

bool offers_mqtt(std::string_view protocols) {
  for (const auto part : text::split(protocols, ',')) {
    if (is_mqtt_protocol(text::trim(part))) {
      return true;
    }
  }
  return false;
}

int check_upgrade(const HttpRequest& request, CookieState cookie,
                  const std::vector<std::string>& origins) {
  const auto framing = check_framing(request);
  if (framing.refuse != 0) {
    return framing.refuse;
  }
  if (request.method != Method::get || !request.http11 || framing.body != 0) {
    return 400;
  }
  if (!is_websocket_path(request.path)) {
    return 404;
  }
  if (request.websocket_version != "13") {
    return 426;
  }
  if (!offers_mqtt(request.websocket_protocol)) {  // [MQTT-6.0.0-3], [MQTT5-6.0.0-3]
    return 400;
  }
  switch (cookie) {
    case CookieState::none:
      return 101;
    case CookieState::invalid:
      return 401;
    case CookieState::unknown:
      return 503;
    case CookieState::valid:
      break;
  }
  return origin_allowed(request.origin, request.host, request.secure, origins) ? 101 : 403;
}

}  // namespace owb::net::web
