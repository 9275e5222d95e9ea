#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tenants/base/secret_bytes.hpp"
#include "tenants/registry/key_ring.hpp"
#include "tenants/registry/record.hpp"

namespace owb::tenants {

/// The registry at one moment. Immutable: worker, web and KDF threads share it without a lock; take
/// a new one from RegistryWatcher::snapshot() when told of a change.
class RegistrySnapshot {
 public:
  /// An empty registry, for brokers that have only a password file.
  RegistrySnapshot() = default;

  /// Null if the registry does not know the name, or has deleted it. Takes any text.
  std::shared_ptr<const TenantRecord> find(std::string_view name) const;

  /// The name was deleted and not yet forgotten: a password file's entry of that name does not
  /// count.
  bool is_tombstone(std::string_view name) const;

  /// Whether `secret` is the tenant's home secret; about 1 µs, whatever the answer, in constant
  /// time. False for a secret of the wrong length. Does not look at `suspended`.
  bool check_home_secret(const TenantRecord& tenant, std::string_view secret) const;

  /// The keys for cookies; never null, empty without a registry.
  std::shared_ptr<const KeyRing> keys() const { return keys_; }

  /// Tenants, without tombstones.
  std::size_t size() const { return size_; }

  void for_each(const std::function<void(const std::shared_ptr<const TenantRecord>&)>& visit) const;

 private:
  friend class SnapshotBuilder;

  /// Names hash to one of a few hundred small maps, so that a change copies one of them and not
  /// all.
  static constexpr std::size_t kBuckets = 256;

  struct NameHash {
    using is_transparent = void;

    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };

  /// A null record is a tombstone.
  using Bucket = std::unordered_map<std::string, std::shared_ptr<const TenantRecord>, NameHash,
                                    std::equal_to<>>;

  static std::size_t bucket_of(std::string_view name);
  const std::shared_ptr<const TenantRecord>* entry(std::string_view name) const;

  std::array<std::shared_ptr<const Bucket>, kBuckets> buckets_{};
  std::size_t size_ = 0;
  std::shared_ptr<const KeyRing> keys_ = std::make_shared<const KeyRing>();
  std::shared_ptr<const SecretBytes> home_key_ = std::make_shared<const SecretBytes>();
};

/// Makes the next snapshot out of one, sharing all that did not change. For RegistryWatcher and
/// tests.
class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(const RegistrySnapshot& base) : next_{base} {}

  void put(TenantRecord record);
  void bury(std::string_view name);    ///< leaves a tombstone
  void forget(std::string_view name);  ///< neither record nor tombstone
  void set_keys(KeyRing keys);
  /// The key of home_secret_mac().
  void set_home_key(SecretBytes key);

  std::shared_ptr<const RegistrySnapshot> build();

 private:
  RegistrySnapshot::Bucket& writable(std::string_view name);

  RegistrySnapshot next_;
  std::array<std::shared_ptr<RegistrySnapshot::Bucket>, RegistrySnapshot::kBuckets> copied_{};
};

/// Length of a home secret: 155 bits, in the only characters openWB's forms take safely.
inline constexpr std::size_t kHomeSecretLength = 26;

/// A fresh one. Shown once, never stored.
std::string make_home_secret();

/// What is stored of it. Bound to the tenant's uid, so that rows cannot be exchanged.
HomeSecretMac home_secret_mac(const SecretBytes& key, std::uint64_t uid, std::string_view secret);

/// With what a MAC was made: the stored form of TenantRecord::home_origin.
struct HomeSecretOrigin {
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kSize = 8 + kKeySize;

  std::uint64_t uid = 0;
  std::array<std::byte, kKeySize> key{};

  Bytes bytes() const;
  /// Null: not kSize bytes.
  static std::optional<HomeSecretOrigin> read(ByteView bytes);
};

}  // namespace owb::tenants
