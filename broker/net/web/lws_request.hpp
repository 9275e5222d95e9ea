#pragma once

#include <libwebsockets.h>

#include "broker/net/web/http_message.hpp"

namespace owb::net::web {

/// Copies what we look at out of libwebsockets' header table, which lives only until the
/// transaction or upgrade is done.
HttpRequest read_request(lws* wsi, bool secure);

}  // namespace owb::net::web
