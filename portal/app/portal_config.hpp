#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenants/base/config_file.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/registry/registry.hpp"

namespace owb::portal::app {

/// Another MQTT broker to check logins at.
struct BrokerAddress {
  std::string host;
  std::uint16_t port = 8883;
};

/// The portal's part of the configuration. Immutable after load.
struct PortalConfig {
  std::string registry{tenants::kDefaultRegistry};
  std::string portal_socket;
  std::string login_socket;             ///< empty if there is a broker address
  std::optional<BrokerAddress> broker;  ///< wins over login_socket
  std::string cafile;                   ///< empty: the system's certificates
  std::string login_topic = "webparm";
  std::vector<std::string> origins;
  std::size_t threads = 8;
  log::Options log;
};

struct LoadedPortalConfig {
  PortalConfig config;      ///< to be used only if there are no problems
  config::Problems errors;  ///< of the portal's own directives
};

/// Picks the portal's directives out of a file that was read; all others are the broker's. Pure.
LoadedPortalConfig make_portal_config(const std::vector<config::Directive>& directives);

}  // namespace owb::portal::app
