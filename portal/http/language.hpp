#pragma once

#include <cstdint>
#include <string_view>

namespace owb::portal::http {

enum class Language : std::uint8_t { german, english };

/// "de" or "en": for `lang` attributes, `?lang=` and the API.
std::string_view code_of(Language language);

/// What was asked for by `?lang=` or a form, else the better liked of the two in Accept-Language,
/// else German.
Language choose_language(std::string_view asked, std::string_view accept_language);

}  // namespace owb::portal::http
