#include "broker/net/web/routes.hpp"

#include <algorithm>
#include <array>

namespace owb::net::web {

namespace {

constexpr std::array<std::string_view, 6> kShellPaths{"/",    "/index.html", "/history",
                                                      "/log", "/home",       "/settings"};
constexpr std::array<std::string_view, 3> kWebSocketPaths{"/mqtt", "/ws", "/"};

/// A longer address is not kept for the way back after login.
constexpr std::size_t kMaxNext = 512;

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view path) {
  return std::find(list.begin(), list.end(), path) != list.end();
}

}  // namespace

Target target_of(std::string_view path) {
  if (path.starts_with("/login") || path == "/logout" || path.starts_with("/password") ||
      path.starts_with("/api/")) {
    return Target::portal;
  }
  return contains(kShellPaths, path) ? Target::shell : Target::file;
}

bool is_websocket_path(std::string_view path) {
  return contains(kWebSocketPaths, path);
}

std::string_view allowed_methods(Target target) {
  return target == Target::portal ? "GET, HEAD, POST, PUT, DELETE" : "GET, HEAD";
}

bool allows(Target target, Method method) {
  if (method == Method::get || method == Method::head) {
    return true;
  }
  return target == Target::portal && method != Method::other;
}

std::string login_location(const HttpRequest& request) {
  std::string page = percent_encode(request.path, "/");
  if (!request.query.empty()) {
    page += '?' + request.query;
  }
  if (page == "/" || page.size() > kMaxNext) {
    return "/login";
  }
  return "/login?next=" + percent_encode(page, "/");
}

std::string percent_encode(std::string_view text, std::string_view also_keep) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || also_keep.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 0x0FU];
  }
  return out;
}

}  // namespace owb::net::web
