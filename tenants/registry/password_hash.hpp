#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tenants/base/result.hpp"

/// Password hashes: argon2id for new ones, and those that mosquitto's password files hold. All
/// thread-safe.
namespace owb::tenants {

/// What one check may cost at most; a hash beyond it is refused, not computed (hash_too_expensive).
inline constexpr std::uint32_t kMaxPbkdf2Iterations = 1'000'000;  ///< about 0.8 s
inline constexpr std::uint32_t kMaxArgon2Passes = 10;
inline constexpr std::uint32_t kMaxArgon2KiB = 256 * 1024;
/// A longer password is refused before anything is computed.
inline constexpr std::size_t kMaxPasswordBytes = 1'024;

/// argon2id, t=2, m=19 MiB: 13 ms and 19 MiB, for passwords that people choose. Errors:
/// out_of_memory.
Result<std::string> hash_password(std::string_view password);

/// PBKDF2 with few iterations (`$7$`, 0.1 ms): only for passwords we drew at random ourselves,
/// which cannot be guessed however fast the guessing is; for adding many tenants at once. Errors:
/// out_of_memory.
Result<std::string> hash_random_password(std::string_view password);

/// Whether the text is a hash we can check: known format, sound fields, within the bounds above.
/// Errors: hash_unknown_format, hash_malformed, hash_too_expensive.
Result<void> check_hash_format(std::string_view hash);

/// Whether `password` fits `hash` (`$argon2id$`, `$6$`, `$7$`). Blocks for as long as the format
/// takes: KDF pool only. Errors: those of check_hash_format(), out_of_memory.
Result<bool> verify_password(std::string_view hash, std::string_view password);

/// The same, but a refusal takes at least the time of one argon2id check, whatever the format, and
/// an empty `hash` (unknown name) costs the same as a wrong password: what strangers may call.
Result<bool> verify_password_evenly(std::string_view hash, std::string_view password);

/// Whether a fitting password should be hashed anew: another format, or other costs than
/// hash_password() uses.
bool needs_rehash(std::string_view hash);

}  // namespace owb::tenants
