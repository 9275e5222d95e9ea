#include "broker/app/config_reader.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "broker/app/config_keys.hpp"
#include "tenants/base/logging.hpp"

namespace owb::app {

namespace {

using config::Directive;

constexpr std::size_t kMostListeners = 100;
constexpr std::size_t kMostBridges = 1'000;

/// A file with more errors than this is no configuration with a slip in it.
constexpr std::size_t kMostHints = 20;

/// Said before any `listener`, these do not make a default listener on 1883; they hold for every
/// listener that says nothing else.
constexpr std::array<std::string_view, 5> kInherited{"max_qos", "maximum_qos", "max_topic_alias",
                                                     "max_topic_alias_broker",
                                                     "accept_protocol_versions"};

}  // namespace

void ConfigReader::take(const Directive& directive) {
  if (draft_.errors.size() >= config::kMaxProblems) {
    return;
  }
  current_ = &current_by_file_[directive.place.file];
  if (!take_structure(directive) && !take_default_listener(directive) && !take_bridge(directive) &&
      !draft_.log.take(directive, draft_.errors) && !take_global(directive) &&
      !take_security(directive) && !take_listener(directive)) {
    take_other(directive);
  }
}

template <typename Section>
bool ConfigReader::take_row(std::span<const Row<Section>> rows, Section& section,
                            const std::string& name, const Directive& directive) {
  const auto* row = find_row(rows, directive.key);
  if (row == nullptr) {
    return false;
  }
  if (row->repeat == Repeat::once) {
    const auto [seen, first] = first_seen_.try_emplace({name, directive.key}, directive.place);
    if (!first) {
      config::add_problem(directive,
                          fmt::format("given twice, first at {}:{}", log::escape(seen->second.file),
                                      seen->second.line),
                          draft_.errors);
      return true;
    }
  }
  row->set(section, directive, draft_.errors);
  return true;
}

bool ConfigReader::take_structure(const Directive& directive) {
  if (directive.key == "include_dir") {
    return true;  // followed by the file reader
  }
  if (directive.key == "per_listener_settings") {
    take_per_listener(directive);
  } else if (directive.key == "listener") {
    start_listener(directive);
  } else if (directive.key == "connection") {
    start_bridge(directive);
  } else {
    return false;
  }
  return true;
}

/// As in mosquitto: what was said before would belong to the wrong place.
void ConfigReader::take_per_listener(const Directive& directive) {
  if (security_seen_) {
    config::add_problem(directive, "must stand before the first security directive", draft_.errors);
  }
  config::read_bool(directive, draft_.per_listener_settings, draft_.errors);
}

void ConfigReader::start_listener(const Directive& directive) {
  if (draft_.listeners.size() == kMostListeners) {
    config::add_problem(directive, fmt::format("more than {} listeners", kMostListeners),
                        draft_.errors);
    return;
  }
  ListenerDraft listener;
  listener.config.place = directive.place;
  read_listener(directive, listener.config, draft_.errors);
  current_->listener = draft_.listeners.size();
  current_->bridge.reset();
  draft_.listeners.push_back(std::move(listener));
}

void ConfigReader::start_bridge(const Directive& directive) {
  auto& bridges = draft_.config.bridges;
  if (bridges.size() == kMostBridges) {
    config::add_problem(directive, fmt::format("more than {} connections", kMostBridges),
                        draft_.errors);
    return;
  }
  BridgeConfig bridge;
  bridge.place = directive.place;
  config::read_text(directive, bridge.name, draft_.errors);
  const auto twin = std::ranges::find(bridges, bridge.name, &BridgeConfig::name);
  if (twin != bridges.end() && !bridge.name.empty()) {
    config::add_problem(
        directive,
        fmt::format("\"{}\" is given twice, first at {}:{}", log::escape(bridge.name),
                    log::escape(twin->place.file), twin->place.line),
        draft_.errors);
  }
  current_->bridge = bridges.size();
  bridges.push_back(std::move(bridge));
}

/// `port` and `bind_address`: mosquitto's old way to say `listener PORT ADDRESS`.
bool ConfigReader::take_default_listener(const Directive& directive) {
  auto& listener = draft_.default_listener.config;
  if (directive.key == "port") {
    config::read_number<std::uint16_t>(directive, 1, 65'535, listener.port, draft_.errors);
  } else if (directive.key == "bind_address") {
    config::read_text(directive, listener.address, draft_.errors);
  } else {
    return false;
  }
  config::add_problem(directive, "deprecated, use `listener PORT [ADDRESS]`", draft_.warnings);
  use_default_listener(directive);
  return true;
}

void ConfigReader::use_default_listener(const Directive& directive) {
  if (!draft_.default_in_use) {
    draft_.default_in_use = true;
    draft_.default_listener.config.place = directive.place;
  }
}

bool ConfigReader::take_bridge(const Directive& directive) {
  const auto rows = bridge_rows();
  if (find_row(rows, directive.key) == nullptr) {
    return false;
  }
  if (!current_->bridge) {
    config::add_problem(directive, "belongs below a `connection` line", draft_.errors);
    return true;
  }
  const auto index = *current_->bridge;
  return take_row(rows, draft_.config.bridges[index], fmt::format("connection {}", index),
                  directive);
}

bool ConfigReader::take_global(const Directive& directive) {
  static const std::string kGlobal = "broker";
  auto& config = draft_.config;
  return take_row(process_rows(), config.process, kGlobal, directive) ||
         take_row(log_rows(), config.log, kGlobal, directive) ||
         take_row(persistence_rows(), config.persistence, kGlobal, directive) ||
         take_row(mqtt_rows(), config.mqtt, kGlobal, directive) ||
         take_row(cloud_rows(), config.cloud, kGlobal, directive);
}

/// `listener_allow_anonymous` and `listener_auto_id_prefix` always mean the listener; the plain
/// names mean it with per_listener_settings only.
bool ConfigReader::take_security(const Directive& directive) {
  constexpr std::string_view kListenerPrefix = "listener_";
  Directive plain = directive;
  const bool of_listener = plain.key.starts_with(kListenerPrefix);
  if (of_listener) {
    plain.key.erase(0, kListenerPrefix.size());
    if (plain.key != "allow_anonymous" && plain.key != "auto_id_prefix") {
      return false;
    }
  }
  const bool settings = of_listener || draft_.per_listener_settings;
  auto& security = settings ? current_listener().security : draft_.security;
  if (!take_row(security_rows(), security, settings ? listener_name() : "broker", plain)) {
    return false;
  }
  security_seen_ = true;
  if (plain.key == "allow_anonymous" && security.allow_anonymous.value_or(false)) {
    draft_.anonymous_place = directive.place;
  }
  return true;
}

bool ConfigReader::take_listener(const Directive& directive) {
  auto& listener = current_listener().config;
  if (!take_row(listener_rows(), listener, listener_name(), directive) &&
      !take_row(tls_rows(), listener.tls, listener_name(), directive)) {
    return false;
  }
  if (!current_->listener && std::ranges::find(kInherited, directive.key) == kInherited.end()) {
    use_default_listener(directive);
  }
  return true;
}

ListenerDraft& ConfigReader::current_listener() {
  return current_->listener ? draft_.listeners[*current_->listener] : draft_.default_listener;
}

std::string ConfigReader::listener_name() const {
  return current_->listener ? fmt::format("listener {}", *current_->listener) : "listener";
}

void ConfigReader::take_other(const Directive& directive) {
  const auto* other = find_other_key(directive.key);
  if (other == nullptr) {
    const auto nearest =
        draft_.errors.size() < kMostHints ? nearest_key(directive.key) : std::string_view{};
    config::add_problem(directive,
                        nearest.empty()
                            ? "unknown directive"
                            : fmt::format("unknown directive; did you mean `{}`?", nearest),
                        draft_.errors);
    return;
  }
  switch (other->kind) {
    case OtherKind::portal:
      break;
    case OtherKind::ignored:
      config::add_problem(directive, fmt::format("ignored: {}", other->why), draft_.warnings);
      break;
    case OtherKind::unsupported:
      draft_.unsupported.emplace_back(
          directive.place, fmt::format("{}: {}", log::escape(directive.key), other->why));
      break;
  }
}

}  // namespace owb::app
