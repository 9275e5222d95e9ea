#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <list>
#include <unordered_map>
#include <utility>

namespace owb::shard {

/// A map that forgets what was used longest ago when it is full. Keys are outputs of a keyed hash,
/// so their first bytes are as good a hash as any.
///
/// Threading: none of its own.
template <typename Key, typename Value>
class LruMap {
 public:
  LruMap() = default;

  /// `capacity` at least 1.
  explicit LruMap(std::size_t capacity) : capacity_{capacity} {}

  /// Null if there is none. The pointer is good until the next put() or erase().
  Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  /// Adds or replaces.
  Value& put(const Key& key, Value value) {
    if (auto* known = find(key)) {
      *known = std::move(value);
      return *known;
    }
    if (entries_.size() >= capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, std::move(value));
    index_.emplace(key, entries_.begin());
    return entries_.front().second;
  }

  void erase(const Key& key) {
    if (const auto found = index_.find(key); found != index_.end()) {
      entries_.erase(found->second);
      index_.erase(found);
    }
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const {
      static_assert(sizeof(Key) >= sizeof(std::size_t));
      std::size_t hash = 0;
      std::memcpy(&hash, key.data() + key.size() - sizeof hash, sizeof hash);
      return hash;
    }
  };

  using Entry = std::pair<Key, Value>;

  std::size_t capacity_ = 1;
  std::list<Entry> entries_;  ///< used last first
  std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> index_;
};

}  // namespace owb::shard
