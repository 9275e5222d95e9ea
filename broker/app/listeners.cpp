#include "broker/app/listeners.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>

#include <sys/socket.h>

namespace owb::app {

namespace {

int family_of(SocketDomain domain) {
  switch (domain) {
    case SocketDomain::ipv4:
      return AF_INET;
    case SocketDomain::ipv6:
      return AF_INET6;
    case SocketDomain::any:
      break;
  }
  return AF_UNSPEC;
}

std::uint8_t version_bits(const std::vector<std::uint8_t>& versions) {
  if (versions.empty()) {
    return 0xFF;
  }
  unsigned bits = 0;
  for (const auto version : versions) {
    bits |= 1U << version;
  }
  return static_cast<std::uint8_t>(bits);
}

net::ClientNameFrom name_source(const TlsConfig& tls) {
  if (tls.use_identity_as_username) {
    return net::ClientNameFrom::common_name;
  }
  return tls.use_subject_as_username ? net::ClientNameFrom::subject : net::ClientNameFrom::nothing;
}

std::int64_t monotonic_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Opens one listener after the other; equal certificate files become one object.
class Opener {
 public:
  explicit Opener(const BrokerConfig& config) : config_(config) {}

  Listeners run() {
    for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
      open(static_cast<std::uint32_t>(i));
    }
    if (!config_.cloud.login_socket.empty()) {
      open_login();
    }
    return std::move(made_);
  }

 private:
  void open(std::uint32_t index) {
    const auto& from = config_.listeners[index];
    auto listener = std::make_shared<net::Listener>();
    listener->index = index;
    listener->name = from.name();
    listener->client_name = name_source(from.tls);
    listener->max_connections = from.max_connections.value_or(0);
    listener->kind = from.protocol == Protocol::websockets ? core::ListenerKind::web
                     : from.tls.enabled()                  ? core::ListenerKind::tls
                                                           : core::ListenerKind::tcp;
    auto& peer = listener->peer;
    peer.kind = listener->kind;
    peer.listener = index;
    peer.allow_anonymous = from.security.allow_anonymous;
    peer.accept_versions = version_bits(from.accept_protocol_versions);
    peer.maximum_qos = static_cast<mqtt::Qos>(from.max_qos);
    peer.max_topic_alias = from.max_topic_alias;
    peer.max_topic_alias_out = from.max_topic_alias_broker;
    peer.use_username_as_clientid = !config_.cloud.tenancy && from.use_username_as_clientid;
    if (!config_.cloud.tenancy && !from.mount_point.empty()) {
      peer.mount_point = from.mount_point;
    }
    if (from.protocol == Protocol::websockets) {
      listener->web_listener = made_.web.size();
      made_.web.push_back(web_config(from));
      made_.web_listeners.push_back(listener);
    } else if (from.tls.enabled()) {
      listener->tls = context(from);
    }
    if (!from.socket_path.empty()) {
      add(listener, net::open_unix(from.socket_path));
      return;
    }
    for (auto& socket :
         net::open_tcp(from.address, from.port, from.bind_interface, family_of(from.domain))) {
      add(listener, std::move(socket));
    }
  }

  void open_login() {
    auto listener = std::make_shared<net::Listener>();
    listener->index = static_cast<std::uint32_t>(config_.listeners.size());
    listener->name = config_.cloud.login_socket;
    listener->kind = core::ListenerKind::login;
    listener->peer.kind = core::ListenerKind::login;
    listener->peer.listener = listener->index;
    add(listener, net::open_unix(config_.cloud.login_socket));
  }

  void add(const std::shared_ptr<net::Listener>& listener, UniqueFd socket) {
    made_.sockets.push_back(
        {.listener = listener, .socket = std::make_shared<const UniqueFd>(std::move(socket))});
  }

  std::shared_ptr<net::ServerCertificate> certificate(const TlsConfig& tls) {
    auto& known = certificates_[{tls.certfile, tls.keyfile}];
    if (!known) {
      known = std::make_shared<net::ServerCertificate>(tls.certfile, tls.keyfile);
      made_.certificates.push_back(known);
    }
    return known;
  }

  net::TlsListenerConfig tls_config(const TlsConfig& from) {
    net::TlsListenerConfig tls{.certificate = certificate(from),
                               .client_trust = nullptr,
                               .tls_version = from.tls_version,
                               .ciphers = from.ciphers,
                               .ciphers_tls13 = from.ciphers_tls13,
                               .tickets = tickets_};
    if (from.require_certificate) {
      auto trust = std::make_shared<net::ClientTrust>(from.cafile, from.crlfile);
      made_.trusts.push_back(trust);
      tls.client_trust = trust;
    }
    return tls;
  }

  std::shared_ptr<SSL_CTX> context(const ListenerConfig& from) {
    return {net::make_server_context(tls_config(from.tls)).release(), SSL_CTX_free};
  }

  net::web::WebListenerConfig web_config(const ListenerConfig& from) {
    net::web::WebListenerConfig web;
    if (from.tls.enabled()) {
      web.tls = tls_config(from.tls);
      web.client_name = name_source(from.tls);
    }
    return web;
  }

  const BrokerConfig& config_;
  const std::shared_ptr<const net::TicketKeys> tickets_ =
      std::make_shared<const net::TicketKeys>(monotonic_seconds);
  Listeners made_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<net::ServerCertificate>>
      certificates_;
};

}  // namespace

Listeners open_listeners(const BrokerConfig& config) {
  return Opener(config).run();
}

}  // namespace owb::app
