#include "broker/net/tls/tls_context.hpp"

#include <stdexcept>
#include <string_view>

#include <openssl/err.h>

#include "broker/net/tls/pem_file.hpp"

namespace owb::net {

namespace {

constexpr std::string_view kSessionContext = "owb-broker";
/// AES-128 is as safe, cheaper, and its SHA-256 leaves 200 bytes less with each connection.
constexpr const char* kSuites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

int lowest_version(const std::string& tls_version) {
  if (tls_version.empty() || tls_version == "tlsv1.2") {
    return TLS1_2_VERSION;
  }
  if (tls_version == "tlsv1.3") {
    return TLS1_3_VERSION;
  }
  throw std::runtime_error("tls_version " + tls_version + ": known are tlsv1.2 and tlsv1.3");
}

void set_ciphers(SSL_CTX* context, const TlsListenerConfig& config) {
  ERR_clear_error();
  if (!config.ciphers.empty() && SSL_CTX_set_cipher_list(context, config.ciphers.c_str()) != 1) {
    throw std::runtime_error("ciphers " + config.ciphers + ": " + openssl_reason());
  }
  const auto* suites = config.ciphers_tls13.empty() ? kSuites : config.ciphers_tls13.c_str();
  if (SSL_CTX_set_ciphersuites(context, suites) != 1) {
    throw std::runtime_error("ciphers_tls1.3 " + config.ciphers_tls13 + ": " + openssl_reason());
  }
}

}  // namespace

void configure_server_context(SSL_CTX* context, const TlsListenerConfig& config) {
  if (!config.certificate) {
    throw std::runtime_error("TLS listener: certfile and keyfile are missing");
  }
  SSL_CTX_set_min_proto_version(context, lowest_version(config.tls_version));
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  set_ciphers(context, config);
  SSL_CTX_set_session_id_context(context,
                                 reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                 static_cast<unsigned int>(kSessionContext.size()));
  // One kept for each client would cost more than its handshake.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (config.tickets) {
    config.tickets->attach(context);
  } else {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
  }
  config.certificate->attach(context);
  if (config.client_trust) {
    config.client_trust->attach(context);
  }
}

SslContext make_server_context(const TlsListenerConfig& config) {
  SslContext context{SSL_CTX_new(TLS_server_method())};
  if (!context) {
    throw std::runtime_error("TLS listener: " + openssl_reason());
  }
  configure_server_context(context.get(), config);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

}  // namespace owb::net
