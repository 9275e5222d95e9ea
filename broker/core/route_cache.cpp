#include "broker/core/route_cache.hpp"

#include <algorithm>
#include <functional>

#include "broker/core/session.hpp"

namespace owb::core {

namespace {

std::int8_t as_level(mqtt::Qos qos) {
  return static_cast<std::int8_t>(qos);
}

void add_to_target(RouteTarget& target, const Subscription& subscription, Route& route) {
  const auto level = as_level(subscription.options.maximum_qos);
  target.qos = std::max(target.qos, level);  // [MQTT-3.3.5-1], [MQTT5-3.3.4-2]
  if (!subscription.options.no_local && !subscription.session->no_local) {
    target.qos_local = std::max(target.qos_local, level);
  }
  target.retain_as_published = target.retain_as_published ||
                               subscription.options.retain_as_published ||
                               subscription.session->retain_as_published;
  if (subscription.id != 0) {
    target.has_ids = true;
    route.subscriptions.push_back(&subscription);
    ++target.count;
  }
}

std::unique_ptr<Route> build(const std::vector<Subscription*>& matching) {
  auto route = std::make_unique<Route>();
  std::vector<const Subscription*> single;
  for (auto* subscription : matching) {
    if (subscription->group() == nullptr) {
      single.push_back(subscription);
    } else if (std::find(route->groups.begin(), route->groups.end(), subscription->group()) ==
               route->groups.end()) {
      route->groups.push_back(subscription->group());
    }
  }
  std::stable_sort(single.begin(), single.end(), [](const auto* a, const auto* b) {
    return std::less<>{}(a->session, b->session);
  });
  for (const auto* subscription : single) {
    if (route->targets.empty() || route->targets.back().session != subscription->session) {
      route->targets.push_back({.session = subscription->session,
                                .first = static_cast<std::uint32_t>(route->subscriptions.size())});
    }
    add_to_target(route->targets.back(), *subscription, *route);
  }
  return route;
}

}  // namespace

std::uint32_t RouteCache::make(const std::vector<Subscription*>& matching, bool shared) {
  if (shared) {
    const auto same =
        std::find_if(shared_.begin(), shared_.end(),
                     [&matching](const Shared& known) { return known.matching == matching; });
    if (same != shared_.end()) {
      return same->index;
    }
  }
  auto route = build(matching);
  const bool keep = shared && shared_.size() < kMostShared;
  if (free_.empty()) {
    routes_.push_back(nullptr);
    free_.reserve(routes_.capacity());  // release() must not fail
    free_.push_back(static_cast<std::uint32_t>(routes_.size() - 1));
  }
  const auto index = free_.back();
  if (keep) {
    shared_.push_back({.matching = matching, .index = index});
  }
  free_.pop_back();
  route->shared = keep;
  routes_[index] = std::move(route);
  return index;
}

void RouteCache::clear() {
  routes_.clear();
  free_.clear();
  shared_.clear();
}

}  // namespace owb::core
