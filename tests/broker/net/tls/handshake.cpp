#include "tests/broker/net/tls/handshake.hpp"

#include <array>

#include <openssl/err.h>

#include "broker/net/tls/client_name.hpp"
#include "broker/net/tls/tls_context.hpp"

namespace owb::net::test {

namespace {

using SslPtr = std::unique_ptr<SSL, OpensslFree<SSL_free>>;

/// Both ends of one connection, joined by a pair of memory buffers.
struct Ends {
  SslPtr client;
  SslPtr server;
};

Ends join(SSL_CTX* client_context, SSL_CTX* server_context) {
  Ends ends{SslPtr{SSL_new(client_context)}, SslPtr{SSL_new(server_context)}};
  BIO* client_bio = nullptr;
  BIO* server_bio = nullptr;
  BIO_new_bio_pair(&client_bio, 0, &server_bio, 0);
  SSL_set_bio(ends.client.get(), client_bio, client_bio);
  SSL_set_bio(ends.server.get(), server_bio, server_bio);
  SSL_set_connect_state(ends.client.get());
  SSL_set_accept_state(ends.server.get());
  return ends;
}

/// Data in both directions: with TLS 1.3 a client learns only then that its certificate was
/// refused.
bool exchange(const Ends& ends) {
  std::array<char, 4> buffer{};
  bool server_wrote = false;
  for (int turn = 0; turn < 20; ++turn) {
    ERR_clear_error();
    SSL_do_handshake(ends.client.get());
    SSL_do_handshake(ends.server.get());
    if (!server_wrote && SSL_is_init_finished(ends.server.get()) != 0) {
      server_wrote = SSL_write(ends.server.get(), "ok", 2) == 2;
    }
    if (server_wrote && SSL_read(ends.client.get(), buffer.data(), 2) == 2) {
      return true;
    }
  }
  return false;
}

}  // namespace

Handshake shake_hands(SSL_CTX* server, const HandshakeOptions& options) {
  const SslContext client{SSL_CTX_new(TLS_client_method())};
  SSL_CTX_set_min_proto_version(client.get(), options.lowest);
  SSL_CTX_set_max_proto_version(client.get(), options.highest);
  if (options.client != nullptr) {
    SSL_CTX_use_certificate(client.get(), options.client->certificate.get());
    SSL_CTX_use_PrivateKey(client.get(), options.client->key.get());
  }
  const auto ends = join(client.get(), server);
  if (options.server_name != nullptr) {
    SSL_ctrl(ends.client.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(options.server_name));
  }
  if (options.session != nullptr) {
    SSL_set_session(ends.client.get(), options.session);
  }
  Handshake seen;
  seen.done = exchange(ends);
  seen.version = SSL_version(ends.client.get());
  seen.resumable = SSL_SESSION_is_resumable(SSL_get0_session(ends.client.get())) != 0;
  seen.resumed = SSL_session_reused(ends.client.get()) != 0;
  seen.session = {SSL_get1_session(ends.client.get()), SSL_SESSION_free};
  // A client that goes without a word does not come back with the session.
  SSL_set_shutdown(ends.client.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  if (const auto* shown = SSL_get0_peer_certificate(ends.client.get())) {
    seen.server_serial = ASN1_INTEGER_get(X509_get0_serialNumber(shown));
  }
  const auto name =
      client_name(SSL_get0_peer_certificate(ends.server.get()), ClientNameFrom::common_name);
  if (name) {
    seen.client_name = *name;
  }
  return seen;
}

}  // namespace owb::net::test
