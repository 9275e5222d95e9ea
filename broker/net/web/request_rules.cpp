#include "broker/net/web/request_rules.hpp"

#include <algorithm>

#include "tenants/base/text.hpp"

namespace owb::net::web {

namespace {

constexpr std::size_t kMaxHost = 255;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '.' ||
         c == '_';
}

bool is_port(std::string_view port) {
  return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

/// `[v6]` or `[v6]:port`.
bool is_bracketed_host(std::string_view host) {
  const auto end = host.find(']');
  if (end == std::string_view::npos || end < 3) {
    return false;
  }
  const auto address = host.substr(1, end - 1);
  const auto is_v6_character = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
  };
  if (!std::all_of(address.begin(), address.end(), is_v6_character)) {
    return false;
  }
  const auto rest = host.substr(end + 1);
  return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

bool headers_are_printable(const HttpRequest& r) {
  const auto values = {&r.host,         &r.origin,          &r.cookie,
                       &r.content_type, &r.accept_language, &r.accept_encoding,
                       &r.user_agent,   &r.if_none_match,   &r.sec_fetch_site,
                       &r.connection};
  return std::all_of(values.begin(), values.end(),
                     [](const std::string* value) { return is_header_value(*value); });
}

bool may_carry_body(Method method) {
  return method == Method::post || method == Method::put || method == Method::remove;
}

bool must_declare_body(Method method) {
  return method == Method::post || method == Method::put;
}

}  // namespace

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kMaxHost) {
    return false;
  }
  if (host.front() == '[') {
    return is_bracketed_host(host);
  }
  const auto colon = host.find(':');
  const auto name = host.substr(0, colon);
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character)) {
    return false;
  }
  return colon == std::string_view::npos || is_port(host.substr(colon + 1));
}

bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7F;
  });
}

Framing check_framing(const HttpRequest& request) {
  if (request.oversized) {
    return {.refuse = 431};
  }
  if (request.repeated || !is_host(request.host) || !headers_are_printable(request)) {
    return {.refuse = 400};
  }
  if (request.transfer_encoding) {
    // libwebsockets does not decode chunks; together with a length it is an attempt at smuggling.
    return {.refuse = request.content_length ? 400 : 411};
  }
  if (!request.content_length) {
    return {.refuse = must_declare_body(request.method) ? 411 : 0};
  }
  const auto length = text::parse_number<std::uint64_t>(*request.content_length);
  if (!length) {
    return {.refuse = 400};
  }
  if (*length > kMaxBody) {
    return {.refuse = 413};
  }
  if (*length > 0 && !may_carry_body(request.method)) {
    return {.refuse = 400};
  }
  return {.refuse = 0, .body = static_cast<std::size_t>(*length)};
}

}  // namespace owb::net::web
