#include <array>

#include "broker/app/config_sections.hpp"

namespace owb::app {

namespace {

using config::Directive;
using config::Problems;

/// mosquitto's form: a number and one of `h d w m y`; more than it takes is taken too.
void set_client_expiration(PersistenceConfig& section, const Directive& directive,
                           Problems& problems) {
  using namespace std::chrono_literals;
  static constexpr std::array<std::pair<char, std::chrono::seconds>, 5> kUnits{
      {{'h', 1h}, {'d', 24h}, {'w', 168h}, {'m', 720h}, {'y', 8'760h}}};
  const std::string_view value = directive.value;
  for (const auto& [suffix, unit] : kUnits) {
    if (!value.ends_with(suffix)) {
      continue;
    }
    const auto digits = value.substr(0, value.size() - 1);
    if (const auto count = text::parse_number<std::uint32_t>(digits, 1, 1'000'000)) {
      section.persistent_client_expiration = unit * *count;
      return;
    }
  }
  config::add_bad_value(directive, "a time as 2h, 30d, 4w, 6m (months), 1y", problems);
}

void set_location(PersistenceConfig& section, const Directive& directive, Problems& problems) {
  if (config::read_text(directive, section.location, problems) &&
      !section.location.ends_with('/')) {
    section.location += '/';
  }
}

/// A name, not a way out of persistence_location.
void set_file(PersistenceConfig& section, const Directive& directive, Problems& problems) {
  if (directive.value.find('/') != std::string::npos) {
    config::add_bad_value(directive, "a file name without /", problems);
    return;
  }
  config::read_text(directive, section.file, problems);
}

void set_durability(PersistenceConfig& section, const Directive& directive, Problems& problems) {
  static constexpr std::array<config::Choice<Durability>, 3> kChoices{
      {{"process", Durability::process}, {"power", Durability::power}, {"none", Durability::none}}};
  config::read_choice<Durability>(directive, kChoices, section.durability, problems);
}

}  // namespace

std::string PersistenceConfig::path() const {
  if (!enabled) {
    return {};
  }
  if (!state.empty()) {
    return state;
  }
  return location + (file.empty() ? "state.db" : file);
}

std::span<const Row<ProcessConfig>> process_rows() {
  static constexpr std::array<Row<ProcessConfig>, 5> kRows{{
      {"pid_file", set_text<&ProcessConfig::pid_file>, Repeat::once},
      {"user", set_text<&ProcessConfig::user>, Repeat::once},
      {"workers", set_number<&ProcessConfig::workers, 0, kMostWorkers>},
      {"web_threads", set_number<&ProcessConfig::web_threads, 1, kMostWorkers>},
      {"memory_limit", set_bytes<&ProcessConfig::memory_limit>},
  }};
  return kRows;
}

std::span<const Row<LogConfig>> log_rows() {
  static constexpr std::array<Row<LogConfig>, 1> kRows{{
      {"connection_messages", set_bool<&LogConfig::connection_messages>},
  }};
  return kRows;
}

std::span<const Row<PersistenceConfig>> persistence_rows() {
  static constexpr std::array<Row<PersistenceConfig>, 8> kRows{{
      {"persistence", set_bool<&PersistenceConfig::enabled>},
      {"persistence_location", set_location, Repeat::once},
      {"persistence_file", set_file, Repeat::once},
      {"state", set_text<&PersistenceConfig::state>, Repeat::once},
      {"autosave_interval", set_seconds<&PersistenceConfig::autosave_interval>},
      {"autosave_on_changes", set_bool<&PersistenceConfig::autosave_on_changes>},
      {"durability", set_durability},
      {"persistent_client_expiration", set_client_expiration},
  }};
  return kRows;
}

}  // namespace owb::app
