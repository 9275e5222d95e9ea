#include "tenants/registry/password_hash.hpp"

#include <array>
#include <cerrno>

#include <openssl/evp.h>
#include <sodium.h>

#include "tenants/base/base64.hpp"
#include "tenants/base/random.hpp"
#include "tenants/base/secret_bytes.hpp"
#include "tenants/base/text.hpp"
#include "tenants/registry/error.hpp"

namespace owb::tenants {
namespace {

constexpr std::string_view kArgon2id = "$argon2id$";
constexpr std::string_view kSha512 = "$6$";
constexpr std::string_view kPbkdf2 = "$7$";

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemoryBytes = std::size_t{19} << 20;
constexpr std::uint32_t kMaxLanes = 16;
/// Few, since nobody guesses 95 random bits; as many as mosquitto_passwd takes.
constexpr std::uint32_t kRandomPasswordIterations = 101;
constexpr std::size_t kSaltBytes = 12;
constexpr std::size_t kMaxSaltBytes = 128;

using Digest = std::array<std::byte, 64>;  // SHA-512

/// `$6$salt$hash` and `$7$iterations$salt$hash`, decoded.
struct Mosquitto {
  std::uint32_t iterations = 0;  ///< 0: `$6$`
  Bytes salt;
  Bytes hash;
};

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const unsigned char* raw(ByteView bytes) {
  return raw(as_text(bytes));
}

Result<Mosquitto> parse_mosquitto(std::string_view hash) {
  const bool iterated = hash.starts_with(kPbkdf2);
  const auto parts = text::split(hash.substr(kSha512.size()), '$');
  if (parts.size() != (iterated ? 3U : 2U)) {
    return Errc::hash_malformed;
  }
  Mosquitto parsed;
  if (iterated) {
    const auto iterations = text::parse_number<std::uint32_t>(parts[0]);
    if (!iterations || *iterations == 0) {
      return iterations.has_error() && iterations.error() == text::Errc::out_of_range
                 ? Errc::hash_too_expensive
                 : Errc::hash_malformed;
    }
    if (*iterations > kMaxPbkdf2Iterations) {
      return Errc::hash_too_expensive;
    }
    parsed.iterations = *iterations;
  }
  auto salt = from_base64(parts[parts.size() - 2]);
  auto digest = from_base64(parts.back());
  if (!salt || salt->empty() || salt->size() > kMaxSaltBytes || !digest ||
      digest->size() != Digest{}.size()) {
    return Errc::hash_malformed;
  }
  parsed.salt = std::move(*salt);
  parsed.hash = std::move(*digest);
  return parsed;
}

/// `m=19456,t=2,p=1` → the number after `key=`.
Result<std::uint32_t> argon2_cost(std::string_view part, std::string_view key) {
  if (!part.starts_with(key) || part.substr(key.size(), 1) != "=") {
    return Errc::hash_malformed;
  }
  return text::parse_number<std::uint32_t>(part.substr(key.size() + 1));
}

Result<void> check_argon2(std::string_view hash) {
  const auto parts = text::split(hash.substr(1), '$');  // argon2id, v=19, costs, salt, hash
  if (parts.size() != 5 || parts[1] != "v=19" || parts[3].empty() || parts[4].empty()) {
    return Errc::hash_malformed;
  }
  const auto costs = text::split(parts[2], ',');
  if (costs.size() != 3) {
    return Errc::hash_malformed;
  }

  struct Bound {
    std::string_view key;
    std::uint32_t most;
  };

  constexpr std::array kBounds = {Bound{"m", kMaxArgon2KiB}, Bound{"t", kMaxArgon2Passes},
                                  Bound{"p", kMaxLanes}};
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    const auto cost = argon2_cost(costs[i], kBounds[i].key);
    if (!cost && cost.error() != text::Errc::out_of_range) {
      return Errc::hash_malformed;
    }
    if (!cost || *cost > kBounds[i].most) {
      return Errc::hash_too_expensive;
    }
    if (*cost == 0) {
      return Errc::hash_malformed;
    }
  }
  return {};
}

Result<Digest> pbkdf2(std::string_view password, ByteView salt, std::uint32_t iterations) {
  Digest digest{};
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha512(),
                        static_cast<int>(digest.size()),
                        reinterpret_cast<unsigned char*>(digest.data())) != 1) {
    return Errc::out_of_memory;
  }
  return digest;
}

