#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "tenants/base/config_file.hpp"
#include "tenants/base/text.hpp"

/// Typed values of directives. Each reader writes `out` and returns true, or leaves it alone, adds
/// a problem that names place, key, the value and what is allowed, and returns false.
namespace owb::config {

/// "KEY: TEXT" at the directive's place.
void add_problem(const Directive& directive, std::string_view text, Problems& problems);

/// "KEY: \"VALUE\" is not allowed; allowed: ALLOWED" (or "a value is missing").
void add_bad_value(const Directive& directive, std::string_view allowed, Problems& problems);

/// `true` or `false`; `1` and `0` as mosquitto.
bool read_bool(const Directive& directive, bool& out, Problems& problems);

/// The whole value; not empty.
bool read_text(const Directive& directive, std::string& out, Problems& problems);

/// A time: `90` (seconds), `90s`, `15m`, `2h`, `30d`, `4w`.
bool read_seconds(const Directive& directive, std::chrono::seconds& out, Problems& problems);

/// A size: `1000` (bytes), `64KB`, `8MB`, `1GB` (1024-based).
bool read_bytes(const Directive& directive, std::uint64_t& out, Problems& problems);

/// A whole number within [least, most].
template <std::integral Number>
bool read_number(const Directive& directive, Number least, Number most, Number& out,
                 Problems& problems) {
  const auto number = text::parse_number<Number>(directive.value, least, most);
  if (!number) {
    add_bad_value(directive, fmt::format("{} to {}", least, most), problems);
    return false;
  }
  out = *number;
  return true;
}

/// One of some words.
template <typename Value>
struct Choice {
  std::string_view word;
  Value value;
};

template <typename Value>
bool read_choice(const Directive& directive, std::span<const Choice<Value>> choices, Value& out,
                 Problems& problems) {
  std::string allowed;
  for (const auto& choice : choices) {
    if (choice.word == directive.value) {
      out = choice.value;
      return true;
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string{choice.word};
  }
  add_bad_value(directive, allowed, problems);
  return false;
}

/// Picks single-valued directives by key, for readers that need a few keys and leave the rest to
/// others. A key given twice is a problem. What is not given leaves the default in place.
class Picker {
 public:
  Picker(const std::vector<Directive>& directives, Problems& problems)
      : directives_{directives}, problems_{problems} {}

  /// The directive of that key, null if there is none.
  const Directive* find(std::string_view key);

  void text(std::string_view key, std::string& out);
  void boolean(std::string_view key, bool& out);
  void seconds(std::string_view key, std::chrono::seconds& out);

  template <std::integral Number>
  void number(std::string_view key, Number least, Number most, Number& out) {
    if (const auto* directive = find(key)) {
      read_number(*directive, least, most, out, problems_);
    }
  }

 private:
  const std::vector<Directive>& directives_;
  Problems& problems_;
};

}  // namespace owb::config
