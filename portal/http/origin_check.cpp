#include "portal/http/origin_check.hpp"

#include <algorithm>

#include "tenants/base/text.hpp"

namespace owb::portal::http {
namespace {

/// Browsers leave the default port out of Origin; a configured origin and Host may have it.
std::string_view without_default_port(std::string_view origin) {
  constexpr std::string_view kDefaultPort = ":443";
  return origin.ends_with(kDefaultPort) ? origin.substr(0, origin.size() - kDefaultPort.size())
                                        : origin;
}

bool same_origin(std::string_view left, std::string_view right) {
  return text::equal_ignoring_case(without_default_port(left), without_default_port(right));
}

}  // namespace

bool comes_from_us(const RequestSource& source, const std::vector<std::string>& allowed) {
  if (source.origin.empty() || source.origin == "null") {
    return source.sec_fetch_site == "same-origin";
  }
  if (!allowed.empty()) {
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& origin) {
      return same_origin(origin, source.origin);
    });
  }
  return !source.host.empty() && same_origin(source.origin, "https://" + std::string{source.host});
}

}  // namespace owb::portal::http
