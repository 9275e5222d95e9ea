#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tenants/base/config_file.hpp"

namespace owb::app {

/// `topic PATTERN [[out|in|both] QOS [LOCAL_PREFIX [REMOTE_PREFIX]]]` of a bridge.
struct BridgeTopic {
  enum class Direction : std::uint8_t { out, in, both };
  std::string pattern;  ///< may be empty: then the prefixes are whole topics
  Direction direction = Direction::out;
  std::uint8_t qos = 0;
  std::string local_prefix;
  std::string remote_prefix;
};

struct BridgeAddress {
  std::string host;
  std::uint16_t port = 1883;
  friend bool operator==(const BridgeAddress&, const BridgeAddress&) = default;
};

enum class BridgeStart : std::uint8_t { automatic, lazy, once };

/// TLS of a bridge; off unless one of the files is named.
struct BridgeTls {
  std::string cafile;
  std::string capath;
  std::string certfile;
  std::string keyfile;
  std::string alpn;
  std::string tls_version;  ///< `tlsv1.2` or `tlsv1.3`; empty: both
  std::string ciphers;
  std::string ciphers_tls13;
  bool insecure = false;  ///< the name in the certificate is not compared
  bool require_ocsp = false;
  bool use_system_store = false;

  bool enabled() const {
    return use_system_store || !cafile.empty() || !capath.empty() || !certfile.empty();
  }
};

/// One `connection` section. Immutable after load.
struct BridgeConfig {
  config::Place place;  ///< of its `connection` line
  std::string name;
  std::vector<BridgeAddress> addresses;
  bool round_robin = false;
  std::vector<BridgeTopic> topics;

  // At the other broker
  std::string remote_clientid;
  std::string remote_username;
  std::string remote_password;
  std::uint8_t protocol_version = 4;  ///< 3, 4 or 5
  bool try_private = true;            ///< set the bridge bit
  bool cleansession = false;
  std::chrono::seconds keepalive{60};
  std::uint32_t max_packet_size = 0;  ///< 0: no limit
  std::uint16_t receive_maximum = 0;  ///< 0: max_inflight_messages
  std::uint32_t session_expiry_interval = 0;
  std::uint16_t max_topic_alias = 10;
  bool outgoing_retain = true;
  bool attempt_unsubscribe = true;
  BridgeTls tls;

  // Here
  std::string local_clientid;
  std::string local_username;  ///< tenancy mode: the tenant
  std::string local_password;
  std::string bind_address;
  bool local_cleansession = false;
  bool notifications = true;
  bool notifications_local_only = false;
  std::string notification_topic;

  // When to connect
  BridgeStart start = BridgeStart::automatic;
  std::chrono::seconds idle_timeout{60};
  std::uint32_t threshold = 10;
  std::chrono::seconds restart_base{5};
  std::chrono::seconds restart_cap{30};  ///< equal to restart_base: constant
};

}  // namespace owb::app
