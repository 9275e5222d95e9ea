#include "broker/net/web/origin_rule.hpp"

#include <algorithm>

#include "broker/net/web/request_rules.hpp"
#include "tenants/base/text.hpp"

namespace owb::net::web {

namespace {

/// Browsers leave out the default port in Origin; Host may still carry it, and so may a configured
/// origin.
std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

std::string_view without_default_port(std::string_view origin) {
  return text::starts_with_ignoring_case(origin, "https://") ? without_suffix(origin, ":443")
                                                             : without_suffix(origin, ":80");
}

std::string_view normal(std::string_view origin) {
  return without_default_port(without_suffix(origin, "/"));
}

}  // namespace

bool origin_allowed(std::string_view origin, std::string_view host, bool secure,
                    const std::vector<std::string>& listed) {
  if (!listed.empty()) {
    return std::any_of(listed.begin(), listed.end(), [&](const std::string& entry) {
      return text::equal_ignoring_case(normal(entry), normal(origin));
    });
  }
  const std::string_view scheme = secure ? "https://" : "http://";
  if (!text::starts_with_ignoring_case(origin, scheme) || !is_host(host)) {
    return false;
  }
  const std::string own = std::string{scheme}.append(host);
  return text::equal_ignoring_case(normal(origin), without_default_port(own));
}

}  // namespace owb::net::web
