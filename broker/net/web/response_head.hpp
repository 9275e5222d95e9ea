#pragma once

#include <string>

#include "broker/net/web/http_message.hpp"

namespace owb::net::web {

/// Status line and headers of an answer to `request`, ready for the wire. Adds the security headers
/// to `response`, and Content-Length; with `close` also `Connection: close`.
std::string format_head(HttpResponse& response, const HttpRequest& request, bool close);

}  // namespace owb::net::web
