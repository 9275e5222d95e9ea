// What of a session outlives the process.
#include "broker/core/hub.hpp"
#include "broker/core/session.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::Qos;

void Session::keep(Entry& entry, Way way) {
  static const std::vector<std::uint32_t> no_ids;
  entry.kept = true;
  const auto& message = *entry.message;
  hub_.kept().queued({.session = number,
                      .place = entry.place,
                      .id = entry.id,
                      .qos = entry.qos,
                      .retain = entry.retain,
                      .released = entry.released,
                      .sent = way == Way::sent || entry.sent_before,
                      .group = entry.extra ? std::string_view(entry.extra->group) : "",
                      .subscription_ids = entry.extra ? entry.extra->subscription_ids : no_ids,
                      .topic = message.topic()->text(),
                      .view = message.view()});
}

// What was queued just now and could not be sent at once.
void Session::keep_last() {
  if (out_.empty()) {
    return;
  }
  auto& entry = out_[out_.size() - 1];
  if (!entry.kept && entry.state != State::done && entry.qos != Qos::at_most_once) {
    keep(entry, Way::waiting);
  }
}

void Session::forget_kept() {
  for (std::size_t i = 0; i < out_.size(); ++i) {
    if (out_[i].kept && out_[i].state != State::done) {
      hub_.kept().no_queued(number, out_[i].place);
    }
  }
  for (const auto id : received_.get()) {
    hub_.kept().no_received(number, id);
  }
  for (const auto& [id, held] : held_.get().by_id) {
    hub_.kept().no_received(number, id);
  }
  kept = false;
}

void Session::restore_queued(const KeptQueued& kept_entry, const TopicRef& topic) {
  Entry entry{.message = MessageRef::copy_of(topic, kept_entry.view),
              .id = kept_entry.id,
              .qos = kept_entry.qos,
              .retain = kept_entry.retain,
              .sent_before = kept_entry.sent,
              .released = kept_entry.released,
              .kept = true,
              .place = kept_entry.place};
  if (!kept_entry.subscription_ids.empty() || !kept_entry.group.empty()) {
    entry.extra = std::make_unique<Extra>();
    entry.extra->subscription_ids.assign(kept_entry.subscription_ids.begin(),
                                         kept_entry.subscription_ids.end());
    entry.extra->group = kept_entry.group;
  }
  queued_bytes_ += entry.message->cost();
  hub_.memory().add(entry.message->cost() + MemoryBudget::kQueuedOverhead);
  next_place_ = kept_entry.place + 1;
  if (entry.id != PacketId::none) {
    last_id_ = static_cast<std::uint16_t>(entry.id);
    free_ids_ = 0;
  }
  if (entry.sent_before) {
    sent_end_ = static_cast<std::uint32_t>(out_.size() + 1);
  }
  out_.push_back(std::move(entry));
}

Session::Hold Session::hold(PacketId id, const TopicRef& topic, const MessageView& view) {
  if (holds(id)) {
    auto& held = held_->by_id.at(id);
    if (held.message->topic().get() == topic.get() &&
        as_text(held.message->payload()) == as_text(view.payload)) {
      return ++held.repeated > 1 ? Hold::repeated : Hold::done;
    }
    take_held(id);  // the id was used again: the last counts
  }
  const auto cost = topic->size + view.forwarded.size() + view.payload.size();
  const auto most = bounds().bytes;
  if ((most != 0 && held_.get().bytes + cost > most) ||
      !hub_.memory().may_take(cost + MemoryBudget::kQueuedOverhead)) {
    return Hold::full;
  }
  restore_held(id, MessageRef::copy_of(topic, view));
  if (kept) {
    hub_.kept().held(number, id, *topic.get(), view);
  }
  return Hold::done;
}

void Session::restore_held(PacketId id, const MessageRef& message) {
  auto& held = held_.made();
  held.by_id[id] = {.message = message};
  held.bytes += message->cost();
  hub_.memory().add(message->cost() + MemoryBudget::kQueuedOverhead);
}

MessageRef Session::take_held(PacketId id) {
  if (!holds(id)) {
    return {};
  }
  const auto held = held_->by_id.find(id);
  auto message = std::move(held->second.message);
  held_->by_id.erase(held);
  held_->bytes -= message->cost();
  hub_.memory().give(message->cost() + MemoryBudget::kQueuedOverhead);
  if (kept) {
    hub_.kept().no_received(number, id);
  }
  return message;
}

bool Session::remember_received(PacketId id) {
  if (!received_.made().insert(id).second) {
    return false;
  }
  if (kept) {
    hub_.kept().received(number, id);
  }
  return true;
}

bool Session::forget_received(PacketId id) {
  if (!received_ || received_->erase(id) == 0) {
    return false;
  }
  if (kept) {
    hub_.kept().no_received(number, id);
  }
  return true;
}

}  // namespace owb::core
