#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/net/web/error_pages.hpp"
#include "broker/net/web/media_type.hpp"
#include "broker/net/web/origin_rule.hpp"
#include "broker/net/web/proxy_rules.hpp"
#include "broker/net/web/request_rules.hpp"
#include "broker/net/web/response_head.hpp"
#include "broker/net/web/routes.hpp"
#include "broker/net/web/security_headers.hpp"
#include "broker/net/web/static_files.hpp"
#include "broker/net/web/upgrade_rules.hpp"
#include "tenants/base/assert.hpp"

namespace owb::net::web {
namespace {

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7F;
  });
}

/// Takes the text up to the next line feed.
std::string take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string line{rest.substr(0, end)};
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

/// One field a line, in a fixed order; what libwebsockets could hand us, and more.
HttpRequest read(std::string_view text) {
  HttpRequest request;
  const auto flags = text.empty() ? 0U : static_cast<unsigned char>(text.front());
  text.remove_prefix(text.empty() ? 0 : 1);
  request.method = static_cast<Method>(flags % 6U);
  request.transfer_encoding = (flags & 0x08U) != 0;
  request.repeated = (flags & 0x10U) != 0;
  request.http11 = (flags & 0x20U) == 0;
  request.secure = (flags & 0x40U) == 0;
  request.path = take_line(text);
  request.host = take_line(text);
  request.origin = take_line(text);
  request.websocket_version = take_line(text);
  request.websocket_protocol = take_line(text);
  if ((flags & 0x80U) != 0) {
    request.content_length = take_line(text);
  }
  request.query = percent_encode(take_line(text), "&=%");
  request.cookie = take_line(text);
  request.content_type = take_line(text);
  request.accept_language = take_line(text);
  request.accept_encoding = take_line(text);
  request.user_agent = take_line(text);
  request.if_none_match = take_line(text);
  request.sec_fetch_site = take_line(text);
  request.connection = take_line(text);
  return request;
}

/// No answer has more lines than it was given headers: nothing a client sent begins one of its own.
void check_head(HttpResponse response, const HttpRequest& request) {
  const auto head = format_head(response, request, response.close);
  OWB_ASSERT(head.ends_with("\r\n\r\n"));
  OWB_ASSERT(head.find("\r\n\r\n") == head.size() - 4);
  const auto lines = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n'));
  const std::size_t ours = 2U + (response.close ? 1U : 0U) +
                           (response.status == 204 || response.status == 304 ? 0U : 1U);
  OWB_ASSERT(lines == response.headers.size() + ours);
}

void check_redirect(const HttpRequest& request) {
  HttpResponse response;
  response.status = 303;
  response.headers = {{"Location", login_location(request)}};
  OWB_ASSERT(is_printable(response.headers[0].second));
  OWB_ASSERT(response.headers[0].second.starts_with("/login"));
  check_head(std::move(response), request);
}

void check_page(const HttpRequest& request) {
  HttpResponse response;
  const auto policy = dashboard_policy(request.host, request.secure);
  // The host adds no directive and no source of its own.
  OWB_ASSERT(std::count(policy.begin(), policy.end(), ';') == 12);
  OWB_ASSERT(policy.find('*') == std::string::npos);
  response.headers = {{"Content-Security-Policy", policy}};
  check_head(std::move(response), request);
}

void check_forwarding(const HttpRequest& request, std::size_t body) {
  OWB_ASSERT(body <= kMaxBody);
  const auto forwarded = make_proxy_request(request, "", "2001:db8::1");
  OWB_ASSERT(forwarded.target.starts_with("/login") || forwarded.target.starts_with("/logout") ||
             forwarded.target.starts_with("/password") || forwarded.target.starts_with("/api/"));
  OWB_ASSERT(is_printable(forwarded.target));
  for (const auto& [name, value] : forwarded.headers) {
    OWB_ASSERT(is_header_value(value));
    OWB_ASSERT(!name.starts_with("X-") || name == kClientAddressHeader);
  }
}

void check_file(const HttpRequest& request) {
  if (is_file_path(request.path)) {
    const auto closed = request.path + "/";
    OWB_ASSERT(closed.find("/../") == std::string::npos && closed.find("//") == std::string::npos);
    OWB_ASSERT(closed.find('\0') == std::string::npos);
  }
  static_cast<void>(media_type(request.path));
  for (const auto coding : {"br", "gzip"}) {
    static_cast<void>(accepts_coding(request.accept_encoding, coding));
  }
  static_cast<void>(etag_matches(request.if_none_match, "\"a\""));
}

void check_upgrades(const HttpRequest& request) {
  const std::vector<std::string> listed{"https://dash.example"};
  for (const auto cookie :
       {CookieState::none, CookieState::invalid, CookieState::valid, CookieState::unknown}) {
    for (const auto& origins : {std::vector<std::string>{}, listed}) {
      const int status = check_upgrade(request, cookie, origins);
      if (status != 101) {
        check_head(error_page(status, request.accept_language), request);
        continue;
      }
      OWB_ASSERT(cookie == CookieState::none || cookie == CookieState::valid);
      OWB_ASSERT(request.method == Method::get && request.websocket_version == "13");
      OWB_ASSERT(is_websocket_path(request.path) && offers_mqtt(request.websocket_protocol));
      OWB_ASSERT(cookie == CookieState::none ||
                 origin_allowed(request.origin, request.host, request.secure, origins));
    }
  }
}

}  // namespace
}  // namespace owb::net::web

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace owb::net::web;
  const auto request = read({reinterpret_cast<const char*>(data), size});
  check_upgrades(request);
  check_redirect(request);
  check_file(request);
  const auto framing = check_framing(request);
  if (framing.refuse != 0) {
    const auto page = error_page(framing.refuse, request.accept_language);
    OWB_ASSERT(page.status == framing.refuse && page.close);
    check_head(page, request);
    return 0;
  }
  check_page(request);
  if (target_of(request.path) == Target::portal) {
    check_forwarding(request, framing.body);
  }
  return 0;
}
