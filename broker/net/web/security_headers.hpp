#pragma once

#include <string>
#include <string_view>

#include "broker/net/web/http_message.hpp"

namespace owb::net::web {

/// The Content-Security-Policy of the dashboard (dashboard.md 7). `host` is the request's Host,
/// checked with is_host().
std::string dashboard_policy(std::string_view host, bool secure);

/// Adds to an answer the headers that every answer has, unless the portal has set its own. The
/// policy of pages that we make ourselves allows nothing at all; a page with scripts has brought
/// dashboard_policy() along.
void add_security_headers(Headers& headers, bool secure);

}  // namespace owb::net::web
