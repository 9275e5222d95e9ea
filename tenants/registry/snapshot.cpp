#include "tenants/registry/snapshot.hpp"

#include <algorithm>

#include <sodium.h>

#include "tenants/base/assert.hpp"
#include "tenants/base/random.hpp"

namespace owb::tenants {
namespace {

HomeSecretMac mac_of(ByteView key, std::uint64_t uid, std::string_view secret) {
  init_crypto();
  std::array<unsigned char, 8> owner{};
  for (std::size_t i = 0; i < owner.size(); ++i) {
    owner[i] = static_cast<unsigned char>(uid >> (8 * i));
  }
  crypto_generichash_state state;
  HomeSecretMac mac{};
  crypto_generichash_init(&state, reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                          mac.size());
  crypto_generichash_update(&state, owner.data(), owner.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(secret.data()),
                            secret.size());
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(mac.data()), mac.size());
  return mac;
}

}  // namespace

std::size_t RegistrySnapshot::bucket_of(std::string_view name) {
  return NameHash{}(name) % kBuckets;
}

const std::shared_ptr<const TenantRecord>* RegistrySnapshot::entry(std::string_view name) const {
  const auto& bucket = buckets_[bucket_of(name)];
  if (bucket == nullptr) {
    return nullptr;
  }
  const auto found = bucket->find(name);
  return found == bucket->end() ? nullptr : &found->second;
}

std::shared_ptr<const TenantRecord> RegistrySnapshot::find(std::string_view name) const {
  const auto* found = entry(name);
  return found != nullptr ? *found : nullptr;
}

bool RegistrySnapshot::is_tombstone(std::string_view name) const {
  const auto* found = entry(name);
  return found != nullptr && *found == nullptr;
}

bool RegistrySnapshot::check_home_secret(const TenantRecord& tenant,
                                         std::string_view secret) const {
  if (secret.size() != kHomeSecretLength || home_key_->empty()) {
    return false;
  }
  const auto origin = HomeSecretOrigin::read(tenant.home_origin);
  return equal_in_constant_time(origin ? mac_of(origin->key, origin->uid, secret)
                                       : mac_of(home_key_->view(), tenant.uid, secret),
                                tenant.home_secret);
}

void RegistrySnapshot::for_each(
    const std::function<void(const std::shared_ptr<const TenantRecord>&)>& visit) const {
  for (const auto& bucket : buckets_) {
    if (bucket == nullptr) {
      continue;
    }
    for (const auto& [name, record] : *bucket) {
      if (record != nullptr) {
        visit(record);
      }
    }
  }
}

RegistrySnapshot::Bucket& SnapshotBuilder::writable(std::string_view name) {
  const auto index = RegistrySnapshot::bucket_of(name);
  auto& copy = copied_[index];
  if (copy == nullptr) {
    const auto& shared = next_.buckets_[index];
    copy = shared == nullptr ? std::make_shared<RegistrySnapshot::Bucket>()
                             : std::make_shared<RegistrySnapshot::Bucket>(*shared);
    next_.buckets_[index] = copy;
  }
  return *copy;
}

void SnapshotBuilder::put(TenantRecord record) {
  auto& slot = writable(record.id.str())[record.id.str()];
  next_.size_ += slot == nullptr ? 1U : 0U;
  slot = std::make_shared<const TenantRecord>(std::move(record));
}

void SnapshotBuilder::bury(std::string_view name) {
  auto& slot = writable(name)[std::string{name}];
  next_.size_ -= slot == nullptr ? 0U : 1U;
  slot = nullptr;
}

void SnapshotBuilder::forget(std::string_view name) {
  bury(name);
  auto& bucket = writable(name);
  bucket.erase(bucket.find(name));
}

void SnapshotBuilder::set_keys(KeyRing keys) {
  next_.keys_ = std::make_shared<const KeyRing>(std::move(keys));
}

void SnapshotBuilder::set_home_key(SecretBytes key) {
  next_.home_key_ = std::make_shared<const SecretBytes>(std::move(key));
}

std::shared_ptr<const RegistrySnapshot> SnapshotBuilder::build() {
  copied_ = {};  // from now on the buckets are shared and must not change
  return std::make_shared<const RegistrySnapshot>(next_);
}

std::string make_home_secret() {
  return random_alnum(kHomeSecretLength);
}

HomeSecretMac home_secret_mac(const SecretBytes& key, std::uint64_t uid, std::string_view secret) {
  OWB_ASSERT(!key.empty());
  return mac_of(key.view(), uid, secret);
}

Bytes HomeSecretOrigin::bytes() const {
  Bytes out;
  for (std::size_t i = 0; i < 8; ++i) {
    out.push_back(static_cast<std::byte>(uid >> (8 * i)));
  }
  out.insert(out.end(), key.begin(), key.end());
  return out;
}

std::optional<HomeSecretOrigin> HomeSecretOrigin::read(ByteView bytes) {
  if (bytes.size() != kSize) {
    return std::nullopt;
  }
  HomeSecretOrigin origin;
  for (std::size_t i = 0; i < 8; ++i) {
    origin.uid |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  }
  std::copy(bytes.begin() + 8, bytes.end(), origin.key.begin());
  return origin;
}

}  // namespace owb::tenants
