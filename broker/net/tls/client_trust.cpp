#include "broker/net/tls/client_trust.hpp"

#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "broker/net/tls/pem_file.hpp"
#include "tenants/base/guarded.hpp"

namespace owb::net {

namespace {

/// Immutable once built.
struct Roots {
  StorePtr store;
  NameStack names;  // told to clients, so that they can choose
};

void add_authorities(const std::string& path, Roots& roots) {
  const auto bio = open_pem(path);
  roots.names.reset(sk_X509_NAME_new_null());
  int count = 0;
  for (;; ++count) {
    const X509Ptr authority{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
    if (!authority) {
      break;
    }
    if (X509_STORE_add_cert(roots.store.get(), authority.get()) != 1) {
      throw std::runtime_error(path + ": " + openssl_reason());
    }
    sk_X509_NAME_push(roots.names.get(), X509_NAME_dup(X509_get_subject_name(authority.get())));
  }
  if (count == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    throw std::runtime_error(path + ": no readable CA certificate in it: " + openssl_reason());
  }
  ERR_clear_error();
}

void add_revocations(const std::string& path, Roots& roots) {
  const auto bio = open_pem(path);
  int count = 0;
  for (;; ++count) {
    const std::unique_ptr<X509_CRL, OpensslFree<X509_CRL_free>> list{
        PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)};
    if (!list) {
      break;
    }
    if (X509_STORE_add_crl(roots.store.get(), list.get()) != 1) {
      throw std::runtime_error(path + ": " + openssl_reason());
    }
  }
  if (count == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    throw std::runtime_error(path + ": no readable revocation list in it: " + openssl_reason());
  }
  ERR_clear_error();
  X509_STORE_set_flags(roots.store.get(), X509_V_FLAG_CRL_CHECK);
}

std::shared_ptr<const Roots> read_roots(const std::string& ca_file, const std::string& crl_file) {
  auto roots = std::make_shared<Roots>();
  roots->store.reset(X509_STORE_new());
  add_authorities(ca_file, *roots);
  if (!crl_file.empty()) {
    add_revocations(crl_file, *roots);
  }
  return roots;
}

}  // namespace

class ClientTrust::State {
 public:
  State(std::string ca_file, std::string crl_file)
      : ca_file_(std::move(ca_file)),
        crl_file_(std::move(crl_file)),
        stamps_(look()),
        roots_(read_roots(ca_file_, crl_file_)) {}

  Reload reload_if_changed() {
    const auto now = look();
    if (stamps_.with([&](const Stamps& before) { return now == before; })) {
      return {};
    }
    try {
      auto fresh = read_roots(ca_file_, crl_file_);
      roots_.with([&](auto& in_force) { in_force = std::move(fresh); });
    } catch (const std::runtime_error& error) {
      return {.kind = Reload::Kind::refused, .reason = error.what()};  // looked at again next time
    }
    stamps_.with([&](Stamps& before) { before = now; });
    return {.kind = Reload::Kind::replaced, .reason = ca_file_};
  }

  /// SSL_CTX_set_client_hello_cb: the connection checks its peer against what is in force now.
  static int on_client_hello(SSL* ssl, int* alert, void* self) {
    const auto roots = *static_cast<State*>(self)->roots_.lock();
    auto* names = SSL_dup_CA_list(roots->names.get());
    if (names == nullptr || SSL_set1_verify_cert_store(ssl, roots->store.get()) != 1) {
      sk_X509_NAME_pop_free(names, X509_NAME_free);
      *alert = SSL_AD_INTERNAL_ERROR;
      return SSL_CLIENT_HELLO_ERROR;
    }
    SSL_set0_CA_list(ssl, names);
    return SSL_CLIENT_HELLO_SUCCESS;
  }

 private:
  struct Stamps {
    FileStamp ca;
    FileStamp crl;

    bool operator==(const Stamps&) const = default;
  };

  Stamps look() const { return {FileStamp::of(ca_file_), FileStamp::of(crl_file_)}; }

  const std::string ca_file_;
  const std::string crl_file_;
  Guarded<Stamps> stamps_;  // of the files that are in force
  Guarded<std::shared_ptr<const Roots>> roots_;
};

ClientTrust::ClientTrust(std::string ca_file, std::string crl_file)
    : state_(std::make_shared<State>(std::move(ca_file), std::move(crl_file))) {}

ClientTrust::~ClientTrust() = default;

Reload ClientTrust::reload_if_changed() {
  return state_->reload_if_changed();
}

void ClientTrust::attach(SSL_CTX* context) const {
  keep_in_context(context, state_);
  SSL_CTX_set_client_hello_cb(context, &State::on_client_hello, state_.get());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

}  // namespace owb::net
