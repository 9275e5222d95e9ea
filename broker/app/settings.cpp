#include "broker/app/settings.hpp"

#include <algorithm>

namespace owb::app {

core::Settings make_settings(const BrokerConfig& config) {
  const auto& mqtt = config.mqtt;
  core::Settings settings;
  settings.tenancy = config.cloud.tenancy;
  settings.registry_limits = config.cloud.registry_limits;
  settings.file_user_limits = config.cloud.file_limits;
  settings.command_ttl_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.cloud.command_ttl).count();
  settings.max_inflight = mqtt.max_inflight_messages;
  // An operator's word on queues replaces the built-in limit of users without limits of their own.
  if (mqtt.max_queued_messages) {
    settings.file_user_limits.queue_messages = *mqtt.max_queued_messages;
    settings.max_queued_messages = static_cast<std::size_t>(*mqtt.max_queued_messages);
  }
  if (mqtt.max_queued_bytes) {
    settings.file_user_limits.queue_bytes = *mqtt.max_queued_bytes;
    settings.max_queued_bytes = static_cast<std::size_t>(*mqtt.max_queued_bytes);
  }
  settings.max_packet_size = mqtt.max_packet_size;
  settings.message_size_limit = mqtt.message_size_limit;
  settings.max_keepalive = mqtt.max_keepalive;
  settings.retain_available = mqtt.retain_available;
  settings.upgrade_outgoing_qos = mqtt.upgrade_outgoing_qos;
  settings.queue_qos0_messages = mqtt.queue_qos0_messages;
  settings.persistent_client_expiration_s = config.persistence.persistent_client_expiration.count();
  settings.global_max_clients = mqtt.global_max_clients;
  settings.global_max_connections = mqtt.global_max_connections;
  // One security section for all listeners is the rule; with per_listener_settings the first one
  // decides.
  settings.allow_zero_length_clientid =
      config.listeners.front().security.allow_zero_length_clientid;
  settings.auto_id_prefix = config.listeners.front().security.auto_id_prefix;
  settings.sys_interval_s = config.cloud.tenancy ? 0 : mqtt.sys_interval.count();
  settings.login_topic = config.cloud.login_topic;
  return settings;
}

}  // namespace owb::app
