#pragma once

#include <string>
#include <string_view>

namespace owb::portal::http {

/// Remembers the theme of a user who is not in the registry, whose webparm is only read at the
/// login. No secret, and what comes back is one of the known names whatever was sent.
std::string set_theme_cookie(std::string_view theme, long long max_age);

/// The theme in a `Cookie:` header, "standard" if there is none.
std::string_view theme_of_cookie(std::string_view cookie_header);

}  // namespace owb::portal::http
