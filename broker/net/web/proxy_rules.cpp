#include "broker/net/web/proxy_rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "broker/net/web/request_rules.hpp"
#include "broker/net/web/routes.hpp"
#include "tenants/base/text.hpp"

namespace owb::net::web {

namespace {

constexpr std::array<std::string_view, 18> kReplyHeaders{"Content-Type",
                                                         "Content-Language",
                                                         "Content-Disposition",
                                                         "Set-Cookie",
                                                         "Location",
                                                         "Cache-Control",
                                                         "ETag",
                                                         "Vary",
                                                         "Retry-After",
                                                         "Allow",
                                                         "Content-Security-Policy",
                                                         "Referrer-Policy",
                                                         "Strict-Transport-Security",
                                                         "X-Content-Type-Options",
                                                         "Cross-Origin-Opener-Policy",
                                                         "Cross-Origin-Resource-Policy",
                                                         "Permissions-Policy",
                                                         "Clear-Site-Data"};

void add(Headers& headers, std::string_view name, const std::string& value) {
  if (!value.empty() && is_header_value(value)) {
    headers.emplace_back(name, value);
  }
}

}  // namespace

ProxyRequest make_proxy_request(const HttpRequest& request, std::string body,
                                std::string_view client_address) {
  ProxyRequest out;
  out.method = request.method;
  out.target = percent_encode(request.path, "/");
  if (!request.query.empty()) {
    out.target += '?' + request.query;
  }
  add(out.headers, "Host", request.host);
  add(out.headers, "Origin", request.origin);
  add(out.headers, "Sec-Fetch-Site", request.sec_fetch_site);
  add(out.headers, "Cookie", request.cookie);
  add(out.headers, "Accept-Language", request.accept_language);
  add(out.headers, "User-Agent", request.user_agent);
  add(out.headers, kClientAddressHeader, std::string{client_address});
  out.content_type = is_header_value(request.content_type) ? request.content_type : std::string{};
  out.body = std::move(body);
  out.accept_language = request.accept_language;
  return out;
}

bool is_reply_header(std::string_view name) {
  return std::any_of(kReplyHeaders.begin(), kReplyHeaders.end(), [&](std::string_view known) {
    return text::equal_ignoring_case(known, name);
  });
}

}  // namespace owb::net::web
