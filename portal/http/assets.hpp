#pragma once

#include <string>
#include <string_view>

namespace owb::portal::http {

/// A file the portal's pages need: below /login, since only that is forwarded to us, with a mark of
/// its content in the query, so that browsers may keep it for good.
struct Asset {
  std::string path;  ///< with the query
  std::string_view content_type;
  std::string_view content;
};

const Asset& stylesheet();
const Asset& icon();

inline constexpr std::string_view kStylesheetRoute = "/login.css";
inline constexpr std::string_view kIconRoute = "/login.svg";

}  // namespace owb::portal::http
