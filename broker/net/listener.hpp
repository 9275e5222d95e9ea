#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/authenticator.hpp"
#include "broker/net/tls/client_name.hpp"
#include "broker/net/tls/tls_context.hpp"
#include "tenants/base/unique_fd.hpp"

namespace owb::net {

/// What one listener accepts, for as long as it is open. Threading: immutable.
struct Listener {
  std::uint32_t index = 0;  ///< in the configuration
  core::ListenerKind kind = core::ListenerKind::tcp;
  std::string name;              ///< for the log: "8883", "127.0.0.1:1883", "/run/…/login.sock"
  std::shared_ptr<SSL_CTX> tls;  ///< null: plain (or web, whose TLS is not ours)
  ClientNameFrom client_name = ClientNameFrom::nothing;
  std::size_t web_listener = 0;       ///< index for WebServer::adopt()
  std::uint32_t max_connections = 0;  ///< 0: no limit
  /// Those open now, on all threads.
  mutable std::atomic<std::uint32_t> connections = 0;
  core::Peer peer;  ///< what is the same for all its connections
};

/// Opens a listening TCP socket for each address `host` has ("" means all, IPv4 and IPv6),
/// non-blocking. Throws std::runtime_error that names address and port.
std::vector<UniqueFd> open_tcp(const std::string& host, std::uint16_t port,
                               const std::string& interface, int family);
/// Opens a listening UNIX socket with mode 0600, in place of a stale one. Throws std::runtime_error
/// that names the path.
UniqueFd open_unix(const std::string& path);
/// The port a socket is bound to.
std::uint16_t port_of(int fd);

}  // namespace owb::net
