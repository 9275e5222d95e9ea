#include <array>

#include "broker/app/config_sections.hpp"

namespace owb::app {

namespace {

using config::Directive;
using config::Problems;

/// The largest packet MQTT can say: 256 MB less a byte of remaining length.
constexpr std::uint32_t kMostRemainingLength = 268'435'455;

/// mosquitto takes no less than 20 bytes, a packet without room for an answer; 0: no limit.
void set_max_packet_size(MqttConfig& section, const Directive& directive, Problems& problems) {
  constexpr std::uint32_t kLeast = 20;
  const auto size = text::parse_number<std::uint32_t>(directive.value, 0, kMostRemainingLength);
  if (!size || (*size > 0 && *size < kLeast)) {
    config::add_bad_value(directive, fmt::format("0, {} to {}", kLeast, kMostRemainingLength),
                          problems);
    return;
  }
  section.max_packet_size = *size;
}

}  // namespace

std::span<const Row<MqttConfig>> mqtt_rows() {
  static constexpr std::array<Row<MqttConfig>, 17> kRows{{
      {"max_inflight_messages", set_number<&MqttConfig::max_inflight_messages>},
      {"max_inflight_bytes", set_number<&MqttConfig::max_inflight_bytes>},
      {"max_queued_messages", set_number<&MqttConfig::max_queued_messages>},
      {"max_queued_bytes", set_number<&MqttConfig::max_queued_bytes>},
      {"max_packet_size", set_max_packet_size},
      {"message_size_limit", set_number<&MqttConfig::message_size_limit, 0, kMostRemainingLength>},
      {"max_keepalive", set_number<&MqttConfig::max_keepalive>},
      {"retain_available", set_bool<&MqttConfig::retain_available>},
      {"upgrade_outgoing_qos", set_bool<&MqttConfig::upgrade_outgoing_qos>},
      {"check_retain_source", set_bool<&MqttConfig::check_retain_source>},
      {"queue_qos0_messages", set_bool<&MqttConfig::queue_qos0_messages>},
      {"set_tcp_nodelay", set_bool<&MqttConfig::set_tcp_nodelay>},
      {"clientid_prefixes", set_text<&MqttConfig::clientid_prefixes>, Repeat::once},
      {"global_max_clients", set_count<&MqttConfig::global_max_clients>},
      {"global_max_connections", set_count<&MqttConfig::global_max_connections>},
      {"sys_interval", set_seconds<&MqttConfig::sys_interval>},
      {"enable_control_api", set_bool<&MqttConfig::enable_control_api>},
  }};
  return kRows;
}

}  // namespace owb::app
