#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "broker/core/message.hpp"
#include "broker/core/subscription.hpp"

namespace owb::core {

/// What a hub knows of one topic.
struct TopicSlot {
  TopicRef name;
  MessageRef retained;
  Subscription* exact = nullptr;  ///< list of subscriptions whose filter is this topic
  std::uint32_t route_generation = 0;  ///< `route` is valid if this is the hub's
  std::uint32_t route : 31 = 0;        ///< in the hub's RouteCache
  bool unsaved : 1 = false;            ///< the retained value is newer than what is kept

  bool in_use() const { return static_cast<bool>(name); }
};

static_assert(sizeof(TopicSlot) == 32);

/// The topics of one tenant: name to slot in one lookup; slots keep their index while they live.
///
/// Threading: shard-local.
class TopicSlots {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

  /// kNone if the tenant has no slot of that name.
  std::uint32_t find(const TopicName* name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? kNone : found->second;
  }

  std::uint32_t find_or_make(const TopicRef& name);

  TopicSlot& operator[](std::uint32_t index) { return slots_[index]; }

  /// One past the largest index in use, for scans; slots in between may be empty.
  std::uint32_t end() const { return static_cast<std::uint32_t>(slots_.size()); }

  std::size_t size() const { return index_.size(); }

  /// Frees the slot if nothing but a cached route is in it.
  void release_if_idle(std::uint32_t index);

  /// Frees all slots that hold nothing but a cached route.
  void release_all_idle();

 private:
  boost::unordered_flat_map<const TopicName*, std::uint32_t> index_;
  std::vector<TopicSlot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace owb::core
