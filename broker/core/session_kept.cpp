// What of a session outlives the process.
#include "broker/core/hub.hpp"
#include "broker/core/session.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::Qos;

void Session::keep(Entry& entry, Way way) {
  static const std::vector<std::uint32_t> no_ids;
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
  entry.kept = true;
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

}  // namespace owb::core
