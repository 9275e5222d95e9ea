#pragma once

#include <optional>
#include <span>

#include "broker/app/config.hpp"
#include "broker/app/config_row.hpp"

/// The directives of each section; inside broker/app only.
namespace owb::app {

/// Security settings while they are read, for the broker or one listener.
struct SecurityDraft {
  SecurityConfig config;
  std::optional<bool> allow_anonymous;  ///< none: mosquitto's rule, see config_reader.cpp
};

std::span<const Row<ProcessConfig>> process_rows();
std::span<const Row<LogConfig>> log_rows();
std::span<const Row<PersistenceConfig>> persistence_rows();
std::span<const Row<MqttConfig>> mqtt_rows();
std::span<const Row<CloudConfig>> cloud_rows();
/// What a `listener` section holds beside security and TLS.
std::span<const Row<ListenerConfig>> listener_rows();
std::span<const Row<TlsConfig>> tls_rows();
std::span<const Row<SecurityDraft>> security_rows();
/// What a `connection` section holds.
std::span<const Row<BridgeConfig>> bridge_rows();

/// `listener PORT [ADDRESS]` or `listener 0 PATH`.
void read_listener(const config::Directive& directive, ListenerConfig& listener,
                   config::Problems& problems);

/// What is wrong with one listener as a whole.
void check_listener(const ListenerConfig& listener, config::Problems& errors,
                    config::Problems& warnings);

/// Listeners that cannot both have their port, and the like.
void check_listeners(const std::vector<ListenerConfig>& listeners, config::Problems& errors);

/// What is wrong with one bridge as a whole. `tenancy`: its `local_username` must be a tenant.
void check_bridge(const BridgeConfig& bridge, bool tenancy, config::Problems& errors);

}  // namespace owb::app
