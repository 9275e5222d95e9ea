#pragma once

#include <memory>
#include <vector>

#include "broker/app/config.hpp"
#include "broker/net/listener.hpp"
#include "broker/net/web/web_server.hpp"

namespace owb::app {

/// One open listening socket and what it accepts.
struct OpenListener {
  std::shared_ptr<const net::Listener> listener;
  std::shared_ptr<const UniqueFd> socket;
};

/// All listeners of a configuration, open but not yet accepting. Start-up only.
struct Listeners {
  std::vector<OpenListener> sockets;
  std::vector<net::web::WebListenerConfig> web;  ///< by Listener::web_listener
  std::vector<std::shared_ptr<const net::Listener>> web_listeners;
  std::vector<std::shared_ptr<net::ServerCertificate>> certificates;
  std::vector<std::shared_ptr<net::ClientTrust>> trusts;
};

/// Opens them. Throws std::runtime_error that names the listener and what is wrong with it.
Listeners open_listeners(const BrokerConfig& config);

}  // namespace owb::app
