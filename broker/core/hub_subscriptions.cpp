// Subscribing, unsubscribing and the sending of retained messages of a TenantHub.
#include <algorithm>

#include "broker/core/error.hpp"
#include "broker/core/hub.hpp"
#include "broker/core/link.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::core {

Result<TenantHub::Granted> TenantHub::subscribe(Session& session, const mqtt::SubscribeEntry& entry,
                                                std::uint32_t id, const ScopedFilter& scoped,
                                                std::string_view group) {
  auto& list = session.subscriptions;
  const auto found = std::find_if(list.begin(), list.end(), [&entry](const auto& subscription) {
    return subscription->is_written(entry.filter);
  });
  Granted granted{.existed = found != list.end()};
  if (granted.existed) {
    // [MQTT-3.8.4-3], [MQTT5-3.8.4-3], [MQTT5-3.8.4-4]: replaced in place; messages go on without a
    // gap.
    granted.subscription = found->get();
    granted.subscription->options = entry.options;
    granted.subscription->id = id;
    invalidate(*granted.subscription);
    if (session.kept) {
      kept_.subscription(session, *granted.subscription);
    }
    return granted;
  }
  if (limits_->subscriptions != 0 && list.size() >= limits_->subscriptions) {
    return Errc::quota_exceeded;
  }
  granted.subscription = &make_subscription(session, entry, id, scoped, group);
  if (session.kept) {
    kept_.subscription(session, *granted.subscription);
  }
  return granted;
}

Subscription& TenantHub::make_subscription(Session& session, const mqtt::SubscribeEntry& entry,
                                           std::uint32_t id, const ScopedFilter& scoped,
                                           std::string_view group) {
  session.subscriptions.push_back(
      std::make_unique<Subscription>(session, realm_.topics(), entry.filter, scoped));
  auto& made = *session.subscriptions.back();
  made.options = entry.options;
  made.id = id;
  try {
    link_up(made, scoped, group);
  } catch (...) {
    unlink(made);  // half a subscription would point to what is gone (F64)
    session.subscriptions.pop_back();
    throw;
  }
  return made;
}

void TenantHub::link_up(Subscription& made, const ScopedFilter& scoped, std::string_view group) {
  if (!group.empty()) {
    made.set_group(join_group(made, group));
    made.group()->members.push_back(&made);
  }
  if (scoped.is_void()) {
    return;
  }
  if (scoped.has_wildcard()) {
    wildcards_.push_back(made);
  } else {
    auto& slot = slots_[slots_.find_or_make(realm_.topics().intern(scoped.rest()))];
    made.next = slot.exact;
    slot.exact = &made;
  }
  invalidate(made);
}

// Routes that may go through `subscription` are made anew: all of them for a wildcard, one for a
// plain topic.
void TenantHub::invalidate(const Subscription& subscription) {
  if (subscription.is_void()) {
    return;
  }
  if (subscription.has_wildcard()) {
    routes_changed();
    return;
  }
  const auto index = slots_.find(realm_.topics().find(subscription.rest()));
  if (index == TopicSlots::kNone) {
    return;
  }
  auto& slot = slots_[index];
  if (slot.route_generation == route_generation_ && routes_generation_ == route_generation_) {
    routes_->release(slot.route);
  }
  slot.route_generation = 0;
}

bool TenantHub::unsubscribe(Session& session, std::string_view filter) {
  auto& list = session.subscriptions;
  // [MQTT-3.10.4-1], [MQTT5-3.10.4-1]: byte for byte, as it was written
  const auto found = std::find_if(list.begin(), list.end(), [filter](const auto& subscription) {
    return subscription->is_written(filter);
  });
  if (found == list.end()) {
    return false;
  }
  if (session.kept) {
    kept_.no_subscription(session, **found);
  }
  // Nothing new from here on; what is in the session's queue stays there [MQTT-3.10.4-2],
  // [MQTT-3.10.4-3], [MQTT5-3.10.4-2], [MQTT5-3.10.4-3].
  unlink(**found);
  list.erase(found);
  if (session.connected() && !replaying(session)) {
    session.link()->replay_done();
  }
  return true;
}

void TenantHub::unlink(Subscription& subscription) noexcept {
  std::erase_if(replays_,
                [&](const Replay& replay) { return replay.subscription == &subscription; });
  leave_group(subscription);
  if (subscription.is_void()) {
    return;
  }
  invalidate(subscription);
  if (subscription.has_wildcard()) {
    if (wildcards_.contains(subscription)) {
      wildcards_.erase(subscription);
    }
    return;
  }
  const auto index = slots_.find(realm_.topics().find(subscription.rest()));
  if (index == TopicSlots::kNone) {
    return;  // it was not linked up yet
  }
  auto** place = &slots_[index].exact;
  while (*place != nullptr && *place != &subscription) {
    place = &(*place)->next;
  }
  if (*place != nullptr) {
    *place = subscription.next;
  }
  slots_.release_if_idle(index);
}

