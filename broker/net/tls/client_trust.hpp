#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "broker/net/tls/reload.hpp"

namespace owb::net {

/// Who may sign client certificates, and which of them are revoked; replaceable while listeners
/// serve.
///
/// Threading: thread-safe.
class ClientTrust {
 public:
  /// `ca_file`: PEM, one or more certificates. `crl_file`: PEM, may be empty; if given, each client
  /// certificate is looked up in its issuer's list, and refused without a valid one. Throws
  /// std::runtime_error that names the file.
  ClientTrust(std::string ca_file, std::string crl_file);
  ~ClientTrust();
  ClientTrust(const ClientTrust&) = delete;
  ClientTrust& operator=(const ClientTrust&) = delete;

  /// Looks at the files again; the next handshake uses what they say (F43, F54).
  Reload reload_if_changed();

  /// Makes `context` refuse clients without a certificate that this trusts. Sessions are not
  /// resumed there, since resuming skips the check. The context keeps what it needs: it may outlive
  /// this object.
  void attach(SSL_CTX* context) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace owb::net
