#include "broker/mqtt/topic.hpp"

#include <algorithm>

namespace owb::mqtt {

namespace {

constexpr std::string_view kShare = "$share";

/// Takes the first level off `rest`; `rest` is what stands behind its slash. False in `more`: there
/// is no slash.
std::string_view take_level(std::string_view& rest, bool& more) {
  const auto slash = rest.find('/');
  const auto level = rest.substr(0, slash);
  more = slash != std::string_view::npos;
  rest = more ? rest.substr(slash + 1) : std::string_view{};
  return level;
}

}  // namespace

bool is_topic_name(std::string_view topic) {
  return !topic.empty() &&
         topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos;
}

bool is_topic_filter(std::string_view filter) {
  if (filter.empty() || filter.find('\0') != std::string_view::npos) {
    return false;
  }
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const auto c = filter[i];
    if (c != '+' && c != '#') {
      continue;
    }
    const bool starts_level = i == 0 || filter[i - 1] == '/';
    const bool ends_level = i + 1 == filter.size() || (c == '+' && filter[i + 1] == '/');
    if (!starts_level || !ends_level) {
      return false;  // [MQTT-4.7.1-2], [MQTT-4.7.1-3]
    }
  }
  return true;
}

bool matches_levels(std::string_view filter, std::string_view topic) {
  std::size_t f = 0;
  std::size_t t = 0;
  for (;;) {
    if (f < filter.size() && filter[f] == '#') {
      return true;
    }
    if (f < filter.size() && filter[f] == '+') {
      ++f;
      while (t < topic.size() && topic[t] != '/') {
        ++t;
      }
    } else {
      while (f < filter.size() && t < topic.size() && filter[f] != '/' && filter[f] == topic[t]) {
        ++f;
        ++t;
      }
    }
    const bool filter_level_ends = f == filter.size() || filter[f] == '/';
    const bool topic_level_ends = t == topic.size() || topic[t] == '/';
    if (!filter_level_ends || !topic_level_ends) {
      return false;
    }
    if (t == topic.size()) {
      // "sport/#" also matches "sport" [MQTT-4.7.1-2].
      return f == filter.size() || filter.substr(f) == "/#";
    }
    if (f == filter.size()) {
      return false;
    }
    ++f;
    ++t;
  }
}

bool matches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) {
    return false;  // [MQTT-4.7.2-1]
  }
  return matches_levels(filter, topic);
}

std::size_t count_levels(std::string_view topic) {
  return 1 + static_cast<std::size_t>(std::count(topic.begin(), topic.end(), '/'));
}

bool is_shared(std::string_view filter) {
  return filter.starts_with(kShare) &&
         (filter.size() == kShare.size() || filter[kShare.size()] == '/');
}

std::optional<ShareName> parse_share(std::string_view filter) {
  bool more = false;
  take_level(filter, more);
  const auto group = take_level(filter, more);
  if (!more || group.empty() || filter.empty() ||
      group.find_first_of("+#") != std::string_view::npos) {
    return std::nullopt;
  }
  return ShareName{.group = group, .filter = filter};
}

}  // namespace owb::mqtt
