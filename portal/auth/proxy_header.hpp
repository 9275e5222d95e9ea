#pragma once

#include <string_view>

#include "tenants/base/bytes.hpp"

namespace owb::portal::auth {

/// Appends a PROXY protocol version 2 header that names the browser's numeric address to `out`;
/// port and destination are unknown and zero. Any other text gives a LOCAL header: the broker then
/// knows only that the portal asks.
void append_proxy_header(std::string_view browser_address, Bytes& out);

}  // namespace owb::portal::auth
