#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "broker/app/config_reader.hpp"
#include "broker/app/options.hpp"
#include "tenants/base/logging.hpp"

namespace owb::app {

namespace {

using config::Place;
using config::Problems;

constexpr std::uint16_t kDefaultPort = 1883;

/// One draft, turned into a configuration step by step.
class Settler {
 public:
  Settler(ConfigDraft draft, const Options& options) : draft_{std::move(draft)}, options_{options} {
    out_.errors = std::move(draft_.errors);
    out_.warnings = std::move(draft_.warnings);
    out_.config = std::move(draft_.config);
  }

  LoadedConfig run() && {
    apply_options();
    settle_limits();
    settle_log();
    settle_listeners();
    check_tenancy();
    check_bridges();
    for (const auto& [place, text] : draft_.unsupported) {
      unsupported(place, text);
    }
    return std::move(out_);
  }

 private:
  BrokerConfig& config() { return out_.config; }

  void apply_options() {
    if (options_.tenancy) {
      config().cloud.tenancy = *options_.tenancy;
    }
    if (options_.workers) {
      config().process.workers = *options_.workers;
    }
  }

  void settle_limits() {
    auto& cloud = config().cloud;
    cloud.registry_limits = apply(tenants::Limits{}, cloud.limit_overrides);
    cloud.file_limits = apply(tenants::Limits::unlimited(), cloud.limit_overrides);
  }

  void settle_log() {
    auto& log = config().log;
    log.options = draft_.log.options();
    log.options.program = "owb-broker";
    log.to_topic = draft_.log.to_topic();
    if (options_.verbose) {
      log.options.types = log::kAllTypes;
    }
  }

  void settle_listeners() {
    if (draft_.default_in_use) {
      add_default_listener();
    }
    inherit_from_default();
    if (draft_.listeners.empty()) {
      add_local_listeners();
    } else if (!options_.ports.empty() && !draft_.default_in_use) {
      out_.warnings.push_back({{}, "-p has no effect: the configuration names its listeners"});
    }
    for (auto& draft : draft_.listeners) {
      settle_security(draft);
      check_listener(draft.config, out_.errors, out_.warnings);
      config().listeners.push_back(std::move(draft.config));
    }
    check_listeners(config().listeners, out_.errors);
  }

  /// What stood before any `listener` is a listener of its own, on the port of `-p` or 1883.
  void add_default_listener() {
    auto listener = draft_.default_listener;
    const auto& place = listener.config.place;
    if (listener.config.port == 0) {
      listener.config.port = options_.ports.empty() ? kDefaultPort : options_.ports.front();
    }
    if (!draft_.listeners.empty()) {
      out_.warnings.push_back(
          {place, fmt::format("stands before any `listener` of its file, and so opens a listener "
                              "of its own on {}",
                              log::escape(listener.config.name()))});
    }
    draft_.listeners.insert(draft_.listeners.begin(), std::move(listener));
  }

  /// Limits said before any `listener` hold where the listener says nothing else.
  void inherit_from_default() {
    const auto& from = draft_.default_listener.config;
    const ListenerConfig unsaid;
    for (auto& draft : draft_.listeners) {
      auto& to = draft.config;
      const auto inherit = [&](auto field) {
        if (to.*field == unsaid.*field) {
          to.*field = from.*field;
        }
      };
      inherit(&ListenerConfig::max_qos);
      inherit(&ListenerConfig::max_topic_alias);
      inherit(&ListenerConfig::max_topic_alias_broker);
      inherit(&ListenerConfig::accept_protocol_versions);
    }
  }

  /// No listener anywhere: loopback only, as mosquitto 2.
  void add_local_listeners() {
    config().local_only = true;
    auto ports = options_.ports;
    if (ports.empty()) {
      ports.push_back(kDefaultPort);
    }
    for (const auto port : ports) {
      for (const auto* address : {"127.0.0.1", "::1"}) {
        auto listener = draft_.default_listener;
        listener.config.port = port;
        listener.config.address = address;
        draft_.listeners.push_back(std::move(listener));
      }
    }
  }

  /// A listener's own settings with per_listener_settings, else the broker's. Anonymous clients are
  /// let in where nothing is said only without any `listener`, and never with tenancy.
  void settle_security(ListenerDraft& draft) {
    const auto own = draft.security;
    auto& from = draft_.per_listener_settings ? draft.security : draft_.security;
    draft.config.security = from.config;
    if (own.config.auto_id_prefix != SecurityConfig{}.auto_id_prefix) {
      draft.config.security.auto_id_prefix = own.config.auto_id_prefix;
    }
    const auto said = own.allow_anonymous ? own.allow_anonymous : from.allow_anonymous;
    draft.config.security.allow_anonymous =
        !config().cloud.tenancy && said.value_or(config().local_only);
  }

  void check_tenancy() {
    const auto& cloud = config().cloud;
    if (!cloud.tenancy) {
      return;
    }
    if (draft_.anonymous_place != Place{}) {
      out_.warnings.push_back({draft_.anonymous_place,
                               "allow_anonymous true: with tenancy anonymous clients are refused "
                               "all the same (or give `tenancy off`)"});
    }
    check_mount_points();
    check_observers();
    const auto is_web = [](const auto& l) { return l.protocol == Protocol::websockets; };
    if (std::ranges::any_of(config().listeners, is_web) && !cloud.portal_socket.empty() &&
        cloud.origins.empty()) {
      out_.warnings.push_back(
          {{}, "no `origin`: browsers that logged in at the portal are refused by the websocket"});
    }
  }

  void check_mount_points() {
    for (const auto& listener : config().listeners) {
      if (!listener.mount_point.empty()) {
        out_.errors.push_back(
            {listener.place, fmt::format("listener {}: mount_point needs `tenancy off`: with "
                                         "tenancy every topic begins with the tenant's name",
                                         log::escape(listener.name()))});
      }
    }
  }

  void check_observers() {
    const auto has_acl = [](const auto& l) { return !l.security.acl_file.empty(); };
    if (std::ranges::any_of(config().listeners, has_acl)) {
      return;
    }
    for (const auto& observer : config().cloud.observers) {
      out_.errors.push_back(
          {observer.place, fmt::format("observer {}: needs an acl_file that lets it read",
                                       log::escape(observer.name))});
    }
  }

  void check_bridges() {
    for (const auto& bridge : config().bridges) {
      check_bridge(bridge, config().cloud.tenancy, out_.errors);
      if (!options_.test_config) {
        unsupported(bridge.place,
                    fmt::format("connection {}: bridges to other brokers are not there yet",
                                log::escape(bridge.name)));
      }
    }
  }

  void unsupported(const Place& place, const std::string& text) {
    if (options_.lenient) {
      out_.warnings.push_back({place, text + " (not supported yet, left out)"});
    } else {
      out_.errors.push_back({place, text + " (not supported yet; --lenient starts without it)"});
    }
  }

  ConfigDraft draft_;
  const Options& options_;
  LoadedConfig out_;
};

}  // namespace

LoadedConfig settle(ConfigDraft draft, const Options& options) {
  return Settler{std::move(draft), options}.run();
}

}  // namespace owb::app
