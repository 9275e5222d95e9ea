#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "broker/core/message.hpp"
#include "broker/core/subscription.hpp"

namespace owb::core {

/// One session that gets the messages of a topic, all its matching subscriptions taken together: it
/// is delivered once, at the highest QoS [MQTT-3.3.5-1], with every subscription identifier
/// [MQTT5-3.3.4-3], [MQTT5-3.3.4-4].
struct RouteTarget {
  Session* session = nullptr;
  std::int8_t qos = -1;        ///< highest of the subscriptions
  std::int8_t qos_local = -1;  ///< the same for its own messages; -1: no-local in all of them
  bool retain_as_published = false;
  bool has_ids = false;
  std::uint32_t first = 0;  ///< index into Route::subscriptions
  std::uint32_t count = 0;
};

/// Who gets the messages of one topic. Rebuilt when the tenant's wildcards or the topic's own
/// subscriptions have changed.
struct Route {
  std::vector<RouteTarget> targets;
  std::vector<const Subscription*> subscriptions;
  std::vector<SharedGroup*> groups;
};

/// What a hub knows of one topic.
struct TopicSlot {
  TopicRef name;
  MessageRef retained;
  Subscription* exact = nullptr;  ///< list of subscriptions whose filter is this topic
  std::unique_ptr<Route> route;   ///< valid if `route_generation` is the hub's
  std::uint32_t route_generation = 0;
  bool unsaved = false;  ///< the retained value is newer than what is kept

  bool in_use() const { return static_cast<bool>(name); }
};

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
