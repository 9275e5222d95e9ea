#pragma once

#include <string>
#include <string_view>

namespace owb::portal::http {

/// Where to go after the login: `next` if it is a path of this server that shows a page, else "/"
/// (F45, open redirect).
///
/// Allowed are paths with one leading slash, of `[A-Za-z0-9/_.~?=&%,:+-]`, at most 512 characters,
/// that stay local also when somebody decodes them once more, and that do not lead back to the
/// portal's own forms.
std::string safe_next(std::string_view next);

}  // namespace owb::portal::http
