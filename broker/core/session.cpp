#include "broker/core/session.hpp"

#include <algorithm>

#include "broker/core/hub.hpp"
#include "broker/core/link.hpp"
#include "tenants/base/logging.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::Qos;

namespace {

constexpr std::size_t kMaxBurnedIds = 30'000;
/// Queued messages that have their packet id before they are sent (classic mode).
constexpr std::size_t kIdsAhead = 30'000;
/// QoS 0 on its way to one client where the configuration has no bound.
constexpr std::size_t kBacklogWithoutLimit = 16U << 20U;

// FNV-1a; only for no-local, where equal client ids must give equal values.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const auto c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return hash == 0 ? 1 : hash;
}

}  // namespace

Session::Session(TenantHub& hub, std::string client_id)
    : hub_(hub), client_id_(std::move(client_id)), source_(hash_of(client_id_)) {}

Session::~Session() {
  hub_.memory().give(queued_bytes_ + held_.get().bytes +
                     (out_.size() - done_ + held_count()) * MemoryBudget::kQueuedOverhead);
}

void Session::attach(ClientLink& link) {
  link_ = &link;
  told_full_ = false;
  ++epoch;
  cancel();
}

void Session::detach() {
  link_ = nullptr;
  for (std::size_t i = 0; i < sent_end_; ++i) {
    auto& entry = out_[i];
    if (entry.state == State::done || entry.state == State::unsent) {
      continue;
    }
    // After PUBREL no PUBLISH [MQTT-4.3.3-1], [MQTT5-4.3.3-5], [MQTT5-4.3.3-6]; and QoS 2 of a
    // shared subscription stays with its session [MQTT5-4.8.2-4].
    entry.state = State::unsent;
    entry.sent_before = true;
  }
  first_unsent_ = 0;
  in_flight_ = 0;
  in_flight_bytes_ = 0;
  open_orders_ = 0;
  if (held_) {
    for (auto& [id, message] : held_->by_id) {
      message.repeated = 0;  // the next connection may repeat it again [MQTT5-4.3.3-10]
    }
  }
}

void Session::resume() {
  for (std::size_t i = 0; i < sent_end_; ++i) {
    auto& entry = out_[i];
    if (entry.state != State::unsent) {
      continue;
    }
    if (is_stale_order(entry)) {
      give_up(entry);
    } else if (entry.released) {
      send_entry(entry);  // PUBREL waits for no window [MQTT5-3.3.4-10]
    }
  }
  trim();
  pump();
}

// Rule 9: an order that was sent, but not acknowledged while it was fresh, must not be repeated.
bool Session::is_stale_order(const Entry& entry) const {
  return entry.sent_before && !entry.released && hub_.realm().settings().tenancy &&
         entry.message->topic()->has(kTopicOrder) &&
         entry.message->expired(hub_.realm().now().mono_ms);
}

// The id stays unused: the home may hold its half of the flow.
void Session::give_up(Entry& entry) {
  if (burned().size() < kMaxBurnedIds) {
    burned_.made().insert(entry.id);
    burned_changed_ = true;
    if (entry.qos == Qos::exactly_once) {
      ++lost_places_;
    }
  }
  count_drop(entry, Drop::old_order);
  finish(entry);
}

void Session::watch(const Delivery& delivery) {
  if (auto* watch = hub_.realm().delivery_watch()) {
    watch->delivering(*this, delivery);
  }
}

void Session::count_drop(const Delivery& delivery, Drop why) {
  ++dropped_;
  if (why != Drop::expired && why != Drop::old_order && why != Drop::not_permitted) {
    ++hub_.realm().stats().messages_dropped;
  }
  if (auto* watch = hub_.realm().delivery_watch()) {
    watch->dropped(*this, delivery, why);
  }
}

void Session::count_drop(Entry& entry, Drop why) {
  count_drop({.topic = entry.message->topic(),
              .view = entry.message->view(),
              .stored = entry.message,
              .qos = entry.qos,
              .retain = entry.retain,
              .subscription_ids = subscription_ids_of(entry),
              .place = entry.place},
             why);
}

// A QoS 2 order that is given up keeps its place in the home's receive window, for a PUBREL would
// set it free; and what finds no place there is acknowledged and lost (mosquitto 2.0.11 has 20). So
// only half of the places are put at risk; when they are gone, orders go out with QoS 1, which
// leaves nothing behind. False: the entry waits for an acknowledgement.
bool Session::has_place_for(Entry& entry) {
  if (entry.state != State::unsent || entry.sent_before || !is_order_with_two_steps(entry)) {
    return true;
  }
  const auto most = places_at_risk();
  if (lost_places_ >= most) {
    entry.qos = Qos::at_least_once;
    return true;
  }
  return std::size_t{lost_places_} + open_orders_ < most;
}

bool Session::is_order_with_two_steps(const Entry& entry) {
  return entry.qos == Qos::exactly_once && entry.message->topic()->has(kTopicOrder);
}

