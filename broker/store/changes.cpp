#include "broker/store/changes.hpp"

#include <algorithm>
#include <functional>

#include <boost/container_hash/hash.hpp>

namespace owb::store {

std::size_t Changes::KeyHash::operator()(const Key& key) const noexcept {
  std::size_t seed = std::hash<std::string_view>{}(key.key);
  boost::hash_combine(seed, std::hash<std::string_view>{}(key.tenant));
  boost::hash_combine(seed, static_cast<std::size_t>(key.kind));
  return seed;
}

void Changes::add(const Item& record) {
  ++order_;
  if (record.type == ItemType::erase_tenant) {
    erased_tenants_[record.tenant] = order_;
    return;
  }
  // The key's views are those of the first record about the entry; they are equal in all.
  entries_[Key{record.tenant, record.kind, as_text(record.key)}] = {
      .value = record.value, .order = order_, .erased = record.type == ItemType::erase};
}

std::vector<Change> Changes::sorted(const MayExist& may_exist) const {
  std::vector<Change> changes;
  for (const auto& [key, last] : entries_) {
    const auto erased = erased_tenants_.find(key.tenant);
    if (erased != erased_tenants_.end() && (last.order < erased->second || last.erased)) {
      continue;
    }
    if (last.erased && !may_exist(key.tenant, key.kind)) {
      continue;
    }
    changes.push_back({.tenant = key.tenant,
                       .kind = key.kind,
                       .key = as_byte_view(key.key),
                       .value = last.value,
                       .erased = last.erased});
  }
  std::ranges::sort(changes, comes_before);
  return changes;
}

std::vector<std::string_view> Changes::erased() const {
  std::vector<std::string_view> tenants;
  for (const auto& [tenant, order] : erased_tenants_) {
    tenants.push_back(tenant);
  }
  std::ranges::sort(tenants);
  return tenants;
}

bool comes_before(const Change& left, const Change& right) {
  if (const auto order = left.tenant.compare(right.tenant); order != 0) {
    return order < 0;
  }
  if (left.kind != right.kind) {
    return left.kind < right.kind;
  }
  return as_text(left.key) < as_text(right.key);
}

}  // namespace owb::store
