#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/app/config_bridge.hpp"
#include "broker/app/config_listener.hpp"
#include "broker/app/default_drop_topics.hpp"
#include "tenants/base/config_file.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/registry/limits.hpp"

namespace owb::app {

struct Options;

/// `durability`: what an acknowledgement has survived (design section 7).
enum class Durability : std::uint8_t { process, power, none };

/// The most `workers` or `web_threads` that make sense on one machine.
inline constexpr unsigned kMostWorkers = 256;

/// The broker's files and threads.
struct ProcessConfig {
  std::string pid_file;
  std::string user;      ///< whom to become when started as root; empty: nobody else
  unsigned workers = 0;  ///< 0: one per core
  unsigned web_threads = 1;
  std::uint64_t memory_limit = 0;  ///< bytes, 0: none
};

/// `log_*` and `connection_messages`.
struct LogConfig {
  log::Options options;   ///< destinations, types and timestamps
  bool to_topic = false;  ///< `log_dest topic`: also below $SYS/broker/log (classic mode)
  bool connection_messages = true;
};

/// What is kept over a restart.
struct PersistenceConfig {
  bool enabled = false;
  std::string location;  ///< folder of state.db with a slash at its end; empty: current folder
  std::string file;      ///< `persistence_file`; empty: state.db
  std::string state;     ///< `state PATH`: the file itself, wins over both
  std::chrono::seconds autosave_interval{60};
  bool autosave_on_changes = false;
  Durability durability = Durability::process;
  std::chrono::seconds persistent_client_expiration{0};  ///< 0: never

  /// Where state.db is to be; empty if nothing is kept.
  std::string path() const;
};

/// What mosquitto lets an operator say about clients. The listener's own values (max_qos,
/// max_topic_alias …) stand in ListenerConfig.
struct MqttConfig {
  std::uint16_t max_inflight_messages = 20;  ///< 0: no limit
  std::uint64_t max_inflight_bytes = 0;      ///< 0: no limit
  std::optional<std::uint64_t>
      max_queued_messages;  ///< none: not said (mosquitto: 1,000); 0: no limit
  std::optional<std::uint64_t> max_queued_bytes;  ///< none: not said; 0: no limit
  std::optional<std::uint32_t> max_packet_size;   ///< bytes; none: not said; 0: the protocol's limit
  std::uint32_t message_size_limit = 0;           ///< bytes of payload, 0: no limit
  std::uint16_t max_keepalive = 65'535;           ///< seconds; 0: a 5.0 client may have none
  bool retain_available = true;
  bool upgrade_outgoing_qos = false;
  bool check_retain_source = true;
  bool queue_qos0_messages = false;
  bool set_tcp_nodelay = false;
  std::string clientid_prefixes;
  std::uint32_t global_max_clients = 0;      ///< connected and persistent, 0: no limit
  std::uint32_t global_max_connections = 0;  ///< 0: no limit
  std::chrono::seconds sys_interval{10};     ///< 0: no $SYS tree
  bool enable_control_api = false;
};

/// Who is let read everything: `observer NAME` (design section 3, rule 12).
struct ObserverConfig {
  std::string name;
  config::Place place;
};

/// Ours: tenants, portal and dashboard.
struct CloudConfig {
  bool tenancy = true;  ///< false: classic mode
  std::string registry = "/var/lib/owb-cloud/registry.db";
  std::string www_dir;
  std::string portal_socket;
  std::string login_socket;  ///< UNIX socket for the portal's logins; empty: none
  std::string login_topic = "webparm";
  std::vector<std::string> origins;  ///< `https://host[:port]`, no slash at the end
  std::chrono::seconds command_ttl{60};
  std::vector<std::string> drop_topics = default_drop_topics();  ///< below the tenant, without it
  std::vector<ObserverConfig> observers;
  /// Given by `default_limits`; both below already hold them.
  tenants::LimitOverrides limit_overrides;
  tenants::Limits registry_limits;  ///< of tenants in the registry, before their own overrides
  tenants::Limits file_limits =
      tenants::Limits::unlimited();  ///< users of a password file; classic mode
};

/// The whole configuration of owb-broker: plain values, defaults in place, checked. Immutable.
struct BrokerConfig {
  std::vector<ListenerConfig> listeners;  ///< never empty after a load without errors
  bool local_only = false;                ///< no `listener` given: 1883 (or `-p`) on loopback only
  ProcessConfig process;
  LogConfig log;
  PersistenceConfig persistence;
  MqttConfig mqtt;
  CloudConfig cloud;
  std::vector<BridgeConfig> bridges;
};

/// A configuration and everything there is to say about it.
struct LoadedConfig {
  BrokerConfig config;        ///< to be used only if `errors` is empty
  config::Problems errors;    ///< in the order of the files; unsupported directives among them
  config::Problems warnings;  ///< deprecated, ignored or risky; with `--lenient` also unsupported

  bool ok() const { return errors.empty(); }
};

/// Understands directives that were read before. Pure: touches no file.
LoadedConfig make_broker_config(const std::vector<config::Directive>& directives,
                                const Options& options);

/// Whether every file and folder the configuration names can be read (or written), with the
/// system's reason. Touches the file system, changes nothing.
config::Problems check_files(const BrokerConfig& config);

/// Reads `options.config_file` (none: the defaults), understands it and checks its files.
LoadedConfig load_broker_config(const Options& options);

}  // namespace owb::app
