#include "broker/shard/auth/credential_mac.hpp"

#include <cstdint>

#include <sodium.h>

namespace owb::shard {

namespace {

void add(crypto_generichash_state& state, ByteView part) {
  const std::uint64_t size = part.size();
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()),
                            part.size());
}

}  // namespace

CredentialMac CredentialKey::mac(std::string_view user, std::string_view stored_hash,
                                 ByteView password) const {
  crypto_generichash_state state;
  CredentialMac mac{};
  crypto_generichash_init(&state, key_.raw(), key_.size(), mac.size());
  add(state, as_byte_view(user));
  add(state, as_byte_view(stored_hash));
  add(state, password);
  crypto_generichash_final(&state, mac.data(), mac.size());
  sodium_memzero(&state, sizeof state);
  return mac;
}

}  // namespace owb::shard
