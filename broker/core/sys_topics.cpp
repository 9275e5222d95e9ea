#include "broker/core/sys_topics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "broker/core/hub.hpp"

namespace owb::core {

namespace {

constexpr std::array<std::string_view, 3> kSpans = {"1min", "5min", "15min"};
constexpr std::array<double, 3> kSpanSeconds = {60.0, 300.0, 900.0};

}  // namespace

SysTopics::SysTopics(Realm& realm)
    : realm_(realm),
      started_s_(realm.now().wall_s),
      loads_{{{.name = "messages/received", .counter = &RealmStats::packets_received},
              {.name = "messages/sent", .counter = &RealmStats::packets_sent},
              {.name = "publish/received", .counter = &RealmStats::messages_received},
              {.name = "publish/sent", .counter = &RealmStats::messages_sent},
              {.name = "bytes/received", .counter = &RealmStats::bytes_received},
              {.name = "bytes/sent", .counter = &RealmStats::bytes_sent}}} {
  realm_.wheel().arm(*this, realm_.now().mono_ms);
}

void SysTopics::on_timer() {
  realm_.wheel().arm(*this, realm_.now().mono_ms + realm_.settings().sys_interval_s * 1000);
  auto& hub = *realm_.hub_for_login({}, nullptr);
  publish(hub);
  publish_loads(hub);
}

void SysTopics::publish(TenantHub& hub) {
  const auto& stats = realm_.stats();
  most_connections_ = std::max(most_connections_, stats.connections);
  const auto put = [&hub](std::string_view name, const std::string& value) {
    hub.publish_own("$SYS/broker/" + std::string(name), value);
  };
  const auto count = [&put](std::string_view name, std::uint64_t value) {
    put(name, std::to_string(value));
  };
  const auto connected = std::min<std::uint64_t>(hub.link_count(), hub.session_count());
  put("version", std::string("owb-broker version ") + OWB_VERSION);
  put("uptime", std::to_string(realm_.now().wall_s - started_s_) + " seconds");
  count("clients/total", hub.session_count());
  count("clients/maximum", most_connections_);
  count("clients/connected", connected);
  count("clients/active", connected);
  count("clients/disconnected", hub.session_count() - connected);
  count("clients/inactive", hub.session_count() - connected);
  count("clients/expired", stats.sessions_expired);
  count("messages/received", stats.packets_received);
  count("messages/sent", stats.packets_sent);
  count("messages/stored", hub.retained_count());
  count("store/messages/count", hub.retained_count());
  count("store/messages/bytes", hub.retained_bytes());
  count("subscriptions/count", hub.subscription_count());
  count("retained messages/count", hub.retained_count());
  count("publish/messages/received", stats.messages_received);
  count("publish/messages/sent", stats.messages_sent);
  count("publish/messages/dropped", stats.messages_dropped);
  count("bytes/received", stats.bytes_received);
  count("bytes/sent", stats.bytes_sent);
}

void SysTopics::publish_loads(TenantHub& hub) {
  const auto interval = static_cast<double>(realm_.settings().sys_interval_s);
  for (auto& load : loads_) {
    const auto now = realm_.stats().*load.counter;
    const auto per_minute = static_cast<double>(now - load.last) * 60.0 / interval;
    load.last = now;
    for (std::size_t i = 0; i < kSpans.size(); ++i) {
      const auto keep = std::exp(-interval / kSpanSeconds[i]);
      load.averages[i] = per_minute + keep * (load.averages[i] - per_minute);
      char text[32];
      std::snprintf(text, sizeof(text), "%.2f", load.averages[i]);
      hub.publish_own("$SYS/broker/load/" + std::string(load.name) + "/" + std::string(kSpans[i]),
                      text);
    }
  }
}

}  // namespace owb::core
