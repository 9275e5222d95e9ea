// A TenantHub from what was kept.
#include <algorithm>

#include "broker/core/hub.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::core {

void TenantHub::keep_session(Session& session) {
  if (!kept_.active() || (session.expiry_s == 0 && !session.kept)) {
    return;
  }
  if (!session.kept) {
    session.kept = true;
    ++kept_sessions_;
  }
  kept_.session(session);
}

void TenantHub::save_retained() {
  while (!unsaved_.get().empty()) {
    auto& slot = slots_[unsaved_->back()];
    if (slot.in_use() && slot.unsaved && slot.retained) {
      kept_.retained(*slot.name.get(), slot.retained->view());
      slot.unsaved = false;
    }
    unsaved_->pop_back();
  }
  unsaved_ = {};
}

bool TenantHub::restore(KeptKind kind, ByteView key, ByteView value) {
  if (kind == KeptKind::tenant) {
    kept_of_another_ = !kept_.restore_owner(value);
  }
  if (kept_of_another_) {
    return true;  // rule 6: deleted, and perhaps added again, while the broker was away
  }
  switch (kind) {
    case KeptKind::tenant:
      return true;
    case KeptKind::retained:
      return restore_retained(key, value);
    case KeptKind::session:
      return restore_session(key, value);
    case KeptKind::subscription:
      return restore_subscription(key, value);
    case KeptKind::queued:
      return restore_queued(key, value);
    case KeptKind::received:
      return restore_received(key, value);
  }
  return false;
}

bool TenantHub::restore_retained(ByteView key, ByteView value) {
  KeptReader in(value);
  if (!in.format()) {
    return false;
  }
  const auto view = in.message(realm_.now());
  if (!in.finish() || view.payload.empty()) {
    return false;
  }
  const auto topic = realm_.topics().intern(as_text(key));
  if (record_ && topic->has(kTopicLogin)) {
    return true;  // since then the registry has taken the name over (rule 13)
  }
  auto& slot = slots_[slots_.find_or_make(topic)];
  if (slot.retained) {
    drop_retained(slot);
  }
  slot.retained = MessageRef::copy_of(topic, view);
  ++retained_count_;
  retained_bytes_ += slot.retained->cost();
  memory_.add(slot.retained->cost() + MemoryBudget::kRetainedOverhead);
  if (view.expires_ms != 0) {
    ++retained_expiring_;
    arm_housekeeping();
  }
  return true;
}

bool TenantHub::restore_session(ByteView key, ByteView value) {
  const auto& now = realm_.now();
  const auto kept = read_session(value, now);
  const std::string client_id(as_text(key));
  if (!kept || sessions_.find(client_id) != nullptr) {
    return false;
  }
  auto& session = sessions_.add(std::make_unique<Session>(*this, client_id));
  ++realm_.stats().sessions;
  session.number = kept->number;
  session.kept = true;
  ++kept_sessions_;
  session.expiry_s = kept->expiry_s;
  session.no_local = kept->no_local;
  session.retain_as_published = kept->retain_as_published;
  session.viewer = kept->viewer;
  session.restore_burned(kept->burned);
  // Who was connected when the broker ended, is away from now on.
  const auto away_s = kept->disconnected_wall_s == 0
                          ? 0
                          : std::max<std::int64_t>(now.wall_s - kept->disconnected_wall_s, 0);
  session.disconnected_ms = now.mono_ms - away_s * 1000;
  if (kept->has_will) {
    const auto topic = realm_.topics().intern(kept->will_topic);
    session.will =
        std::make_unique<PendingWill>(PendingWill{.topic = topic,
                                                  .message = MessageRef::copy_of(topic, kept->will),
                                                  .delay_s = kept->will_delay_s,
                                                  .expiry_s = kept->will_expiry_s,
                                                  .has_expiry = kept->will_has_expiry});
  }
  next_session_number_ = std::max(next_session_number_, kept->number + 1);
  if (!by_number_) {
    by_number_ = std::make_unique<boost::unordered_flat_map<std::uint64_t, Session*>>();
  }
  by_number_->insert_or_assign(kept->number, &session);
  return true;
}

Session* TenantHub::restored_session(std::uint64_t number) {
  if (!by_number_) {
    return nullptr;
  }
  const auto found = by_number_->find(number);
  return found == by_number_->end() ? nullptr : found->second;
}

bool TenantHub::restore_subscription(ByteView key, ByteView value) {
  KeptReader name(key);
  auto* session = restored_session(name.u64());
  const auto filter = as_text(name.take_rest());
  const auto kept = read_subscription(value);
  if (session == nullptr || filter.empty() || !kept) {
    return false;
  }
  std::string_view group;
  if (mqtt::is_shared(filter)) {
    const auto share = mqtt::parse_share(filter);
    if (!share) {
      return false;
    }
    group = share->group;
  }
  const auto scoped = scope_.admit_filter(kept->full);
  if (!scoped) {
    return false;
  }
  make_subscription(*session, {.filter = filter, .options = kept->options}, kept->id, *scoped,
                    group);
  return true;
}

bool TenantHub::restore_queued(ByteView key, ByteView value) {
  std::vector<std::uint32_t> ids;
  const auto entry = read_queued(key, value, realm_.now(), ids);
  auto* session = entry ? restored_session(entry->session) : nullptr;
  if (session == nullptr) {
    return false;
  }
  session->restore_queued(*entry, realm_.topics().intern(entry->topic));
  return true;
}

bool TenantHub::restore_received(ByteView key, ByteView value) {
  KeptReader name(key);
  auto* session = restored_session(name.u64());
  const auto id = static_cast<mqtt::PacketId>(name.u16());
  KeptReader in(value);
  if (session == nullptr || !name.finish() || !in.format()) {
    return false;
  }
  if (in.at_end()) {
    session->restore_received(id);
    return true;
  }
  const auto topic = in.unchecked_text();
  const auto view = in.message(realm_.now());
  if (!in.finish() || session->holds(id)) {
    return false;
  }
  session->restore_held(id, MessageRef::copy_of(realm_.topics().intern(topic), view));
  return true;
}

std::size_t TenantHub::arrive(std::span<const tenants::StateEntry> entries) {
  std::size_t bad = 0;
  for (const auto& entry : entries) {
    const auto kind = static_cast<KeptKind>(entry.kind);
    if (kind != KeptKind::tenant && restore(kind, entry.key, entry.value)) {
      kept_.as_it_is(kind, entry.key, entry.value);
    } else {
      ++bad;
    }
  }
  restored();
  return bad;
}

void TenantHub::restored() {
  by_number_.reset();
  if (std::exchange(kept_of_another_, false)) {
    kept_.nothing();
  }
  std::vector<Session*> all;
  for (const auto& session : sessions_) {
    all.push_back(session.get());
  }
  for (auto* session : all) {
    on_session_timer(*session);
  }
}

}  // namespace owb::core