// [MQTT5 4.8.2]: share name and filter together are the group's identity, as they were written; in
// classic mode with the mount point, where the same words need not mean the same.
SharedGroup* TenantHub::join_group(const Subscription& subscription, std::string_view group) {
  auto name = subscription.filter();
  if (scope_.classic()) {
    name = "$share/" + std::string(group) + '/' + std::string(subscription.rest());
  }
  auto& groups = groups_.made();
  auto entry = groups.find(name);
  if (entry == groups.end()) {
    auto fresh = std::make_unique<SharedGroup>(SharedGroup{.name = name, .members = {}});
    entry = groups.emplace(std::move(name), std::move(fresh)).first;
  }
  return entry->second.get();
}

void TenantHub::leave_group(Subscription& subscription) {
  auto* group = subscription.group();
  if (group == nullptr) {
    return;
  }
  std::erase(group->members, &subscription);
  if (group->members.empty()) {
    // No route may point to it any longer.
    routes_changed();
    groups_->erase(groups_->find(group->name));
  } else {
    group->next %= group->members.size();
  }
  subscription.set_group(nullptr);
}

void TenantHub::start_replay(Subscription& subscription) {
  if (subscription.is_void() || subscription.group() != nullptr) {
    return;  // [MQTT5 4.8.2]: a shared subscription gets no retained messages
  }
  std::erase_if(replays_,
                [&](const Replay& replay) { return replay.subscription == &subscription; });
  replays_.push_back({.subscription = &subscription});
  if (!realm_.replay_now(*this)) {
    realm_.wants_replay(*this);
  }
}

bool TenantHub::replaying(const Session& session) const {
  return std::any_of(replays_.begin(), replays_.end(), [&session](const Replay& replay) {
    return replay.subscription->session == &session;
  });
}

bool TenantHub::continue_replays(std::size_t& budget) {
  for (std::size_t i = 0; i < replays_.size();) {
    // Sending never changes the list of replays, so the index holds.
    auto step = ReplayStep::done;
    try {
      step = run_replay(replays_[i], budget);
    } catch (...) {
      replays_[i].subscription->session->link()->broke();  // F64; its replays may be gone now
      return true;
    }
    if (step == ReplayStep::out_of_budget) {
      return true;
    }
    if (step == ReplayStep::blocked) {
      ++i;  // ClientLink::on_writable() or an acknowledgement comes back to it
      continue;
    }
    auto& session = *replays_[i].subscription->session;
    replays_.erase(replays_.begin() + static_cast<std::ptrdiff_t>(i));
    if (session.connected() && !replaying(session)) {
      session.link()->replay_done();
    }
  }
  if (replays_.empty()) {
    replays_ = std::vector<Replay>{};  // the memory too: there are many hubs
  }
  return false;
}

TenantHub::ReplayStep TenantHub::run_replay(Replay& replay, std::size_t& budget) {
  const auto& subscription = *replay.subscription;
  auto& session = *subscription.session;
  const auto& filter = subscription;
  if (!session.connected()) {
    return ReplayStep::blocked;  // goes on when the client is back
  }
  const auto send = [&](TopicSlot& slot) {
    if (!slot.in_use() || !slot.retained || slot.retained->expired(realm_.now().mono_ms) ||
        (slot.name->has(kTopicCloud) && !filter.names_cloud()) ||
        !source_may_write(*slot.name.get())) {
      return;
    }
    const auto view = slot.retained->view();
    if ((subscription.options.no_local || session.no_local) && view.source == session.source()) {
      return;  // [MQTT5-3.8.3-3]
    }
    const std::span<const std::uint32_t> ids{&subscription.id, subscription.id != 0 ? 1U : 0U};
    const auto granted = subscription.options.maximum_qos;
    session.deliver(
        {.topic = slot.name,
         .view = view,
         .stored = slot.retained,
         .qos = qos_towards(view.qos, granted),
         .retain = true,  // [MQTT-3.3.1-8]
         .subscription_ids = ids,
         .replay = &subscription});
  };
  if (!filter.has_wildcard()) {
    const auto index = slots_.find(realm_.topics().find(filter.rest()));
    if (index != TopicSlots::kNone && slots_[index].retained) {
      if (!session.has_room_for_replay(slots_[index].retained->cost())) {
        return ReplayStep::blocked;
      }
      send(slots_[index]);
    }
    return ReplayStep::done;
  }
  while (replay.next < slots_.end()) {
    if (budget == 0) {
      return ReplayStep::out_of_budget;
    }
    --budget;
    auto& slot = slots_[replay.next];
    if (slot.in_use() && slot.retained && mqtt::matches(filter.rest(), slot.name->text())) {
      if (!session.has_room_for_replay(slot.retained->cost())) {
        return ReplayStep::blocked;
      }
      send(slot);
    }
    ++replay.next;
  }
  return ReplayStep::done;
}

}  // namespace owb::core