Digest sha512(std::string_view password, ByteView salt) {
  Digest digest{};
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, raw(password), password.size());
  crypto_hash_sha512_update(&state, raw(salt), salt.size());
  crypto_hash_sha512_final(&state, reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

Result<bool> verify_mosquitto(std::string_view hash, std::string_view password) {
  const auto parsed = parse_mosquitto(hash);
  if (!parsed) {
    return failure<bool>(parsed.error());
  }
  const auto digest = parsed->iterations == 0 ? Result<Digest>{sha512(password, parsed->salt)}
                                              : pbkdf2(password, parsed->salt, parsed->iterations);
  if (!digest) {
    return failure<bool>(digest.error());
  }
  return equal_in_constant_time(*digest, parsed->hash);
}

Result<bool> verify_argon2(const std::string& hash, std::string_view password) {
  init_crypto();
  errno = 0;
  const auto* text = password.empty() ? "" : password.data();  // libsodium takes no null pointer
  if (crypto_pwhash_str_verify(hash.c_str(), text, password.size()) == 0) {
    return true;
  }
  if (errno == EINVAL) {  // libsodium's word for a wrong password
    return false;
  }
  return failure<bool>(errno == ENOMEM ? Errc::out_of_memory : Errc::hash_malformed);
}

/// Takes the time of one check of hash_password()'s hashes.
Result<void> spend_one_check(std::string_view password) {
  init_crypto();
  std::array<unsigned char, 32> unused{};
  const std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
  const auto* text = password.empty() ? "" : password.data();  // libsodium takes no null pointer
  if (crypto_pwhash(unused.data(), unused.size(), text, password.size(), salt.data(), kPasses,
                    kMemoryBytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Errc::out_of_memory;
  }
  return {};
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  init_crypto();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), kPasses, kMemoryBytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Errc::out_of_memory;
  }
  return std::string{hash.data()};
}

Result<std::string> hash_random_password(std::string_view password) {
  const auto salt = random_array<kSaltBytes>();
  const auto digest = pbkdf2(password, salt, kRandomPasswordIterations);
  if (!digest) {
    return digest.error();
  }
  return std::string{kPbkdf2} + std::to_string(kRandomPasswordIterations) + '$' + to_base64(salt) +
         '$' + to_base64(*digest);
}

Result<void> check_hash_format(std::string_view hash) {
  if (hash.starts_with(kArgon2id)) {
    return check_argon2(hash);
  }
  if (!hash.starts_with(kSha512) && !hash.starts_with(kPbkdf2)) {
    return Errc::hash_unknown_format;
  }
  const auto parsed = parse_mosquitto(hash);
  return parsed ? Result<void>{} : Result<void>{parsed.error()};
}

Result<bool> verify_password(std::string_view hash, std::string_view password) {
  if (const auto checked = check_hash_format(hash); !checked) {
    return failure<bool>(checked.error());
  }
  if (password.size() > kMaxPasswordBytes) {
    return false;
  }
  return hash.starts_with(kArgon2id) ? verify_argon2(std::string{hash}, password)
                                     : verify_mosquitto(hash, password);
}

Result<bool> verify_password_evenly(std::string_view hash, std::string_view password) {
  if (password.size() > kMaxPasswordBytes) {
    return false;
  }
  const auto fits = hash.empty() ? Result<bool>{false} : verify_password(hash, password);
  if ((!fits || !*fits) && !hash.starts_with(kArgon2id)) {
    if (const auto spent = spend_one_check(password); !spent) {
      return failure<bool>(spent.error());
    }
  }
  return fits;
}

bool needs_rehash(std::string_view hash) {
  return !hash.starts_with(kArgon2id) ||
         crypto_pwhash_str_needs_rehash(std::string{hash}.c_str(), kPasses, kMemoryBytes) != 0;
}

}  // namespace owb::tenants
