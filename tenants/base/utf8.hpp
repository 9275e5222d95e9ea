#pragma once

#include <string_view>

namespace owb {

/// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. Control characters
/// are the caller's business.
bool is_utf8(std::string_view text);

}  // namespace owb
