#pragma once

#include <cstdint>
#include <string>

#include "tenants/base/secret_bytes.hpp"

namespace owb::shard {

/// How a password check that was not answered at once has ended.
struct SlowAnswer {
  enum class Outcome : std::uint8_t {
    right,
    wrong,
    blocked,  ///< too many failures for this name from this network; nothing was computed
    busy,     ///< its turn did not come in time
    failed,   ///< the stored hash cannot be checked, or there was no memory for it
  };
  std::uint64_t link = 0;
  Outcome outcome = Outcome::wrong;
};

/// Where the answers of a worker's checks arrive.
class AuthSink {
 public:
  virtual ~AuthSink() = default;

  /// Called on threads of the pool, holding none of its locks: take it to the worker and call
  /// CredentialCheck::finish() there. Threading: thread-safe.
  virtual void auth_answered(SlowAnswer answer) = 0;
};

/// One password to be checked against one hash.
struct SlowCheck {
  AuthSink* sink = nullptr;  ///< outlives the pool's stop()
  std::uint64_t link = 0;    ///< unique for its sink
  std::string name;          ///< one check at a time for each; untrusted text
  std::string address;       ///< of the peer, numeric; addresses take turns
  std::string stored_hash;   ///< empty: the name is unknown, and that must take as long
  SecretBytes password;
  bool throttled = true;  ///< failures count for (network of `address`, `name`)
  bool rehash = false;    ///< a right password is to be hashed anew and reported
};

/// Where passwords are checked that cost more than a loop may spend. An interface, so that
/// CredentialCheck can be tested without threads and hashes. Threading: thread-safe.
class SlowChecks {
 public:
  virtual ~SlowChecks() = default;

  enum class Taken : std::uint8_t {
    queued,   ///< one auth_answered() follows, unless forgotten
    blocked,  ///< as Outcome::blocked, known at once
    full,     ///< no room, neither in all nor for this address
  };
  virtual Taken submit(SlowCheck check) = 0;

  /// Nobody waits for this answer any more. One that is on its way may still arrive.
  virtual void forget(const AuthSink& sink, std::uint64_t link) = 0;
};

}  // namespace owb::shard
