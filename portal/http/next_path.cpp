#include "portal/http/next_path.hpp"

#include <algorithm>
#include <array>

#include "portal/http/form.hpp"

namespace owb::portal::http {
namespace {

constexpr std::size_t kMaxNext = 512;
constexpr std::string_view kPunctuation = "/_.~?=&%,:+-";

bool is_allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kPunctuation.find(c) != std::string_view::npos;
}

bool leads_elsewhere(std::string_view path) {
  const auto is_slash = [](char c) { return c == '/' || c == '\\'; };
  return path.empty() || path[0] != '/' || (path.size() > 1 && is_slash(path[1]));
}

/// Pages one would only be sent back from, and what is no page.
bool is_ours(std::string_view path) {
  constexpr std::array<std::string_view, 3> kOurs{"/login", "/logout", "/api"};
  return std::any_of(kOurs.begin(), kOurs.end(), [&](std::string_view ours) {
    return path.starts_with(ours) &&
           (path.size() == ours.size() || path[ours.size()] == '/' || path[ours.size()] == '?');
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

}  // namespace

std::string safe_next(std::string_view next) {
  const std::string home = "/";
  if (next.size() > kMaxNext || !std::all_of(next.begin(), next.end(), is_allowed) ||
      leads_elsewhere(next) || is_ours(next)) {
    return home;
  }
  const auto decoded = percent_decode(next);
  if (!decoded || leads_elsewhere(*decoded) || has_control(*decoded)) {
    return home;
  }
  return std::string{next};
}

}  // namespace owb::portal::http
