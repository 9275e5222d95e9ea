#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tenants/base/bytes.hpp"
#include "tenants/registry/limits.hpp"
#include "tenants/registry/tenant_id.hpp"

namespace owb::tenants {

/// Keyed BLAKE2b-256 of a home secret; the key is the registry's own.
using HomeSecretMac = std::array<std::byte, 32>;

/// What the registry knows of one tenant. Immutable once in a snapshot.
struct TenantRecord {
  TenantId id;
  /// Never reused: a name that is deleted and added again gets a new one, and with it an empty hub.
  /// Never 0, which stands for a user known only from a password file.
  std::uint64_t uid = 0;
  bool suspended = false;
  HomeSecretMac home_secret{};
  /// Empty: this registry made the MAC. Else uid and key with which another one did, whence the
  /// tenant was imported (HomeSecretOrigin).
  Bytes home_origin{};
  std::string password_hash{};   ///< a format of password_hash.hpp; empty: no password, nobody can
                                 ///< log in with one
  std::uint64_t generation = 1;  ///< grows at each change of password, secret or suspension
  std::int64_t webparm_id = 0;   ///< greater than 0: may log in; served as `NAME/webparm/id`
  std::string thema{};           ///< served as `NAME/webparm/thema`
  LimitOverrides limits{};
  std::int64_t created = 0;  ///< unix s

  friend bool operator==(const TenantRecord&, const TenantRecord&) = default;
};

/// One entry of a broker's state (broker/core/keeper.hpp); here only bytes.
struct StateEntry {
  std::uint8_t kind = 0;
  Bytes key{};
  Bytes value{};

  friend bool operator==(const StateEntry&, const StateEntry&) = default;
};

}  // namespace owb::tenants
