#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenants/base/config_file.hpp"

namespace owb::app {

enum class Protocol : std::uint8_t { mqtt, websockets };

enum class SocketDomain : std::uint8_t { any, ipv4, ipv6 };

/// Who may come in; one per broker, or one per listener with `per_listener_settings true`.
struct SecurityConfig {
  bool allow_anonymous = false;
  std::string password_file;
  std::string acl_file;
  bool allow_zero_length_clientid = true;
  std::string auto_id_prefix = "auto-";
};

/// Files and rules for TLS; without `certfile` the listener is plain. The files are only named
/// here, see check_files() in config.hpp.
struct TlsConfig {
  std::string certfile;
  std::string keyfile;
  std::string cafile;
  std::string capath;
  std::string crlfile;
  std::string tls_version;  ///< `tlsv1.2` or `tlsv1.3`; empty: 1.2 and newer
  std::string ciphers;
  std::string ciphers_tls13;
  bool require_certificate = false;
  bool use_identity_as_username = false;  ///< the CN of the client's certificate is the user
  bool use_subject_as_username = false;   ///< its whole subject is

  bool enabled() const { return !certfile.empty(); }
};

/// One listening socket. Immutable after load.
struct ListenerConfig {
  config::Place place;  ///< of its `listener` line, for messages
  std::uint16_t port = 0;
  std::string address;      ///< bind address or host name; empty: all
  std::string socket_path;  ///< UNIX socket (`listener 0 PATH`) instead of port and address
  std::string bind_interface;
  SocketDomain domain = SocketDomain::any;
  Protocol protocol = Protocol::mqtt;
  TlsConfig tls;
  SecurityConfig security;  ///< settled: the broker's own, unless per_listener_settings
  std::string mount_point;  ///< classic mode
  std::string
      http_dir;  ///< websockets: folder of static files of this listener instead of `www_dir`
  std::optional<std::uint32_t> max_connections;  ///< none: no limit
  std::uint8_t max_qos = 2;
  std::uint16_t max_topic_alias = 10;                  ///< accepted from clients, 0: none
  std::uint16_t max_topic_alias_broker = 10;           ///< used towards clients, 0: none
  bool use_username_as_clientid = false;               ///< classic mode
  std::vector<std::uint8_t> accept_protocol_versions;  ///< of 3, 4, 5; empty: all

  /// "8883", "127.0.0.1:1883" or the path: for messages.
  std::string name() const;
};

}  // namespace owb::app
