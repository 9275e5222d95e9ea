#include "broker/mqtt/topic.hpp"

#include <algorithm>
#include <cstdint>

#include "broker/mqtt/swar.hpp"

namespace owb::mqtt {
namespace {

constexpr std::string_view kShare = "$share";

constexpr bool is_wildcard(char c) {
  return c == '+' || c == '#';
}

}  // namespace

bool is_topic_name(std::string_view topic) {
  if (topic.empty()) {
    return false;  // [MQTT-4.7.3-1]
  }
  std::size_t at = 0;
  for (; topic.size() - at >= swar::kBytes; at += swar::kBytes) {
    const std::uint64_t word = swar::load(topic.data() + at);
    if (swar::has_byte(word, '+') || swar::has_byte(word, '#') || swar::has_zero(word)) {
      return false;
    }
  }
  return std::none_of(topic.begin() + static_cast<std::ptrdiff_t>(at), topic.end(),
                      [](char c) { return is_wildcard(c) || c == '\0'; });
  // [MQTT-3.3.2-2], [MQTT-4.7.1-1], [MQTT5-4.7.0-1]
}

bool is_topic_filter(std::string_view filter) {
  if (filter.empty()) {
    return false;  // [MQTT-4.7.3-1]
  }
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const char c = filter[i];
    if (c == '\0') {
      return false;  // [MQTT-4.7.3-2], [MQTT5-4.7.3-2]
    }
    if (!is_wildcard(c)) {
      continue;
    }
    const bool last = i + 1 == filter.size();
    const bool level_begins = i == 0 || filter[i - 1] == '/';
    const bool level_ends = last || (c == '+' && filter[i + 1] == '/');
    if (!level_begins || !level_ends) {
      return false;  // [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT5-4.7.1-1], [MQTT5-4.7.1-2]
    }
  }
  return true;
}

bool matches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && !filter.empty() && is_wildcard(filter.front())) {
    return false;  // [MQTT-4.7.2-1], [MQTT5-4.7.2-1]
  }
  return matches_levels(filter, topic);
}

// Byte for byte [MQTT-4.7.3-4], [MQTT5-4.7.3-4].
bool matches_levels(std::string_view filter, std::string_view topic) {
  std::size_t f = 0;
  std::size_t t = 0;
  while (f < filter.size()) {
    const char c = filter[f];
    if (c == '#') {
      return true;
    }
    if (c == '+') {
      t = std::min(topic.find('/', t), topic.size());
      ++f;
      continue;
    }
    if (t == topic.size()) {
      return filter.substr(f) == "/#";  // "#" includes the parent level
    }
    if (c != topic[t]) {
      return false;
    }
    ++f;
    ++t;
  }
  return t == topic.size();
}

std::size_t count_levels(std::string_view topic) {
  return 1 + static_cast<std::size_t>(std::count(topic.begin(), topic.end(), '/'));
}

bool is_shared(std::string_view filter) {
  return filter.starts_with(kShare) &&
         (filter.size() == kShare.size() || filter[kShare.size()] == '/');
}

std::optional<ShareName> parse_share(std::string_view filter) {
  if (!is_shared(filter) || filter.size() == kShare.size()) {
    return std::nullopt;
  }
  const std::string_view rest = filter.substr(kShare.size() + 1);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == rest.size()) {
    return std::nullopt;  // [MQTT5-4.8.2-1], [MQTT5-4.8.2-2]
  }
  const ShareName share{.group = rest.substr(0, slash), .filter = rest.substr(slash + 1)};
  if (std::any_of(share.group.begin(), share.group.end(), is_wildcard)) {
    return std::nullopt;  // [MQTT5-4.8.2-2]
  }
  return share;
}

}  // namespace owb::mqtt
