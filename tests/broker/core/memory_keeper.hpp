#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <new>
#include <string>
#include <tuple>
#include <vector>

#include "broker/core/keeper.hpp"

namespace owb::core {

/// A disk in memory: what is committed survives the realm, the rest does not.
class MemoryKeeper final : public Keeper {
 public:
  struct Key {
    std::string tenant;
    KeptKind kind = KeptKind::tenant;
    std::string key;
    auto operator<=>(const Key&) const = default;
  };

  bool by_itself = true;  ///< commits as soon as a batch is sealed
  bool fails = false;
  std::map<Key, Bytes> entries;  ///< committed

  /// Everything that was sealed is kept.
  void commit() {
    while (!sealed_.empty()) {
      auto& [number, changes] = sealed_.front();
      for (; applied_ < changes.size(); ++applied_) {  // goes on behind what has thrown
        apply(changes[applied_]);
      }
      committed_ = number;
      applied_ = 0;
      sealed_.erase(sealed_.begin());
    }
  }

  /// The process is gone, and what was not committed with it.
  void crash() {
    sealed_.clear();
    applied_ = 0;
    open_changes_.clear();
    committed_ = open_ - 1;
  }

  void put(std::string_view tenant, KeptKind kind, ByteView key,
           std::span<const ByteView> parts) override {
    Bytes value;
    for (const auto& part : parts) {
      value.insert(value.end(), part.begin(), part.end());
    }
    note({{std::string(tenant), kind, std::string(as_text(key))}, What::put, std::move(value)});
  }

  void erase(std::string_view tenant, KeptKind kind, ByteView key) override {
    note({{std::string(tenant), kind, std::string(as_text(key))}, What::erase, {}});
  }

  void erase_tenant(std::string_view tenant) override {
    note({{std::string(tenant), KeptKind::tenant, {}}, What::erase_tenant, {}});
  }

  std::uint64_t open_batch() const override { return open_; }

  void seal() override {
    if (!open_changes_.empty()) {
      sealed_.emplace_back(open_, std::move(open_changes_));
      ++open_;
      open_changes_ = {};
    }
    try {
      commit_by_itself();
    } catch (const std::bad_alloc&) {
      // The store has a thread of its own, which tries again: World::settles().
    }
  }

  /// True: there was something to commit, and it is.
  bool commit_by_itself() {
    if (!by_itself || fails || sealed_.empty()) {
      return false;
    }
    commit();
    return true;
  }

  std::uint64_t committed() const override { return committed_; }

  std::size_t uncommitted_bytes() const override { return bytes_; }

  bool failing() const override { return fails; }

 private:
  enum class What : std::uint8_t { put, erase, erase_tenant };

  struct Change {
    Key key;
    What what = What::put;
    Bytes value;
  };

  void note(Change change) {
    const auto size = change.value.size();
    open_changes_.push_back(std::move(change));
    bytes_ += size;
  }

  void apply(Change& change) {
    const auto size = change.value.size();
    switch (change.what) {
      case What::put:
        entries.insert_or_assign(change.key, std::move(change.value));
        bytes_ -= size;
        return;
      case What::erase:
        entries.erase(change.key);
        return;
      case What::erase_tenant:
        std::erase_if(entries, [&change](const auto& entry) {
          return entry.first.tenant == change.key.tenant;
        });
        return;
    }
  }

  std::uint64_t open_ = 1;
  std::uint64_t committed_ = 0;
  std::size_t bytes_ = 0;
  std::vector<Change> open_changes_;
  std::vector<std::pair<std::uint64_t, std::vector<Change>>> sealed_;
  std::size_t applied_ = 0;  ///< of the first of them
};

}  // namespace owb::core
