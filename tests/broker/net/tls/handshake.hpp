#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "tests/broker/net/tls/test_authority.hpp"

namespace owb::net::test {

/// What a client saw of a handshake with a server context.
struct Handshake {
  bool done = false;                     ///< both sides, and the server's first data arrived
  long server_serial = 0;                ///< of the certificate shown
  int version = 0;                       ///< TLS1_2_VERSION, ...
  bool resumable = false;                ///< the server gave a ticket or session
  bool resumed = false;                  ///< with the session that was offered
  std::shared_ptr<SSL_SESSION> session;  ///< to be offered next time
  std::string client_name;               ///< common name of the client as the server sees it
};

struct HandshakeOptions {
  const TestCertificate* client = nullptr;
  int lowest = 0;
  int highest = 0;
  const char* server_name = nullptr;  ///< null: no SNI
  SSL_SESSION* session = nullptr;     ///< offered; null: none
};

/// Shakes hands in memory.
Handshake shake_hands(SSL_CTX* server, const HandshakeOptions& options = {});

}  // namespace owb::net::test
