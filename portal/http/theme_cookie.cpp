#include "portal/http/theme_cookie.hpp"

#include "portal/auth/webparm.hpp"
#include "tenants/base/text.hpp"
#include "tenants/session/cookie.hpp"

namespace owb::portal::http {
namespace {

constexpr std::string_view kName = "__Host-owb-theme=";

}  // namespace

std::string set_theme_cookie(std::string_view theme, long long max_age) {
  return std::string{kName} + std::string{auth::theme_or_standard(theme)} +
         "; Max-Age=" + std::to_string(max_age) + "; " + std::string{session::kCookieAttributes};
}

std::string_view theme_of_cookie(std::string_view cookie_header) {
  for (const auto part : text::split(cookie_header, ';')) {
    const auto pair = text::trim(part);
    if (pair.starts_with(kName)) {
      return auth::theme_or_standard(pair.substr(kName.size()));
    }
  }
  return auth::theme_or_standard({});
}

}  // namespace owb::portal::http
