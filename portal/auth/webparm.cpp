#include "portal/auth/webparm.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "portal/auth/errc.hpp"

namespace owb::portal::auth {
namespace {

struct Theme {
  std::string_view payload;
  std::string_view name;
};

constexpr std::array<Theme, 4> kThemes{{
    {"standard", "standard"},
    {"light", "light"},
    {"dark", "dark"},
    {"EvenDarker", "dark"},
}};

constexpr std::size_t kMaxIdDigits = 19;  // always fits 64 bits

}  // namespace

std::optional<std::uint64_t> parse_webparm_id(std::string_view payload) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (payload.empty() || payload.size() > kMaxIdDigits ||
      !std::all_of(payload.begin(), payload.end(), is_digit)) {
    return std::nullopt;
  }
  std::uint64_t id = 0;
  std::from_chars(payload.data(), payload.data() + payload.size(), id);
  return id;
}

std::string_view theme_or_standard(std::string_view payload) {
  const auto* found = std::find_if(kThemes.begin(), kThemes.end(),
                                   [&](const Theme& theme) { return theme.payload == payload; });
  return found == kThemes.end() ? kThemes.front().name : found->name;
}

WebparmTopics::WebparmTopics(std::string_view user, std::string_view root)
    : prefix_(std::string{user} + '/' + std::string{root} + '/'),
      old_prefix_(std::string{user} + '/' + std::string{kOldWebparmRoot} + '/') {}

void WebparmTopics::take(std::string_view topic, std::string_view payload) {
  if (!take_into(values_, prefix_, topic, payload)) {
    take_into(old_values_, old_prefix_, topic, payload);
  }
}

bool WebparmTopics::take_into(Values& values, std::string_view prefix, std::string_view topic,
                              std::string_view payload) {
  if (!topic.starts_with(prefix)) {
    return false;
  }
  const auto key = topic.substr(prefix.size());
  if (key == "id") {
    values.id = parse_webparm_id(payload).value_or(0);
  } else if (key == "thema") {
    values.theme = theme_or_standard(payload);
  }
  return true;
}

Result<Webparm> WebparmTopics::verdict() const {
  const auto id = values_.id ? values_.id : old_values_.id;
  if (id.value_or(0) == 0) {
    return Errc::not_unlocked;
  }
  const auto theme = values_.theme ? values_.theme : old_values_.theme;
  return Webparm{.id = *id, .theme = theme.value_or(std::string{kThemes.front().name})};
}

}  // namespace owb::portal::auth
