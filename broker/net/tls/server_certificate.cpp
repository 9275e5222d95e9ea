#include "broker/net/tls/server_certificate.hpp"

#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "broker/net/tls/pem_file.hpp"
#include "tenants/base/guarded.hpp"

namespace owb::net {

namespace {

/// Immutable.
struct Pair {
  X509Ptr leaf;
  X509Stack chain;
  PkeyPtr key;
};

/// A password prompt on a daemon's terminal would hang the start: keys with a passphrase are
/// refused.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return -1;
}

void read_chain(const std::string& path, Pair& pair) {
  const auto bio = open_pem(path);
  pair.leaf.reset(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_passphrase, nullptr));
  if (!pair.leaf) {
    throw std::runtime_error(path + ": no certificate in it: " + openssl_reason());
  }
  pair.chain.reset(sk_X509_new_null());
  while (auto* issuer = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    sk_X509_push(pair.chain.get(), issuer);
  }
  const auto last = ERR_peek_last_error();
  if (ERR_GET_LIB(last) != ERR_LIB_PEM || ERR_GET_REASON(last) != PEM_R_NO_START_LINE) {
    throw std::runtime_error(path + ": damaged certificate in the chain: " + openssl_reason());
  }
  ERR_clear_error();
}

std::shared_ptr<const Pair> read_pair(const std::string& chain_file, const std::string& key_file) {
  auto pair = std::make_shared<Pair>();
  read_chain(chain_file, *pair);
  const auto bio = open_pem(key_file);
  pair->key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!pair->key) {
    throw std::runtime_error(key_file + ": no readable private key in it: " + openssl_reason());
  }
  if (X509_check_private_key(pair->leaf.get(), pair->key.get()) != 1) {
    ERR_clear_error();
    throw std::runtime_error(key_file + ": does not belong to the certificate in " + chain_file);
  }
  return pair;
}

}  // namespace

class ServerCertificate::State {
 public:
  State(std::string chain_file, std::string key_file)
      : chain_file_(std::move(chain_file)),
        key_file_(std::move(key_file)),
        stamps_(look()),
        pair_(read_pair(chain_file_, key_file_)) {}

  Reload reload_if_changed() {
    const auto now = look();
    if (stamps_.with([&](const Stamps& before) { return now == before; })) {
      return {};
    }
    try {
      auto fresh = read_pair(chain_file_, key_file_);
      pair_.with([&](auto& in_force) { in_force = std::move(fresh); });
    } catch (const std::runtime_error& error) {
      return {.kind = Reload::Kind::refused, .reason = error.what()};  // looked at again next time
    }
    stamps_.with([&](Stamps& before) { before = now; });
    return {.kind = Reload::Kind::replaced, .reason = chain_file_};
  }

  /// SSL_CTX_set_cert_cb: runs in each handshake, on whichever thread does it.
  static int on_handshake(SSL* ssl, void* self) {
    const auto pair = *static_cast<State*>(self)->pair_.lock();
    return SSL_use_cert_and_key(ssl, pair->leaf.get(), pair->key.get(), pair->chain.get(), 1);
  }

 private:
  struct Stamps {
    FileStamp chain;
    FileStamp key;

    bool operator==(const Stamps&) const = default;
  };

  Stamps look() const { return {FileStamp::of(chain_file_), FileStamp::of(key_file_)}; }

  const std::string chain_file_;
  const std::string key_file_;
  Guarded<Stamps> stamps_;  // of the files that are in force
  Guarded<std::shared_ptr<const Pair>> pair_;
};

ServerCertificate::ServerCertificate(std::string chain_file, std::string key_file)
    : state_(std::make_shared<State>(std::move(chain_file), std::move(key_file))) {}

ServerCertificate::~ServerCertificate() = default;

Reload ServerCertificate::reload_if_changed() {
  return state_->reload_if_changed();
}

void ServerCertificate::attach(SSL_CTX* context) const {
  keep_in_context(context, state_);
  SSL_CTX_set_cert_cb(context, &State::on_handshake, state_.get());
}

}  // namespace owb::net
