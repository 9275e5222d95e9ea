#pragma once

#include <array>
#include <string_view>

#include "tenants/base/bytes.hpp"
#include "tenants/base/secret_bytes.hpp"

namespace owb::shard {

/// Names one (user, stored hash, password) without telling any of them.
using CredentialMac = std::array<unsigned char, 32>;

/// The key of this process under which checked passwords are remembered. Never stored: a memory
/// dump without it is no list of passwords. Threading: immutable.
class CredentialKey {
 public:
  CredentialKey() : key_{SecretBytes::random(kSize)} {}

  /// Keyed BLAKE2b-256 over the three, each with its length before it. About 1 µs.
  CredentialMac mac(std::string_view user, std::string_view stored_hash, ByteView password) const;

 private:
  static constexpr std::size_t kSize = 32;
  SecretBytes key_;
};

}  // namespace owb::shard
