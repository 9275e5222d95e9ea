// Publishing, retained messages and routes of a TenantHub.
#include <algorithm>
#include <exception>

#include "broker/core/error.hpp"
#include "broker/core/hub.hpp"
#include "broker/core/link.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::core {

using mqtt::Qos;

namespace {

/// Slots that only cache a route are freed when there are this many more than retained messages.
constexpr std::size_t kIdleSlots = 4'096;

}  // namespace

Result<bool> TenantHub::publish(const TopicRef& topic, const MessageView& view, Session* from) {
  auto index = slots_.find(topic.get());
  MessageRef stored;
  if (view.retain) {  // [MQTT-3.3.1-12], [MQTT5-3.3.1-8]
    if (!view.payload.empty()) {
      if (index == TopicSlots::kNone) {
        index = slots_.find_or_make(topic);
      }
      if (!store_retained(index, view, stored)) {
        slots_.release_if_idle(index);
        return Errc::quota_exceeded;
      }
      note_source(*slots_[index].name.get(), from);
      if (kept_.active() && !view.transient) {
        keep_retained(index, view);
      }
    } else if (index != TopicSlots::kNone && slots_[index].retained) {
      // [MQTT-3.3.1-10], [MQTT-3.3.1-11], [MQTT5-3.3.1-6], [MQTT5-3.3.1-7]
      drop_retained(slots_[index]);
      if (kept_.active() && !view.transient) {
        kept_.no_retained(*topic.get());
      }
    }
  }
  if (view.expires_ms != 0 && realm_.now().mono_ms >= view.expires_ms) {
    return false;  // it was held until its PUBREL for too long [MQTT5-3.3.2-5]
  }
  if (index == TopicSlots::kNone) {
    if (wildcards_.empty()) {
      return false;
    }
    if (slots_.size() > 2 * retained_count_ + kIdleSlots) {
      slots_.release_all_idle();
    }
    index = slots_.find_or_make(topic);
  }
  if (wildcards_.empty() && slots_[index].exact == nullptr) {
    return false;
  }
  const auto& route = route_of(index);
  if (route.empty()) {
    return false;
  }
  deliver(route, topic, view, from, stored);
  return true;
}

bool TenantHub::store_retained(std::uint32_t index, const MessageView& view, MessageRef& stored) {
  auto& slot = slots_[index];
  const auto cost = slot.name->size + view.forwarded.size() + view.payload.size();
  const auto former = slot.retained ? slot.retained->cost() : 0;
  // What the broker itself has to say is always kept.
  const bool own = slot.name->has(kTopicCloud) || (record_ && slot.name->has(kTopicLogin));
  if (!own && limits_->retained_bytes != 0 && cost > former &&
      retained_bytes_ - former + cost > limits_->retained_bytes) {
    return false;
  }
  const auto taken = cost + (slot.retained ? 0 : MemoryBudget::kRetainedOverhead);
  if (taken > former && !own && !memory_.may_take(taken - former)) {
    return false;
  }
  const bool fresh = !slot.retained;
  if (fresh && !own && limits_->retained_messages != 0 &&
      retained_count_ >= limits_->retained_messages) {
    return false;
  }
  const bool expiring = !fresh && slot.retained->expires_ms() != 0;
  // In place of the former one, with its QoS [MQTT-3.3.1-5], [MQTT-3.3.1-7], [MQTT5-3.3.1-5]. What
  // is counted below follows what is there (F64).
  slot.retained.assign(slot.name, view);
  stored = slot.retained;
  retained_count_ += fresh ? 1U : 0U;
  retained_expiring_ -= expiring ? 1U : 0U;
  retained_bytes_ += cost - former;
  memory_.add(taken);
  memory_.give(former);
  if (view.expires_ms != 0) {
    ++retained_expiring_;
    arm_housekeeping();
  }
  return true;
}

// QoS 0 is only marked, and kept now and then (design 7): telemetry comes again by itself.
void TenantHub::keep_retained(std::uint32_t index, const MessageView& view) {
  auto& slot = slots_[index];
  if (view.qos != Qos::at_most_once) {
    slot.unsaved = false;
    kept_.retained(*slot.name.get(), view);
  } else if (!slot.unsaved) {
    if (unsaved_.get().empty()) {
      realm_.wants_saving(*this);
    }
    unsaved_.made().push_back(index);
    slot.unsaved = true;
  }
}

void TenantHub::note_source(const TopicName& topic, const Session* from) {
  if (from != nullptr && from->acl && from->acl->acl && realm_.settings().check_retain_source) {
    retained_sources_.made().insert_or_assign(&topic, *from->acl);
  } else if (retained_sources_) {
    retained_sources_->erase(&topic);
  }
}

// What a client retained goes to others only as long as it might do so still. What is not known,
// from before a start, is taken as it is.
bool TenantHub::source_may_write(const TopicName& topic) const {
  if (!retained_sources_) {
    return true;
  }
  const auto source = retained_sources_->find(&topic);
  if (source == retained_sources_->end()) {
    return true;
  }
  auto client = source->second;
  client.acl = realm_.acl_of(client.listener);
  return client.may(Acl::Access::write, topic.text());
}

void TenantHub::drop_retained(TopicSlot& slot) {
  if (retained_sources_) {
    retained_sources_->erase(slot.name.get());
  }
  slot.unsaved = false;
  retained_bytes_ -= slot.retained->cost();
  memory_.give(slot.retained->cost() + MemoryBudget::kRetainedOverhead);
  --retained_count_;
  if (slot.retained->expires_ms() != 0) {
    --retained_expiring_;
  }
  slot.retained = MessageRef{};
}

