#include "broker/net/tls/ticket_keys.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "broker/net/tls/pem_file.hpp"
#include "tenants/base/guarded.hpp"
#include "tenants/base/secret_bytes.hpp"

namespace owb::net {

namespace {

constexpr std::size_t kNameSize = 16;
constexpr std::size_t kCipherKeySize = 32;
constexpr std::size_t kMacKeySize = 32;
/// What SSL_CTX_set_tlsext_ticket_key_evp_cb wants to hear.
constexpr int kFailed = -1;
constexpr int kUnknown = 0;
constexpr int kGood = 1;
constexpr int kGoodButOld = 2;

/// Immutable.
struct KeySet {
  SecretBytes bytes =
      SecretBytes::random(kNameSize + kCipherKeySize + kMacKeySize);  ///< name, cipher, MAC

  const unsigned char* name() const { return bytes.raw(); }

  const unsigned char* cipher_key() const { return bytes.raw() + kNameSize; }

  const unsigned char* mac_key() const { return bytes.raw() + kNameSize + kCipherKeySize; }
};

bool set_mac(EVP_MAC_CTX* mac, const KeySet& keys) {
  std::array<char, 7> digest{"SHA256"};
  const std::array<OSSL_PARAM, 3> params{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
                                        const_cast<unsigned char*>(keys.mac_key()), kMacKeySize),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

}  // namespace

class TicketKeys::State {
 public:
  explicit State(std::function<std::int64_t()> now) : now_(std::move(now)) {
    keys_.with([this](Keys& keys) { keys.since = now_(); });
  }

  /// Runs in each handshake, on whichever thread does it.
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int sealing) {
    auto* self = static_cast<State*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index()));
    return sealing != 0 ? self->seal(name, iv, cipher, mac) : self->open(name, iv, cipher, mac);
  }

  static int index() {
    static const int made = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return made;
  }

 private:
  struct Keys {
    std::shared_ptr<const KeySet> current = std::make_shared<const KeySet>();
    std::shared_ptr<const KeySet> former;  ///< null: none
    std::int64_t since = 0;                ///< of `current`
  };

  /// {current, former}, after making new ones if it is time.
  std::pair<std::shared_ptr<const KeySet>, std::shared_ptr<const KeySet>> keys() {
    return keys_.with([this](Keys& keys) {
      const auto age = now_() - keys.since;
      if (age >= kLifetimeS) {
        keys.former = age < 2 * kLifetimeS ? std::move(keys.current) : nullptr;
        keys.current = std::make_shared<const KeySet>();
        keys.since = now_();
      }
      return std::pair{keys.current, keys.former};
    });
  }

  int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    const auto current = keys().first;
    const auto iv_size = EVP_CIPHER_get_iv_length(EVP_aes_256_cbc());
    if (RAND_bytes(iv, iv_size) != 1 ||
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, current->cipher_key(), iv) != 1 ||
        !set_mac(mac, *current)) {
      return kFailed;
    }
    std::copy_n(current->name(), kNameSize, name);
    return kGood;
  }

  int open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
           EVP_MAC_CTX* mac) {
    const auto [current, former] = keys();
    const auto is_named = [name](const auto& keys) {
      return keys && std::memcmp(name, keys->name(), kNameSize) == 0;
    };
    const auto& used = is_named(current) ? current : former;
    if (!is_named(used)) {
      return kUnknown;  // a whole handshake
    }
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, used->cipher_key(), iv) != 1 ||
        !set_mac(mac, *used)) {
      return kFailed;
    }
    return used == current ? kGood : kGoodButOld;
  }

  const std::function<std::int64_t()> now_;
  Guarded<Keys> keys_;
};

TicketKeys::TicketKeys(std::function<std::int64_t()> now)
    : state_(std::make_shared<State>(std::move(now))) {}

TicketKeys::~TicketKeys() = default;

void TicketKeys::attach(SSL_CTX* context) const {
  keep_in_context(context, state_);
  SSL_CTX_set_ex_data(context, State::index(), state_.get());
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &State::on_ticket);
  SSL_CTX_set_timeout(context, kLifetimeS);
  SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 1);
}

}  // namespace owb::net
