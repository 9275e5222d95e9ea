#include "broker/app/config_keys.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "broker/app/config_sections.hpp"

namespace owb::app {

namespace {

constexpr auto kPortal = OtherKind::portal;
constexpr auto kIgnored = OtherKind::ignored;
constexpr auto kUnsupported = OtherKind::unsupported;

constexpr std::string_view kNoPlugins = "plugins cannot be loaded";
constexpr std::string_view kNoPsk = "pre-shared keys are not supported";
constexpr std::string_view kNoEngine = "OpenSSL engines are not supported";
constexpr std::string_view kGone = "it has no effect in mosquitto either";

constexpr OtherKey kOtherKeys[] = {
    {"portal_broker", kPortal, ""},
    {"portal_cafile", kPortal, ""},
    {"portal_threads", kPortal, ""},

    {"allow_duplicate_messages", kIgnored,
     "overlapping subscriptions deliver once, at the highest QoS"},
    {"dhparamfile", kIgnored, "OpenSSL chooses the parameters"},
    {"log_facility", kIgnored, "syslog lines go to the facility daemon"},
    {"packet_buffer_size", kIgnored, "buffers are sized by need"},
    {"retry_interval", kIgnored, kGone},
    {"store_clean_interval", kIgnored, kGone},
    {"bridge_reload_type", kIgnored, "a changed bridge is always restarted"},
    {"bridge_tcp_keepalive", kIgnored, "the broker sets its own"},
    {"bridge_tcp_user_timeout", kIgnored, "the broker sets its own"},
    {"websockets_headers_size", kIgnored, "the limit is 16 KB"},
    {"websockets_log_level", kIgnored, "use log_type websockets"},

    {"auth_plugin", kUnsupported, kNoPlugins},
    {"auth_plugin_deny_special_chars", kUnsupported, kNoPlugins},
    {"global_plugin", kUnsupported, kNoPlugins},
    {"plugin", kUnsupported, kNoPlugins},
    {"plugin_load", kUnsupported, kNoPlugins},
    {"plugin_use", kUnsupported, kNoPlugins},
    {"psk_file", kUnsupported, kNoPsk},
    {"psk_hint", kUnsupported, kNoPsk},
    {"bridge_identity", kUnsupported, kNoPsk},
    {"bridge_psk", kUnsupported, kNoPsk},
    {"tls_engine", kUnsupported, kNoEngine},
    {"tls_engine_kpass_sha1", kUnsupported, kNoEngine},
    {"tls_keyform", kUnsupported, kNoEngine},
    {"disable_client_cert_date_checks", kUnsupported, "expired certificates are refused"},
    {"enable_proxy_protocol", kUnsupported, "only login_socket takes a PROXY header"},
    {"proxy_protocol_v2_require_tls", kUnsupported, "only login_socket takes a PROXY header"},
    {"http_api", kUnsupported, "there is no HTTP API for the operator"},
    {"retain_expiry_interval", kUnsupported, "retained messages expire as their sender says"},
};

/// `auth_opt_*` and `plugin_opt_*` carry any name behind the prefix.
constexpr OtherKey kPluginOption{"plugin_opt_*", kUnsupported, kNoPlugins};

/// Handled by the reader itself, see config_reader.cpp and tenants/base.
constexpr std::string_view kStructure[] = {"bind_address",
                                           "connection",
                                           "include_dir",
                                           "listener",
                                           "log_dest",
                                           "log_timestamp",
                                           "log_type",
                                           "log_timestamp_format",
                                           "port",
                                           "per_listener_settings",
                                           "listener_allow_anonymous",
                                           "listener_auto_id_prefix"};

template <typename Section>
void append(std::vector<std::string_view>& keys, std::span<const Row<Section>> rows) {
  for (const auto& row : rows) {
    keys.push_back(row.key);
  }
}

std::vector<std::string_view> collect_keys() {
  std::vector<std::string_view> keys{std::begin(kStructure), std::end(kStructure)};
  append(keys, process_rows());
  append(keys, log_rows());
  append(keys, persistence_rows());
  append(keys, mqtt_rows());
  append(keys, cloud_rows());
  append(keys, listener_rows());
  append(keys, tls_rows());
  append(keys, security_rows());
  append(keys, bridge_rows());
  for (const auto& other : kOtherKeys) {
    keys.push_back(other.key);
  }
  std::ranges::sort(keys);
  return keys;
}

/// How many letters must be put in, taken out or changed to get from one to the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t k = 0; k < to.size(); ++k) {
      const auto change = diagonal + (from[i] == to[k] ? 0 : 1);
      diagonal = row[k + 1];
      row[k + 1] = std::min({change, row[k] + 1, row[k + 1] + 1});
    }
  }
  return row.back();
}

/// More slips than this are another word.
constexpr std::size_t kMostSlips = 4;

}  // namespace

const OtherKey* find_other_key(std::string_view key) {
  if (key.starts_with("auth_opt_") || key.starts_with("plugin_opt_")) {
    return &kPluginOption;
  }
  const auto* found = std::ranges::find(kOtherKeys, key, &OtherKey::key);
  return found == std::end(kOtherKeys) ? nullptr : found;
}

std::span<const std::string_view> known_keys() {
  static const std::vector<std::string_view> keys = collect_keys();
  return keys;
}

std::string_view nearest_key(std::string_view key) {
  std::string_view best;
  std::size_t least = std::clamp<std::size_t>(key.size() / 3, 1, kMostSlips) + 1;
  for (const auto known : known_keys()) {
    const auto longer = std::max(key.size(), known.size());
    const auto shorter = std::min(key.size(), known.size());
    if (longer - shorter >= least) {
      continue;  // so many letters are missing already
    }
    if (const auto slips = distance(key, known); slips < least) {
      least = slips;
      best = known;
    }
  }
  return best;
}

}  // namespace owb::app
