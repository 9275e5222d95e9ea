#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

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

/// Who gets the messages of a topic.
struct Route {
  std::vector<RouteTarget> targets;
  std::vector<const Subscription*> subscriptions;
  std::vector<SharedGroup*> groups;
  bool shared = false;  ///< by all topics that only these subscriptions match

  bool empty() const { return targets.empty() && groups.empty(); }
};

/// The routes of one tenant. Topics that are matched by the same wildcards share one: a household
/// has a thousand topics and a handful of filters.
///
/// Threading: shard-local. Bounded by the topics that have a slot: when there are more routes than
/// that, full() says that it is time for clear().
class RouteCache {
 public:
  const Route& operator[](std::uint32_t index) const { return *routes_[index]; }

  /// A route through `matching`, each subscription once. `shared`: other topics may have the same.
  std::uint32_t make(const std::vector<Subscription*>& matching, bool shared);

  /// One topic does not need the route any more.
  void release(std::uint32_t index) {
    if (!routes_[index]->shared && free_.size() < free_.capacity()) {
      free_.push_back(index);  // never more than make() has made room for
    }
  }

  void clear();

  bool full(std::size_t slots) const { return routes_.size() - free_.size() > slots + kMostShared; }

 private:
  struct Shared {
    std::vector<Subscription*> matching;
    std::uint32_t index = 0;
  };

  /// Looked through one by one; topics beyond have routes of their own.
  static constexpr std::size_t kMostShared = 64;

  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<std::uint32_t> free_;
  std::vector<Shared> shared_;
};

}  // namespace owb::core