const Route& TenantHub::route_of(std::uint32_t index) {
  auto& slot = slots_[index];
  auto& routes = routes_.made();
  if (slot.route_generation != route_generation_) {
    if (routes.full(slots_.size())) {
      routes_changed();
    }
    if (routes_generation_ != route_generation_) {
      routes.clear();
      routes_generation_ = route_generation_;
    }
    slot.route = routes.make(matching(slot), slot.exact == nullptr) & 0x7FFF'FFFFU;
    slot.route_generation = route_generation_;
  }
  return routes[slot.route];
}

std::vector<Subscription*> TenantHub::matching(const TopicSlot& slot) const {
  std::vector<Subscription*> matching;
  const auto topic = slot.name->text();
  const bool cloud = slot.name->has(kTopicCloud);
  for (auto* subscription = wildcards_.first(); subscription != nullptr;
       subscription = subscription->next) {
    // [MQTT-3.3.2-3], [MQTT5-3.3.2-3]
    if ((!cloud || subscription->names_cloud()) && mqtt::matches(subscription->rest(), topic)) {
      matching.push_back(subscription);
    }
  }
  for (auto* subscription = slot.exact; subscription != nullptr;
       subscription = subscription->next) {
    matching.push_back(subscription);
  }
  return matching;
}

// [MQTT-3.8.4-6], [MQTT5-3.8.4-8], [MQTT5-4.8.2-3], unless the configuration upgrades
Qos TenantHub::qos_towards(Qos published, Qos granted) const {
  return realm_.settings().upgrade_outgoing_qos ? granted : std::min(published, granted);
}

void TenantHub::deliver(const Route& route, const TopicRef& topic, const MessageView& view,
                        Session* from, MessageRef& stored) {
  // Where one cannot take it the others still do; the publisher hears of it afterwards (F64).
  std::exception_ptr failure;
  const auto give = [&failure](auto&& call) {
    try {
      call();
    } catch (...) {
      failure = std::current_exception();
    }
  };
  auto& ids = realm_.id_scratch();
  for (const auto& target : route.targets) {
    const auto level = target.session == from ? target.qos_local : target.qos;
    if (level < 0) {
      continue;  // no-local [MQTT5-3.8.3-3]
    }
    // [MQTT5-3.3.4-3], [MQTT5-3.3.4-4]: of all that ask for it
    ids.clear();
    for (std::uint32_t i = 0; target.has_ids && i < target.count; ++i) {
      const auto& subscription = *route.subscriptions[target.first + i];
      if (target.session != from || !subscription.options.no_local) {
        ids.push_back(subscription.id);
      }
    }
    const auto granted = static_cast<Qos>(level);
    const auto qos = qos_towards(view.qos, granted);
    // To the state of each session with a matching filter [MQTT-4.5.0-1], [MQTT5-4.5.0-1],
    // [MQTT-3.1.2-5], one publication after the other [MQTT-4.6.0-5], [MQTT5-4.6.0-5],
    // [MQTT5-4.6.0-6]; retain as [MQTT-3.3.1-9], [MQTT5-3.3.1-12], [MQTT5-3.3.1-13] ask.
    give([&] {
      target.session->deliver({.topic = topic,
                               .view = view,
                               .stored = stored,
                               .qos = qos,
                               .retain = target.retain_as_published && view.retain,
                               .subscription_ids = ids});
    });
  }
  for (auto* group : route.groups) {
    give([&] { deliver_shared(*group, topic, view, from, stored); });
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

void TenantHub::deliver_shared(SharedGroup& group, const TopicRef& topic, const MessageView& view,
                               Session* from, MessageRef& stored) {
  // Round robin over the members that are there and have room; then one that is there and reads
  // slowly, then one that is away; who has no room gets it only if nobody has, and drops it.
  enum class Fit : std::uint8_t { none, away_and_full, full, away, slow, good };
  const auto fit_of = [&](const Subscription& member) {
    auto& session = *member.session;
    // What is handed on after its receiver's end may have come from this very member.
    const bool own = &session == from || session.source() == view.source;
    if ((own && session.no_local) || !session.may_see(*topic.get())) {
      return Fit::none;
    }
    const auto qos = qos_towards(view.qos, member.options.maximum_qos);
    if (!session.has_room_for(qos, *topic.get(), view)) {
      return session.connected() ? Fit::full : Fit::away_and_full;
    }
    if (!session.connected()) {
      return Fit::away;
    }
    return session.link()->writable() ? Fit::good : Fit::slow;
  };
  Subscription* chosen = nullptr;
  auto best = Fit::none;
  const auto first = group.next;
  const auto count = group.members.size();
  for (std::size_t i = 0; i < count && best != Fit::good; ++i) {
    const auto place = (first + i) % count;
    if (const auto fit = fit_of(*group.members[place]); fit > best) {
      best = fit;
      chosen = group.members[place];
      group.next = (place + 1) % count;
    }
  }
  if (chosen == nullptr) {
    return;
  }
  // A copy of its own, beside that for what the session asks for itself [MQTT5-3.3.4-5].
  const std::span<const std::uint32_t> ids{&chosen->id, chosen->id != 0 ? 1U : 0U};
  const bool as_published =
      chosen->options.retain_as_published || chosen->session->retain_as_published;
  chosen->session->deliver({.topic = topic,
                            .view = view,
                            .stored = stored,
                            .qos = qos_towards(view.qos, chosen->options.maximum_qos),
                            .retain = as_published && view.retain,
                            .subscription_ids = ids,
                            .group = &group});
}

}  // namespace owb::core
