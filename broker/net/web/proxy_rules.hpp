#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/net/web/http_message.hpp"

namespace owb::net::web {

/// One complete request for the portal.
struct ProxyRequest {
  Method method = Method::get;
  std::string target;  ///< path and query, percent-encoded
  Headers headers;
  std::string content_type;
  std::string body;
  std::string accept_language;  ///< for the page that says that the portal is away
};

/// In this header the portal reads who asks. It comes from us alone.
inline constexpr std::string_view kClientAddressHeader = "X-Owb-Client-Address";

/// A larger answer of the portal is a 502.
inline constexpr std::size_t kMaxProxyReply = 4U << 20;

/// Takes over method, path, query and the headers of the allow-list: Origin, Sec-Fetch-Site,
/// Cookie, Content-Type, Accept-Language, User-Agent, Host. Everything else a client may have sent
/// (X-Forwarded-*, our own header) ends here.
ProxyRequest make_proxy_request(const HttpRequest& request, std::string body,
                                std::string_view client_address);

/// Whether a header of the portal's answer goes on to the browser.
bool is_reply_header(std::string_view name);

}  // namespace owb::net::web
