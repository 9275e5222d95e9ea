#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portal/http/pages.hpp"

namespace owb::portal::http {

/// What to type into openWB, 1.9 and 2.x, for this user and secret; `host` is where homes reach the
/// broker (port 8883).
std::vector<HomeSetup> home_setups(const std::string& user, const std::string& secret,
                                   const std::string& host);

/// The host name in "https://HOST:PORT" or in a Host header; "HOST" if there is none that could be
/// one.
std::string host_name_of(std::string_view origin_or_host);

}  // namespace owb::portal::http
