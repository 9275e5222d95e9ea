#include "portal/http/language.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "tenants/base/text.hpp"

namespace owb::portal::http {
namespace {

constexpr int kFullWeight = 1'000;

std::optional<Language> language_of(std::string_view tag) {
  const auto primary = tag.substr(0, tag.find('-'));
  if (text::equal_ignoring_case(primary, "de")) {
    return Language::german;
  }
  if (text::equal_ignoring_case(primary, "en")) {
    return Language::english;
  }
  return std::nullopt;
}

/// `q=0.85` in thousandths; 0 if it makes no sense.
int weight_of(std::string_view parameter) {
  parameter = text::trim(parameter);
  if (parameter.empty()) {
    return kFullWeight;
  }
  if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) {
    return 0;
  }
  double weight = 0;
  const auto number = parameter.substr(2);
  std::from_chars(number.data(), number.data() + number.size(), weight);
  return static_cast<int>(std::clamp(weight, 0.0, 1.0) * kFullWeight);
}

}  // namespace

std::string_view code_of(Language language) {
  return language == Language::german ? "de" : "en";
}

Language choose_language(std::string_view asked, std::string_view accept_language) {
  if (const auto language = language_of(asked)) {
    return *language;
  }
  auto best = Language::german;
  int best_weight = 0;
  for (const auto entry : text::split(accept_language, ',')) {
    const auto semicolon = entry.find(';');
    const auto language = language_of(text::trim(entry.substr(0, semicolon)));
    const int weight =
        semicolon == std::string_view::npos ? kFullWeight : weight_of(entry.substr(semicolon + 1));
    if (language && weight > best_weight) {
      best = *language;
      best_weight = weight;
    }
  }
  return best;
}

}  // namespace owb::portal::http
