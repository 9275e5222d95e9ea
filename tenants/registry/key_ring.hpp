#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tenants/base/secret_bytes.hpp"

namespace owb::tenants {

/// The keys that seal session cookies, newest first: the first seals, all open. Immutable, so
/// shared freely.
class KeyRing {
 public:
  static constexpr std::size_t kKeySize = 32;

  struct Key {
    std::uint32_t id = 0;      ///< grows; in the clear in each cookie
    std::int64_t created = 0;  ///< unix s
    SecretBytes secret;        ///< kKeySize bytes
  };

  KeyRing() = default;

  /// `keys` newest first.
  explicit KeyRing(std::vector<Key> keys) : keys_{std::move(keys)} {}

  bool empty() const { return keys_.empty(); }

  std::size_t size() const { return keys_.size(); }

  /// The key that seals. Not when empty().
  const Key& newest() const { return keys_.front(); }

  /// Null if there is none of that id (rotated out, or of another registry).
  const Key* find(std::uint32_t id) const;

 private:
  std::vector<Key> keys_;
};

inline constexpr std::int64_t kKeyRotation = 30 * 86'400;  ///< s, after which a new key seals
inline constexpr std::int64_t kKeyLifetime =
    120 * 86'400;  ///< s, after which no cookie can need it (90 days and a rotation)

}  // namespace owb::tenants
