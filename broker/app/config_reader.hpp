#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/app/config_sections.hpp"
#include "tenants/base/config_log.hpp"

namespace owb::app {

/// A listener and its security, while they are read.
struct ListenerDraft {
  ListenerConfig config;
  SecurityDraft security;
};

/// What all files said, before it is settled.
struct ConfigDraft {
  BrokerConfig config;  ///< without listeners and limits
  std::vector<ListenerDraft> listeners;
  ListenerDraft default_listener;  ///< what stood before any `listener`
  bool default_in_use = false;     ///< among it something that makes it exist, as in mosquitto
  SecurityDraft security;          ///< of the broker
  bool per_listener_settings = false;
  config::Place anonymous_place;  ///< of the last `allow_anonymous true`
  config::LogDirectives log;
  config::Problems errors;
  config::Problems warnings;
  std::vector<std::pair<config::Place, std::string>> unsupported;
};

/// Walks through the directives and fills the sections. Inside broker/app only. Start-up only.
class ConfigReader {
 public:
  void take(const config::Directive& directive);

  ConfigDraft finish() && { return std::move(draft_); }

 private:
  /// Which section the next directive of a file belongs to. Every file starts before any section,
  /// as in mosquitto.
  struct Current {
    std::optional<std::size_t> listener;  ///< none: the default listener
    std::optional<std::size_t> bridge;
  };

  template <typename Section>
  bool take_row(std::span<const Row<Section>> rows, Section& section, const std::string& name,
                const config::Directive& directive);
  bool take_structure(const config::Directive& directive);
  bool take_default_listener(const config::Directive& directive);
  bool take_global(const config::Directive& directive);
  bool take_listener(const config::Directive& directive);
  bool take_security(const config::Directive& directive);
  bool take_bridge(const config::Directive& directive);
  void take_other(const config::Directive& directive);
  void take_per_listener(const config::Directive& directive);
  void start_listener(const config::Directive& directive);
  void start_bridge(const config::Directive& directive);

  ListenerDraft& current_listener();
  std::string listener_name() const;
  void use_default_listener(const config::Directive& directive);

  ConfigDraft draft_;
  bool security_seen_ = false;
  std::map<std::string, Current> current_by_file_;
  Current* current_ = nullptr;  ///< of the file of the directive in hand
  std::map<std::pair<std::string, std::string>, config::Place> first_seen_;  ///< (section, key)
};

/// Makes the whole of it: defaults that depend on others, listeners, checks across sections.
LoadedConfig settle(ConfigDraft draft, const Options& options);

}  // namespace owb::app
