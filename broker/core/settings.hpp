#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "broker/mqtt/types.hpp"
#include "tenants/registry/limits.hpp"

namespace owb::core {

/// Clients that come without an id.
struct ClientIdRule {
  bool allow_empty = true;
  std::string auto_id_prefix = "auto-";
};

/// What the configuration decides for every connection of the broker. Threading: immutable; a
/// reload makes a new one.
struct Settings {
  bool tenancy = true;              ///< false: classic mode, one hub for everybody
  bool allow_anonymous = false;     ///< classic mode only
  tenants::Limits registry_limits;  ///< registry tenants, before their own overrides
  tenants::Limits file_user_limits =
      tenants::Limits::unlimited();      ///< password-file users and classic mode
  std::int64_t command_ttl_ms = 60'000;  ///< rule 9

  std::uint16_t max_inflight = 20;  ///< towards clients without a receive maximum; 0: 65,535
  std::size_t max_inflight_bytes = 0;  ///< payload sent and not acknowledged; 0: no limit
  std::size_t max_queued_messages = 1'000;  ///< per session where the tenant has no limit; 0: none
  std::size_t max_queued_bytes = 0;         ///< likewise; 0: none
  std::size_t memory_limit = 0;  ///< of one worker: queues, unsent bytes, retained; 0: none (F52)
  std::uint32_t max_packet_size = 0;        ///< bytes, announced to 5.0 clients; 0: the protocol's
  std::uint32_t message_size_limit =
      0;  ///< payload bytes; larger is acknowledged and dropped; 0: none
  /// Unreleased QoS 2 messages accepted from a 5.0 client, in classic mode from each.
  std::uint16_t receive_maximum = 1'000;
  std::uint16_t max_topic_alias = 65'535;  ///< accepted from clients, if their listener does
  std::uint16_t max_keepalive = 65'535;    ///< seconds; 5.0 clients are told; 0: "none" is allowed
  bool retain_available = true;
  mqtt::Qos maximum_qos = mqtt::Qos::exactly_once;
  bool upgrade_outgoing_qos = false;
  bool check_retain_source = true;  ///< with an acl_file
  bool allow_zero_length_clientid = true;
  std::string auto_id_prefix = "auto-";
  /// By Peer::listener, where listeners have their own; none: the two above.
  std::vector<ClientIdRule> client_id_rules;
  std::int64_t persistent_client_expiration_s = 0;  ///< 0: as the client asked
  bool queue_qos0_messages = false;
  std::size_t global_max_clients = 0;  ///< sessions, 0: no limit
  std::size_t global_max_connections = 0;
  std::int64_t autosave_interval_s = 60;  ///< retained QoS 0 values are kept so often; 0: at the end
  std::int64_t sys_interval_s = 0;      ///< classic mode: how often `$SYS` is published; 0: never
  std::string login_topic = "webparm";  ///< rule 13

  ClientIdRule client_id_rule(std::uint32_t listener) const {
    return listener < client_id_rules.size()
               ? client_id_rules[listener]
               : ClientIdRule{allow_zero_length_clientid, auto_id_prefix};
  }
};

}  // namespace owb::core
