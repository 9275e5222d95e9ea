#include "broker/net/web/response_head.hpp"

#include <fmt/core.h>

#include "broker/net/web/security_headers.hpp"

namespace owb::net::web {

std::string format_head(HttpResponse& response, const HttpRequest& request, bool close) {
  add_security_headers(response.headers, request.secure);
  const auto length = response.body ? response.body->size() : 0;
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  for (const auto& [name, value] : response.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (response.status != 204 && response.status != 304) {
    head += fmt::format("Content-Length: {}\r\n", length);
  }
  head += close ? "Connection: close\r\n\r\n" : "\r\n";
  return head;
}

}  // namespace owb::net::web
