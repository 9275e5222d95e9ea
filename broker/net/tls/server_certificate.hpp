#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "broker/net/tls/reload.hpp"

namespace owb::net {

/// The certificate chain and key a listener shows, replaceable while it serves.
///
/// One object serves every listener with the same files, raw (8883) and web (8443): attach()
/// installs the same OpenSSL callback on each SSL_CTX, so a renewal reaches the next handshake
/// everywhere at once; live connections keep theirs. Clients without SNI get it too. Threading:
/// thread-safe.
class ServerCertificate {
 public:
  /// Loads both files. Throws std::runtime_error with a text that names the file at fault, also if
  /// they do not match.
  ServerCertificate(std::string chain_file, std::string key_file);
  ~ServerCertificate();
  ServerCertificate(const ServerCertificate&) = delete;
  ServerCertificate& operator=(const ServerCertificate&) = delete;

  /// Looks at the files again. Takes them only as a pair that matches: certbot replaces chain and
  /// key in two steps, and between them the old pair goes on serving (F54).
  Reload reload_if_changed();

  /// Makes `context` show this certificate. The context keeps what it needs: it may outlive this
  /// object.
  void attach(SSL_CTX* context) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace owb::net
