#pragma once

#include <cstdint>
#include <string_view>

#include "broker/net/web/http_message.hpp"

namespace owb::net::web {

enum class Language : std::uint8_t { german, english };

/// The first of our languages that Accept-Language names, whatever the weights: browsers list them
/// in order. German if none.
Language choose_language(std::string_view accept_language);

/// A small page in the reader's language that says what is wrong: 4xx and 5xx. Statuses after which
/// the connection cannot go on (bad framing) close it.
HttpResponse error_page(int status, std::string_view accept_language);

}  // namespace owb::net::web
