#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace owb::net::web {

/// Whether a page of this `Origin` may open a WebSocket with our cookie. `listed`: the
/// configuration's origins; if there are none, the origin must be the very host the request went
/// to, over https (http on a listener without TLS).
bool origin_allowed(std::string_view origin, std::string_view host, bool secure,
                    const std::vector<std::string>& listed);

}  // namespace owb::net::web
