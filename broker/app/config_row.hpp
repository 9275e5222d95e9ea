#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "tenants/base/config_value.hpp"

/// Tables that say which directive sets which field of which section; inside broker/app only.
namespace owb::app {

/// What a second directive of the same key in the same section means.
enum class Repeat : std::uint8_t {
  last_wins,  ///< numbers and switches, as mosquitto
  once,       ///< names and files: the second is an error, as mosquitto
  adds,       ///< lists
};

/// One directive of a section.
template <typename Section>
struct Row {
  std::string_view key;
  void (*set)(Section&, const config::Directive&, config::Problems&);
  Repeat repeat = Repeat::last_wins;
};

template <typename Section>
const Row<Section>* find_row(std::span<const Row<Section>> rows, std::string_view key) {
  const auto row = std::ranges::find(rows, key, &Row<Section>::key);
  return row == rows.end() ? nullptr : &*row;
}

/// Type of the section and of the field a member pointer names.
template <typename>
struct FieldOf;

template <typename Class, typename Type>
struct FieldOf<Type Class::*> {
  using Section = Class;
  using Value = Type;
};

template <auto Field>
using SectionOf = typename FieldOf<decltype(Field)>::Section;

/// The field as a plain value, also if it is optional.
template <auto Field>
void put(SectionOf<Field>& section, auto value) {
  section.*Field = std::move(value);
}

template <auto Field>
void set_text(SectionOf<Field>& section, const config::Directive& directive,
              config::Problems& problems) {
  config::read_text(directive, section.*Field, problems);
}

template <auto Field>
void set_bool(SectionOf<Field>& section, const config::Directive& directive,
              config::Problems& problems) {
  bool value = false;
  if (config::read_bool(directive, value, problems)) {
    put<Field>(section, value);
  }
}

/// The number type behind a field, optional or not.
template <typename Value>
struct Plain {
  using Type = Value;
};

template <typename Value>
struct Plain<std::optional<Value>> {
  using Type = Value;
};

template <auto Field>
using NumberOf = typename Plain<typename FieldOf<decltype(Field)>::Value>::Type;

template <auto Field, NumberOf<Field> Least = 0,
          NumberOf<Field> Most = std::numeric_limits<NumberOf<Field>>::max()>
void set_number(SectionOf<Field>& section, const config::Directive& directive,
                config::Problems& problems) {
  NumberOf<Field> value{};
  if (config::read_number(directive, Least, Most, value, problems)) {
    put<Field>(section, value);
  }
}

/// As set_number, and mosquitto's `-1` for "no limit" leaves the field's default-constructed value.
template <auto Field>
void set_count(SectionOf<Field>& section, const config::Directive& directive,
               config::Problems& problems) {
  if (directive.value == "-1") {
    section.*Field = {};
    return;
  }
  set_number<Field>(section, directive, problems);
}

template <auto Field>
void set_seconds(SectionOf<Field>& section, const config::Directive& directive,
                 config::Problems& problems) {
  config::read_seconds(directive, section.*Field, problems);
}

template <auto Field>
void set_bytes(SectionOf<Field>& section, const config::Directive& directive,
               config::Problems& problems) {
  config::read_bytes(directive, section.*Field, problems);
}

}  // namespace owb::app
