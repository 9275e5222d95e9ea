#include "tenants/base/config_value.hpp"

#include <array>
#include <optional>

#include "tenants/base/logging.hpp"

namespace owb::config {

namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};

constexpr std::array kTimeUnits{Unit{"w", 604'800}, Unit{"d", 86'400}, Unit{"h", 3'600},
                                Unit{"m", 60},      Unit{"s", 1},      Unit{"", 1}};
constexpr std::array kByteUnits{Unit{"KB", 1ULL << 10}, Unit{"MB", 1ULL << 20},
                                Unit{"GB", 1ULL << 30}, Unit{"B", 1}, Unit{"", 1}};

/// Far beyond use, far from overflow in whatever is computed from it.
constexpr std::uint64_t kMostSeconds = 100ULL * 366 * 86'400;
constexpr std::uint64_t kMostBytes = 1ULL << 50;

std::optional<std::uint64_t> with_unit(std::string_view value, std::span<const Unit> units,
                                       std::uint64_t most) {
  for (const auto& unit : units) {
    if (!value.ends_with(unit.suffix)) {
      continue;
    }
    const auto digits = value.substr(0, value.size() - unit.suffix.size());
    const auto number = text::parse_number<std::uint64_t>(digits);
    if (!number || *number > most / unit.factor) {
      return std::nullopt;
    }
    return *number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

void add_problem(const Directive& directive, std::string_view text, Problems& problems) {
  problems.push_back({directive.place, fmt::format("{}: {}", log::escape(directive.key), text)});
}

void add_bad_value(const Directive& directive, std::string_view allowed, Problems& problems) {
  const auto what = directive.value.empty()
                        ? std::string{"a value is missing"}
                        : fmt::format("\"{}\" is not allowed", log::escape(directive.value));
  add_problem(directive, fmt::format("{}; allowed: {}", what, allowed), problems);
}

bool read_bool(const Directive& directive, bool& out, Problems& problems) {
  static constexpr std::array<Choice<bool>, 4> kWords{
      {{"true", true}, {"false", false}, {"1", true}, {"0", false}}};
  for (const auto& choice : kWords) {
    if (choice.word == directive.value) {
      out = choice.value;
      return true;
    }
  }
  add_bad_value(directive, "true, false", problems);
  return false;
}

bool read_text(const Directive& directive, std::string& out, Problems& problems) {
  if (directive.value.empty()) {
    add_problem(directive, "a value is missing", problems);
    return false;
  }
  out = directive.value;
  return true;
}

bool read_seconds(const Directive& directive, std::chrono::seconds& out, Problems& problems) {
  const auto seconds = with_unit(directive.value, kTimeUnits, kMostSeconds);
  if (!seconds) {
    add_bad_value(directive, "a time as 90, 90s, 15m, 2h, 30d, 4w", problems);
    return false;
  }
  out = std::chrono::seconds{*seconds};
  return true;
}

bool read_bytes(const Directive& directive, std::uint64_t& out, Problems& problems) {
  const auto bytes = with_unit(directive.value, kByteUnits, kMostBytes);
  if (!bytes) {
    add_bad_value(directive, "a size as 1000, 64KB, 8MB, 1GB", problems);
    return false;
  }
  out = *bytes;
  return true;
}

const Directive* Picker::find(std::string_view key) {
  const Directive* found = nullptr;
  for (const auto& directive : directives_) {
    if (directive.key != key) {
      continue;
    }
    if (found != nullptr) {
      add_problem(directive,
                  fmt::format("given twice, first at {}:{}", log::escape(found->place.file),
                              found->place.line),
                  problems_);
      return found;
    }
    found = &directive;
  }
  return found;
}

void Picker::text(std::string_view key, std::string& out) {
  if (const auto* directive = find(key)) {
    read_text(*directive, out, problems_);
  }
}

void Picker::boolean(std::string_view key, bool& out) {
  if (const auto* directive = find(key)) {
    read_bool(*directive, out, problems_);
  }
}

void Picker::seconds(std::string_view key, std::chrono::seconds& out) {
  if (const auto* directive = find(key)) {
    read_seconds(*directive, out, problems_);
  }
}

}  // namespace owb::config
