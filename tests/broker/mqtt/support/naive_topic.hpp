#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Topic rules as the specification says them, level by level, slow and with copies: what the real
/// ones are held against.
namespace owb::mqtt::testing {

inline std::vector<std::string> levels_of(std::string_view topic) {
  std::vector<std::string> levels(1);
  for (const char c : topic) {
    if (c == '/') {
      levels.emplace_back();
    } else {
      levels.back() += c;
    }
  }
  return levels;
}

inline bool naive_is_topic_filter(std::string_view filter) {
  if (filter.empty()) {
    return false;
  }
  const std::vector<std::string> levels = levels_of(filter);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::string& level = levels[i];
    const bool last = i + 1 == levels.size();
    if (level.find('\0') != std::string::npos) {
      return false;
    }
    if (level.find('+') != std::string::npos && level != "+") {
      return false;
    }
    if (level.find('#') != std::string::npos && (level != "#" || !last)) {
      return false;
    }
  }
  return true;
}

/// From level `at` on.
inline bool naive_matches(const std::vector<std::string>& filter,
                          const std::vector<std::string>& topic, std::size_t at = 0) {
  if (at == filter.size()) {
    return at == topic.size();
  }
  if (filter[at] == "#") {
    return true;  // also with no level left: the parent
  }
  if (at == topic.size() || (filter[at] != "+" && filter[at] != topic[at])) {
    return false;
  }
  return naive_matches(filter, topic, at + 1);
}

inline bool naive_matches_levels(std::string_view filter, std::string_view topic) {
  return naive_matches(levels_of(filter), levels_of(topic));
}

}  // namespace owb::mqtt::testing
