#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "broker/net/tls/client_trust.hpp"
#include "broker/net/tls/server_certificate.hpp"
#include "broker/net/tls/ticket_keys.hpp"

namespace owb::net {

struct SslContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

using SslContext = std::unique_ptr<SSL_CTX, SslContextFree>;

/// TLS settings of one listener, as mosquitto.conf names them.
struct TlsListenerConfig {
  std::shared_ptr<const ServerCertificate> certificate = {};
  std::shared_ptr<const ClientTrust> client_trust =
      {};  ///< require_certificate; null: clients are not asked for one
  std::string
      tls_version;  ///< tls_version: `tlsv1.2` or `tlsv1.3` is the lowest accepted; empty means 1.2
  std::string ciphers = {};  ///< ciphers (up to TLS 1.2), OpenSSL syntax; empty: OpenSSL's default
  std::string ciphers_tls13 =
      {};  ///< ciphers_tls1.3; empty: AES-128 first, then the others OpenSSL has
  std::shared_ptr<const TicketKeys> tickets = {};  ///< null, or with `client_trust`: no resumption
};

/// What every listener has, raw or web: certificate, client check, lowest version, ciphers, session
/// tickets but no session cache, no compression, no renegotiation. Throws std::runtime_error that
/// names the setting.
void configure_server_context(SSL_CTX* context, const TlsListenerConfig& config);

/// A context for sockets driven by `SSL_set_fd`: as above, with buffers released while idle, and
/// read_ahead: after any wait or hand-over call SSL_read first and wait only on
/// SSL_ERROR_WANT_READ. Throws std::runtime_error that names the setting.
SslContext make_server_context(const TlsListenerConfig& config);

}  // namespace owb::net
