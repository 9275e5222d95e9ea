#pragma once

#include <string_view>

namespace owb::net::web {

/// The Content-Type of a file by the end of its name; application/octet-stream when unknown.
std::string_view media_type(std::string_view path);

/// Whether the client takes this content coding (RFC 9110 12.5.3): named, or `*`, and not with q=0.
bool accepts_coding(std::string_view accept_encoding, std::string_view coding);

/// Whether one of the entity tags in If-None-Match is ours, weakly compared (RFC 9110 13.1.2).
bool etag_matches(std::string_view if_none_match, std::string_view etag);

}  // namespace owb::net::web
