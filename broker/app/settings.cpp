#include "broker/app/settings.hpp"

#include <algorithm>

namespace owb::app {

namespace {

/// What mosquitto takes where the configuration says nothing, since 2.1.
constexpr std::uint32_t kClassicPacketBytes = 2'000'000;

// What mosquitto makes of its own defaults.
void settle_classic(core::Settings& settings, const BrokerConfig& config) {
  const auto& mqtt = config.mqtt;
  settings.max_packet_size = mqtt.max_packet_size.value_or(kClassicPacketBytes);
  settings.receive_maximum =
      mqtt.max_inflight_messages == 0 ? std::uint16_t{65'535} : mqtt.max_inflight_messages;
}

}  // namespace

core::Settings make_settings(const BrokerConfig& config) {
  const auto& mqtt = config.mqtt;
  core::Settings settings;
  settings.tenancy = config.cloud.tenancy;
  settings.registry_limits = config.cloud.registry_limits;
  settings.file_user_limits = config.cloud.file_limits;
  settings.command_ttl_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.cloud.command_ttl).count();
  settings.max_inflight = mqtt.max_inflight_messages;
  settings.max_inflight_bytes = static_cast<std::size_t>(mqtt.max_inflight_bytes);
  // An operator's word on queues replaces the built-in limit of users without limits of their own.
  if (mqtt.max_queued_messages) {
    settings.file_user_limits.queue_messages = *mqtt.max_queued_messages;
    settings.max_queued_messages = static_cast<std::size_t>(*mqtt.max_queued_messages);
  }
  if (mqtt.max_queued_bytes) {
    settings.file_user_limits.queue_bytes = *mqtt.max_queued_bytes;
    settings.max_queued_bytes = static_cast<std::size_t>(*mqtt.max_queued_bytes);
  }
  settings.max_packet_size = mqtt.max_packet_size.value_or(0);
  settings.message_size_limit = mqtt.message_size_limit;
  settings.max_keepalive = mqtt.max_keepalive;
  settings.retain_available = mqtt.retain_available;
  settings.check_retain_source = mqtt.check_retain_source;
  settings.upgrade_outgoing_qos = mqtt.upgrade_outgoing_qos;
  settings.queue_qos0_messages = mqtt.queue_qos0_messages;
  if (!config.persistence.autosave_on_changes) {
    settings.autosave_interval_s = config.persistence.autosave_interval.count();
  }
  settings.persistent_client_expiration_s = config.persistence.persistent_client_expiration.count();
  settings.global_max_clients = mqtt.global_max_clients;
  settings.global_max_connections = mqtt.global_max_connections;
  for (const auto& listener : config.listeners) {
    settings.client_id_rules.push_back(
        {listener.security.allow_zero_length_clientid, listener.security.auto_id_prefix});
  }
  settings.sys_interval_s = config.cloud.tenancy ? 0 : mqtt.sys_interval.count();
  settings.login_topic = config.cloud.login_topic;
  if (!config.cloud.tenancy) {
    settle_classic(settings, config);
  }
  return settings;
}

}  // namespace owb::app
