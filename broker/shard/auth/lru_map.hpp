#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <list>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

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
    const auto entry = *found;
    entries_.splice(entries_.begin(), entries_, entry);
    return &entry->second;
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
    index_.insert(entries_.begin());
    return entries_.front().second;
  }

  void erase(const Key& key) {
    if (const auto found = index_.find(key); found != index_.end()) {
      const auto entry = *found;
      index_.erase(found);
      entries_.erase(entry);
    }
  }

  std::size_t size() const { return entries_.size(); }

 private:
  using Entry = std::pair<Key, Value>;
  using Place = typename std::list<Entry>::iterator;

  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;

    std::size_t operator()(const Place& place) const { return (*this)(place->first); }

    std::size_t operator()(const Key& key) const {
      static_assert(sizeof(Key) >= sizeof(std::size_t));
      std::size_t hash = 0;
      std::memcpy(&hash, key.data() + key.size() - sizeof hash, sizeof hash);
      return hash;
    }
  };

  struct Equal {
    using is_transparent = void;

    bool operator()(const Place& a, const Place& b) const { return a->first == b->first; }

    bool operator()(const Key& a, const Place& b) const { return a == b->first; }

    bool operator()(const Place& a, const Key& b) const { return a->first == b; }
  };

  std::size_t capacity_ = 1;
  std::list<Entry> entries_;  ///< used last first
  boost::unordered_flat_set<Place, Hash, Equal> index_;
};

}  // namespace owb::shard
