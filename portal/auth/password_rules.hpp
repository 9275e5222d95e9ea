#pragma once

#include <cstddef>
#include <string_view>

#include "portal/auth/answer.hpp"

namespace owb::portal::auth {

inline constexpr std::size_t kMinPasswordCharacters = 10;

/// Whether a person may choose this password: length only, and any characters. Errors:
/// password_too_short, password_too_long.
Answer<void> check_new_password(std::string_view password);

}  // namespace owb::portal::auth