std::size_t Session::places_at_risk() const {
  return (std::size_t{link_->window()} + 1) / 2;
}

void Session::deliver(const Delivery& delivery) {
  if (!may_see(*delivery.topic.get())) {
    return;
  }
  if (goes_past_queue(delivery.qos)) {
    watch(delivery);
    if (!has_room_on_link(delivery.view)) {
      count_drop(delivery, Drop::slow_reader);
      return;
    }
    // [MQTT-4.3.1-1], [MQTT5-4.3.1-1]
    const auto sent =
        link_->send_publish(delivery.topic, delivery.view, Qos::at_most_once, delivery.retain,
                            false, PacketId::none, delivery.subscription_ids);
    hub_.count_delivery();
    if (sent == ClientLink::Sent::too_large) {
      count_drop(delivery, Drop::too_large);
    }
    return;
  }
  if (delivery.qos == Qos::at_most_once && !hub_.realm().settings().queue_qos0_messages) {
    return;
  }
  watch(delivery);
  if (!enqueue(delivery)) {
    return;
  }
  hub_.count_delivery();
  if (link_ != nullptr) {
    pump();
  }
  if (kept) {
    keep_last();
  }
}

// One line for each time it fills up, or a client that never comes back would fill the log instead.
void Session::tell_of_full_queue() {
  const auto waiting = out_.size() - done_ - in_flight_;
  if (!std::exchange(told_full_, true)) {
    log::notice(
        "queue full tenant=\"{}\" client=\"{}\" messages={} bytes={}: newer ones are dropped",
        hub_.scope().tenant(), log::escape(client_id_), waiting, queued_bytes_);
  }
}

// QoS 0 does, but not those of its topic that wait [MQTT-4.6.0-6], [MQTT5-4.6.0-5].
bool Session::goes_past_queue(Qos qos) const {
  const bool others_wait =
      hub_.realm().settings().queue_qos0_messages && first_unsent_ < out_.size();
  return qos == Qos::at_most_once && link_ != nullptr && !others_wait;
}

bool Session::has_room_on_link(const MessageView& view) const {
  const auto limit = bounds().bytes;
  return link_->backlog() <= (limit != 0 ? limit : kBacklogWithoutLimit) &&
         (hub_.memory().may_take(view.payload.size()) || link_->writable());
}

bool Session::has_room_in_queue(std::size_t cost) const {
  const auto [max_messages, max_bytes] = bounds();
  // What is in flight does not count as queued, so an empty queue always takes a message.
  const auto waiting = out_.size() - done_ - in_flight_;
  const bool free_slot =
      link_ != nullptr && waiting == 0 && window_is_open() && link_->writable();
  return free_slot || ((max_messages == 0 || waiting < max_messages) &&
                       (max_bytes == 0 || queued_bytes_ + cost <= max_bytes) &&
                       hub_.memory().may_take(cost + MemoryBudget::kQueuedOverhead));
}

bool Session::has_room_for(Qos qos, const TopicName& topic, const MessageView& view) const {
  if (goes_past_queue(qos)) {
    return has_room_on_link(view);
  }
  return (qos != Qos::at_most_once || hub_.realm().settings().queue_qos0_messages) &&
         has_room_in_queue(topic.size + view.forwarded.size() + view.payload.size());
}

Session::QueueBounds Session::bounds() const {
  const auto& settings = hub_.realm().settings();
  const auto& limits = hub_.limits();
  return {
      .messages = limits.queue_messages != 0 ? limits.queue_messages : settings.max_queued_messages,
      .bytes = limits.queue_bytes != 0 ? limits.queue_bytes : settings.max_queued_bytes};
}

bool Session::enqueue(const Delivery& delivery) {
  if (!delivery.stored) {
    delivery.stored = MessageRef::copy_of(delivery.topic, delivery.view);
  }
  if (!has_room_in_queue(delivery.stored->cost())) {
    count_drop(delivery, Drop::queue_full);
    tell_of_full_queue();
    return false;
  }
  Entry entry{.message = delivery.stored,
              .qos = delivery.qos,
              .retain = delivery.retain,
              .place = next_place_++};
  if (!delivery.subscription_ids.empty() || delivery.group != nullptr) {
    entry.extra = std::make_unique<Extra>();
    entry.extra->subscription_ids.assign(delivery.subscription_ids.begin(),
                                         delivery.subscription_ids.end());
    if (delivery.group != nullptr) {
      entry.extra->group = delivery.group->name;
    }
  }
  if (!hub_.realm().settings().tenancy && delivery.qos != Qos::at_most_once && gives_ids_ahead()) {
    entry.id = next_packet_id();  // as mosquitto: what expires in the queue has used its id
  }
  const auto cost = delivery.stored->cost();
  out_.push_back(std::move(entry));
  queued_bytes_ += cost;
  hub_.memory().add(cost + MemoryBudget::kQueuedOverhead);
  return true;
}

