#include <sodium.h>

#include "tenants/base/random.hpp"
#include "tenants/registry/error.hpp"
#include "tenants/registry/registry_state.hpp"

namespace owb::tenants {
namespace {

constexpr std::size_t kTokenLength = 32;  // 190 bits

/// What is stored of a token. Not keyed: there is nothing to guess in 190 bits.
std::array<std::byte, 32> hash_of(std::string_view token) {
  init_crypto();
  std::array<std::byte, 32> hash{};
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(token.data()), token.size(), nullptr,
                     0);
  return hash;
}

}  // namespace

Result<KeyRing> Registry::keys() {
  return rows::read_keys(state_->database);
}

Result<void> Registry::rotate_keys(const By& by) {
  return state_->transact([&]() -> Result<void> {
    const auto key = SecretBytes::random(KeyRing::kKeySize);
    auto& database = state_->database;
    if (const auto done = database.run("INSERT INTO cookie_keys (created, secret) VALUES (?1, ?2)",
                                       by.now, key.view());
        !done) {
      return done;
    }
    if (const auto done = database.run(
            "DELETE FROM cookie_keys WHERE created < ?1 AND id < (SELECT max(id) FROM cookie_keys)",
            by.now - kKeyLifetime);
        !done) {
      return done;
    }
    return state_->audit(by, "", rows::kKeysRotated);
  });
}

Result<bool> Registry::rotate_keys_if_due(const By& by) {
  const auto ring = keys();
  if (!ring) {
    return failure<bool>(ring.error());
  }
  if (!ring->empty() && ring->newest().created + kKeyRotation > by.now) {
    return false;
  }
  const auto rotated = rotate_keys(by);
  return rotated ? Result<bool>{true} : failure<bool>(rotated.error());
}

Result<std::string> Registry::create_login_link(const TenantId& id, std::int64_t lifetime_s,
                                                const By& by) {
  return state_->transact([&]() -> Result<std::string> {
    const auto record = state_->find(id.str());
    if (!record) {
      return record.error();
    }
    auto token = random_alnum(kTokenLength);
    const auto hash = hash_of(token);
    if (const auto done = state_->database.run(
            "INSERT INTO login_links (token_hash, tenant_uid, expires) VALUES (?1, ?2, ?3)",
            ByteView{hash}, record->uid, by.now + lifetime_s);
        !done) {
      return done.error();
    }
    if (const auto noted = state_->audit(by, id.str(), "link.create"); !noted) {
      return noted.error();
    }
    return token;
  });
}

Result<TenantRecord> Registry::redeem_login_link(std::string_view token, const By& by) {
  if (token.size() != kTokenLength) {
    return Errc::no_such_link;
  }
  return state_->transact([&]() -> Result<TenantRecord> {
    auto& database = state_->database;
    const auto hash = hash_of(token);
    const auto uid = database.integer_or(
        0, "DELETE FROM login_links WHERE token_hash = ?1 AND expires > ?2 RETURNING tenant_uid",
        ByteView{hash}, by.now);
    if (!uid || *uid == 0) {
      return uid ? make_error_code(Errc::no_such_link) : uid.error();
    }
    auto query = database.query("SELECT " OWB_TENANT_COLUMNS " FROM tenants WHERE uid = ?1", *uid);
    if (!query.next()) {
      return query.failed() ? query.error() : make_error_code(Errc::no_such_link);
    }
    auto record = rows::read_tenant(query);
    if (!record || record->suspended) {
      return record ? make_error_code(Errc::tenant_suspended) : record.error();
    }
    if (const auto noted = state_->audit(by, record->id.str(), "link.redeem"); !noted) {
      return noted.error();
    }
    return record;
  });
}

}  // namespace owb::tenants
