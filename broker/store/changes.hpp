#pragma once

#include <cstdint>
#include <deque>
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
  /// In the order of the journal.
  void add(const Item& record);

  /// All entries of this tenant from before went away; the changes below come after that.
  bool tenant_erased(std::string_view tenant) const { return erased_tenants_.contains(tenant); }

  /// Whether there may be an entry of this kind that an erasure has to look for.
  using MayExist = std::function<bool(std::string_view tenant, core::KeptKind kind)>;
  /// By tenant, kind and key, without erasures of what never was there: most of a queue has come
  /// and gone since the last checkpoint. Tenants that were erased and have nothing new stand in
  /// erased() only.
  std::vector<Change> sorted(const MayExist& may_exist) const;
  /// Sorted.
  std::vector<std::string_view> erased() const;

  bool empty() const { return entries_.empty() && erased_tenants_.empty(); }

 private:
  struct Key {
    std::string_view tenant;
    core::KeptKind kind;
    std::string_view key;
    friend bool operator==(const Key&, const Key&) = default;
  };

  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  struct Last {
    ByteView value;
    std::uint64_t order = 0;
    bool erased = false;
  };

  boost::unordered_flat_map<Key, Last, KeyHash> entries_;
  boost::unordered_flat_map<std::string_view, std::uint64_t> erased_tenants_;  ///< when
  std::uint64_t order_ = 0;
};

/// The order of entries in the file: tenant, kind, key, bytes as unsigned numbers.
bool comes_before(const Change& left, const Change& right);

}  // namespace owb::store
