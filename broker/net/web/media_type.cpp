#include "broker/net/web/media_type.hpp"

#include <array>
#include <optional>
#include <utility>

#include "tenants/base/text.hpp"

namespace owb::net::web {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".xml", "application/xml"},
    {".pdf", "application/pdf"},
}};

bool is_zero_weight(std::string_view parameters) {
  for (auto parameter : text::split(parameters, ';')) {
    parameter = text::trim(parameter);
    if (!text::starts_with_ignoring_case(parameter, "q=")) {
      continue;
    }
    const auto weight = parameter.substr(2);
    return weight.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

std::string_view media_type(std::string_view path) {
  for (const auto& [suffix, type] : kTypes) {
    if (path.ends_with(suffix)) {
      return type;
    }
  }
  return "application/octet-stream";
}

bool accepts_coding(std::string_view accept_encoding, std::string_view coding) {
  std::optional<bool> star;
  for (const auto part : text::split(accept_encoding, ',')) {
    const auto semicolon = part.find(';');
    const auto name = text::trim(part.substr(0, semicolon));
    const bool wanted =
        semicolon == std::string_view::npos || !is_zero_weight(part.substr(semicolon + 1));
    if (text::equal_ignoring_case(name, coding)) {
      return wanted;
    }
    if (name == "*") {
      star = wanted;
    }
  }
  return star.value_or(false);
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  for (auto candidate : text::split(if_none_match, ',')) {
    candidate = text::trim(candidate);
    if (candidate == "*") {
      return true;
    }
    if (candidate.starts_with("W/")) {
      candidate.remove_prefix(2);
    }
    if (!etag.empty() && candidate == etag) {
      return true;
    }
  }
  return false;
}

}  // namespace owb::net::web
