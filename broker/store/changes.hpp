#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "broker/store/record.hpp"

namespace owb::store {

/// What has become of one entry.
struct Change {
  std::string_view tenant;
  core::KeptKind kind = core::KeptKind::tenant;
  ByteView key;
  ByteView value;
  bool erased = false;
};

/// The records of some journals, with only the last word about each entry. Holds views: the
/// journals have to outlive it.
class Changes {
 public:
  Changes() = default;
  Changes(Changes&&) = default;
  Changes& operator=(Changes&&) = default;

  /// In the order of the journal.
  void add(const Item& record);

  /// All entries of this tenant from before went away; the changes below come after that.
  bool tenant_erased(std::string_view tenant) const;

  /// Who has changes, sorted.
  std::vector<std::string_view> tenants() const;

  /// Those of one tenant, by kind and key, erasures too. Empty if there are none.
  std::vector<Change> of(std::string_view tenant) const;

  /// Whether there may be an entry of this kind that an erasure has to look for.
  using MayExist = std::function<bool(std::string_view tenant, core::KeptKind kind)>;
  /// All by tenant, kind and key, without erasures of what never was there: most of a queue has
  /// come and gone since the last checkpoint. Tenants that were erased and have nothing new stand
  /// in erased() only.
  std::vector<Change> sorted(const MayExist& may_exist) const;
  /// Sorted.
  std::vector<std::string_view> erased() const;

  bool empty() const { return tenants_.empty(); }

 private:
  /// A record, as small as can be: a start reads millions.
  struct Entry {
    const std::byte* key = nullptr;
    const std::byte* value = nullptr;
    std::uint32_t value_size = 0;
    std::uint16_t key_size = 0;
    core::KeptKind kind = core::KeptKind::tenant;
    bool erased = false;

    std::string_view key_text() const { return {reinterpret_cast<const char*>(key), key_size}; }
  };

  struct Tenant {
    bool erased = false;
    std::vector<Entry> entries;   ///< as they came; an entry may stand there several times
    std::size_t tidy_at = 1'024;  ///< so many are reduced to the last word on each

    void tidy();
  };

  /// Sorted, each entry once.
  static void reduce(std::vector<Entry>& entries);
  static void append(std::vector<Change>& changes, std::string_view name, const Tenant& tenant,
                     const MayExist& may_exist);

  boost::unordered_flat_map<std::string_view, Tenant> tenants_;
  std::string_view last_name_;  ///< whose record came last: mostly the next is of the same
  Tenant* last_tenant_ = nullptr;
};

/// The order of entries in the file: tenant, kind, key, bytes as unsigned numbers.
bool comes_before(const Change& left, const Change& right);

}  // namespace owb::store
