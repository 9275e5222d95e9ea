#pragma once

#include <cstddef>
#include <string_view>

#include "broker/net/web/http_message.hpp"

namespace owb::net::web {

/// What the head says about the body, or the status with which the request is refused. A refused
/// connection is closed: where its next request would begin is not certain any more (F41).
struct Framing {
  int refuse = 0;        ///< 0: fine; else the HTTP status
  std::size_t body = 0;  ///< bytes of body to come
};

Framing check_framing(const HttpRequest& request);

/// A Host header's value that may be repeated in a CSP or a redirect: name or address, and an
/// optional port.
bool is_host(std::string_view host);

/// No control characters but tab: fit to be forwarded in a header.
bool is_header_value(std::string_view value);

}  // namespace owb::net::web