// What has no id yet stands behind all that have one.
bool Session::gives_ids_ahead() const {
  if (out_.empty()) {
    return true;
  }
  const auto& last = out_[out_.size() - 1];
  return out_.size() < kIdsAhead &&
         (last.id != PacketId::none || last.qos == Qos::at_most_once);
}

bool Session::window_is_open() const {
  const auto bytes = hub_.realm().settings().max_inflight_bytes;
  const auto taken = std::min<std::size_t>(lost_places_, places_at_risk());
  return in_flight_ + taken < std::max<std::size_t>(link_->window(), taken + 1) &&
         (bytes == 0 || in_flight_bytes_ < bytes);
}

bool Session::has_room_for_replay(std::size_t cost) const {
  const auto [max_messages, max_bytes] = bounds();
  const auto waiting = out_.size() - done_ - in_flight_;
  return (max_messages == 0 || waiting < max_messages / 2 + 1) &&
         (max_bytes == 0 || queued_bytes_ == 0 || queued_bytes_ + cost <= max_bytes / 2) &&
         link_ != nullptr && link_->writable();
}

void Session::pump() {
  // In the order of the queue, so repetitions first and in their order [MQTT-4.6.0-1]; no more than
  // the window takes [MQTT5-3.3.4-9], [MQTT5-4.9.0-2]. All other packets go past it
  // [MQTT5-3.3.4-10], [MQTT5-4.9.0-3].
  while (link_ != nullptr && first_unsent_ < out_.size() && window_is_open() &&
         link_->writable()) {
    auto& entry = out_[first_unsent_];
    if (!has_place_for(entry)) {
      break;
    }
    if (entry.state != State::done && entry.qos != Qos::at_most_once &&
        entry.id == PacketId::none) {
      entry.id = next_packet_id();
      if (entry.id == PacketId::none) {
        break;  // an acknowledgement makes room
      }
    }
    ++first_unsent_;
    sent_end_ = std::max(sent_end_, first_unsent_);
    if (entry.state != State::unsent) {
      continue;
    }
    try {
      if (is_stale_order(entry)) {
        give_up(entry);  // it waited behind the window
      } else if (!send_entry(entry)) {
        finish(entry);
      }
    } catch (...) {
      // The packet in hand is perhaps another connection's; this one goes on with it later (F64).
      --first_unsent_;
      link_->try_again();
      throw;
    }
  }
  trim();
  if (std::exchange(burned_changed_, false) && kept) {
    hub_.kept().session(*this);
  }
}

// False: the entry needs no acknowledgement (QoS 0), has expired, or is too large for the client.
bool Session::send_entry(Entry& entry) {
  if (entry.released) {
    link_->send_pubrel(entry.id, mqtt::Reason::success);
    entry.state = State::await_pubcomp;
    ++in_flight_;
    in_flight_bytes_ += entry.message->payload().size();
    return true;
  }
  const auto now = hub_.realm().now().mono_ms;
  // [MQTT5-4.3.3-7]: what was sent once does not expire. Rights may have changed in the meantime.
  const bool expired = entry.message->expired(now);
  if (!entry.sent_before && (expired || !may_see(*entry.message->topic().get()))) {
    count_drop(entry, expired ? Drop::expired : Drop::not_permitted);
    return false;  // [MQTT5-3.3.2-5]
  }
  // With its packet id, and known to have been sent.
  if (kept && !(entry.kept && entry.sent_before) && entry.qos != Qos::at_most_once) {
    keep(entry, Way::sent);
  }
  // DUP if it was sent before [MQTT-3.3.1-1], [MQTT5-3.3.1-1], else not [MQTT-4.3.2-1],
  // [MQTT5-4.3.2-2], [MQTT5-4.3.3-2]
  const auto sent = link_->send_publish(entry.message->topic(), entry.message->view(), entry.qos,
                                        entry.retain, entry.sent_before, entry.id,
                                        subscription_ids_of(entry));
  if (sent == ClientLink::Sent::too_large) {
    count_drop(entry, Drop::too_large);
    return false;  // [MQTT5-3.1.2-25]
  }
  if (entry.qos == Qos::at_most_once) {
    return false;
  }
  if (is_order_with_two_steps(entry)) {
    ++open_orders_;
  }
  // [MQTT-4.3.2-1], [MQTT-4.3.3-1], [MQTT5-4.3.2-3], [MQTT5-4.3.3-3]
  entry.state = entry.qos == Qos::at_least_once ? State::await_puback : State::await_pubrec;
  ++in_flight_;
  in_flight_bytes_ += entry.message->payload().size();
  return true;
}

void Session::arm_timer(std::int64_t deadline_ms) {
  hub_.realm().wheel().arm(*this, deadline_ms);
}

void Session::on_timer() {
  hub_.on_session_timer(*this);
}

}  // namespace owb::core
