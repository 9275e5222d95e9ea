#include "broker/store/changes.hpp"

#include <algorithm>
#include <utility>

namespace owb::store {

void Changes::add(const Item& record) {
  if (last_tenant_ == nullptr || record.tenant != last_name_) {
    const auto found = tenants_.try_emplace(record.tenant).first;
    last_name_ = found->first;
    last_tenant_ = &found->second;
  }
  auto& tenant = *last_tenant_;
  if (record.type == ItemType::erase_tenant) {
    tenant.erased = true;
    tenant.entries.clear();
    return;
  }
  tenant.entries.push_back({.key = record.key.data(),
                            .value = record.value.data(),
                            .value_size = static_cast<std::uint32_t>(record.value.size()),
                            .key_size = static_cast<std::uint16_t>(record.key.size()),
                            .kind = record.kind,
                            .erased = record.type == ItemType::erase});
  if (tenant.entries.size() >= tenant.tidy_at) {
    tenant.tidy();
  }
}

// A busy entry is in a journal ten thousand times; only its last record costs memory for long.
void Changes::Tenant::tidy() {
  reduce(entries);
  tidy_at = std::max<std::size_t>(tidy_at, 2 * entries.size());
}

void Changes::reduce(std::vector<Entry>& entries) {
  const auto before = [](const Entry& left, const Entry& right) {
    return left.kind != right.kind ? left.kind < right.kind : left.key_text() < right.key_text();
  };
  if (!std::ranges::is_sorted(entries, before)) {
    std::ranges::stable_sort(entries, before);
  }
  // Of equals the last one counts.
  auto out = entries.begin();
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    const auto next = std::next(entry);
    if (next == entries.end() || before(*entry, *next)) {
      *out++ = *entry;
    }
  }
  entries.erase(out, entries.end());
}

bool Changes::tenant_erased(std::string_view tenant) const {
  const auto found = tenants_.find(tenant);
  return found != tenants_.end() && found->second.erased;
}

std::vector<std::string_view> Changes::tenants() const {
  std::vector<std::string_view> names;
  names.reserve(tenants_.size());
  for (const auto& [name, tenant] : tenants_) {
    names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

void Changes::append(std::vector<Change>& changes, std::string_view name, const Tenant& tenant,
                     const MayExist& may_exist) {
  auto entries = tenant.entries;
  reduce(entries);
  for (const auto& entry : entries) {
    if (entry.erased && (tenant.erased || !may_exist(name, entry.kind))) {
      continue;
    }
    changes.push_back({.tenant = name,
                       .kind = entry.kind,
                       .key = {entry.key, entry.key_size},
                       .value = {entry.value, entry.value_size},
                       .erased = entry.erased});
  }
}

std::vector<Change> Changes::of(std::string_view tenant) const {
  std::vector<Change> changes;
  if (const auto found = tenants_.find(tenant); found != tenants_.end()) {
    changes.reserve(found->second.entries.size());
    append(changes, found->first, found->second, [](auto, auto) { return true; });
  }
  return changes;
}

std::vector<Change> Changes::sorted(const MayExist& may_exist) const {
  std::vector<Change> changes;
  for (const auto name : tenants()) {
    const auto found = tenants_.find(name);
    append(changes, found->first, found->second, may_exist);
  }
  return changes;
}

std::vector<std::string_view> Changes::erased() const {
  auto names = tenants();
  std::erase_if(names, [this](auto name) { return !tenant_erased(name); });
  return names;
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
