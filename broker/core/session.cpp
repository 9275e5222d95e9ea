#include "broker/core/session.hpp"

#include <algorithm>

#include "broker/core/hub.hpp"
#include "broker/core/link.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::Qos;

namespace {

constexpr std::uint16_t kSearchSpan = 60'000;
constexpr std::size_t kMaxBurnedIds = 30'000;
/// Queued messages that have their packet id before they are sent (classic mode).
constexpr std::size_t kIdsAhead = 30'000;
/// Acknowledged entries behind one that is not: so many may wait before they are taken out.
constexpr std::size_t kMaxDone = 64;
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

Session::~Session() = default;

void Session::attach(ClientLink& link) {
  link_ = &link;
  ++epoch;
  cancel();
}

void Session::detach() {
  link_ = nullptr;
  for (std::size_t i = 0; i < first_unsent_; ++i) {
    auto& entry = out_[i];
    if (entry.state == State::done) {
      continue;
    }
    entry.state = State::unsent;
    entry.sent_before = true;
  }
  first_unsent_ = 0;
  in_flight_ = 0;
  in_flight_bytes_ = 0;
}

void Session::resume() {
  for (std::size_t i = 0; i < out_.size(); ++i) {
    if (out_[i].state == State::unsent && is_stale_order(out_[i])) {
      give_up(out_[i]);
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
  if (burned_.size() < kMaxBurnedIds) {
    burned_.insert(entry.id);
    burned_changed_ = true;
  }
  ++dropped_;
  finish(entry);
}

void Session::deliver(const Delivery& delivery) {
  if (!may_see(*delivery.topic.get())) {
    return;
  }
  if (delivery.qos == Qos::at_most_once) {
    if (link_ != nullptr) {
      const auto limit = bounds().bytes;
      if (link_->backlog() > (limit != 0 ? limit : kBacklogWithoutLimit)) {
        ++dropped_;
        ++hub_.realm().stats().messages_dropped;
        return;
      }
      link_->send_publish(delivery.topic, delivery.view, Qos::at_most_once, delivery.retain, false,
                          PacketId::none, delivery.subscription_ids);
      return;
    }
    if (!hub_.realm().settings().queue_qos0_messages) {
      return;
    }
  }
  if (!enqueue(delivery)) {
    return;
  }
  if (link_ != nullptr) {
    pump();
  }
  if (kept) {
    keep_last();
  }
}

Session::QueueBounds Session::bounds() const {
  const auto& settings = hub_.realm().settings();
  const auto& limits = hub_.limits();
  return {
      .messages = limits.queue_messages != 0 ? limits.queue_messages : settings.max_queued_messages,
      .bytes = limits.queue_bytes != 0 ? limits.queue_bytes : settings.max_queued_bytes};
}

bool Session::enqueue(const Delivery& delivery) {
  const auto [max_messages, max_bytes] = bounds();
  if (!delivery.stored) {
    delivery.stored = MessageRef::copy_of(delivery.topic, delivery.view);
  }
  // What is in flight does not count as queued, so an empty queue always takes a message.
  const auto waiting = out_.size() - done_ - in_flight_;
  const bool free_slot =
      link_ != nullptr && waiting == 0 && window_is_open() && link_->writable();
  if (!free_slot && ((max_messages != 0 && waiting >= max_messages) ||
                     (max_bytes != 0 && queued_bytes_ + delivery.stored->cost() > max_bytes))) {
    ++dropped_;
    ++hub_.realm().stats().messages_dropped;
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
  queued_bytes_ += delivery.stored->cost();
  out_.push_back(std::move(entry));
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
  return in_flight_ < link_->window() && (bytes == 0 || in_flight_bytes_ < bytes);
}

bool Session::has_room_for_replay(std::size_t cost) const {
  const auto [max_messages, max_bytes] = bounds();
  const auto waiting = out_.size() - done_ - in_flight_;
  return (max_messages == 0 || waiting < max_messages / 2 + 1) &&
         (max_bytes == 0 || queued_bytes_ == 0 || queued_bytes_ + cost <= max_bytes / 2) &&
         link_ != nullptr && link_->writable();
}

void Session::pump() {
  while (link_ != nullptr && first_unsent_ < out_.size() && window_is_open() &&
         link_->writable()) {
    auto& entry = out_[first_unsent_];
    if (entry.state != State::done && entry.qos != Qos::at_most_once &&
        entry.id == PacketId::none) {
      entry.id = next_packet_id();
      if (entry.id == PacketId::none) {
        break;  // an acknowledgement makes room
      }
      entry.kept = false;  // the id belongs to what is kept
    }
    ++first_unsent_;
    if (entry.state == State::done) {
      continue;
    }
    if (is_stale_order(entry)) {
      give_up(entry);  // it waited behind the window
    } else if (!send_entry(entry)) {
      finish(entry);
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
  if (!entry.sent_before && entry.message->expired(now)) {
    ++dropped_;
    return false;  // [MQTT5-3.3.2-5]
  }
  if (kept && !entry.kept && entry.qos != Qos::at_most_once) {
    keep(entry);
  }
  static const std::vector<std::uint32_t> no_ids;
  const auto& ids = entry.extra ? entry.extra->subscription_ids : no_ids;
  const auto sent = link_->send_publish(entry.message->topic(), entry.message->view(), entry.qos,
                                        entry.retain, entry.sent_before, entry.id, ids);
  if (sent == ClientLink::Sent::too_large || entry.qos == Qos::at_most_once) {
    return false;  // [MQTT5-3.1.2-25]
  }
  entry.state = entry.qos == Qos::at_least_once ? State::await_puback : State::await_pubrec;
  ++in_flight_;
  in_flight_bytes_ += entry.message->payload().size();
  return true;
}

Session::Entry* Session::find(PacketId id, State state) {
  auto* entry = find(id);
  return entry != nullptr && entry->state == state ? entry : nullptr;
}

Session::Entry* Session::find(PacketId id) {
  // Ids are given out in order, so the distance to the first one is nearly always the place.
  const auto sent = first_unsent_;
  if (sent == 0) {
    return nullptr;
  }
  const auto first = static_cast<std::uint16_t>(out_[0].id);
  const auto guess = static_cast<std::uint16_t>(static_cast<std::uint16_t>(id) - first);
  if (guess < sent && out_[guess].id == id) {
    return out_[guess].state != State::done ? &out_[guess] : nullptr;
  }
  for (std::size_t i = 0; i < sent; ++i) {
    if (out_[i].id == id && out_[i].state != State::done) {
      return &out_[i];
    }
  }
  return nullptr;
}

void Session::finish(Entry& entry) {
  if (entry.state != State::unsent) {
    --in_flight_;
    in_flight_bytes_ -= entry.message->payload().size();
  }
  if (entry.kept) {
    hub_.kept().no_queued(number, entry.place);
  }
  queued_bytes_ -= entry.message->cost();
  entry.message = MessageRef{};
  entry.extra.reset();
  entry.state = State::done;
  ++done_;
}

void Session::trim() {
  while (!out_.empty() && out_[0].state == State::done) {
    out_.pop_front();
    --done_;
    if (first_unsent_ > 0) {
      --first_unsent_;
    }
  }
  if (done_ > kMaxDone && done_ > out_.size() / 2) {
    compact();
  }
}

// One message that is never acknowledged must not keep the places of all that came after it.
void Session::compact() {
  RingQueue<Entry> rest;
  std::size_t first_unsent = 0;
  for (std::size_t i = 0; i < out_.size(); ++i) {
    if (out_[i].state != State::done) {
      rest.push_back(std::move(out_[i]));
      first_unsent += i < first_unsent_ ? 1U : 0U;
    }
  }
  out_ = std::move(rest);
  first_unsent_ = first_unsent;
  done_ = 0;
}

bool Session::on_puback(PacketId id) {
  auto* entry = find(id, State::await_puback);
  if (entry == nullptr) {
    return false;
  }
  finish(*entry);
  trim();
  return true;
}

bool Session::on_pubrec(PacketId id, bool refused) {
  auto* entry = find(id, State::await_pubrec);
  if (entry == nullptr) {
    return find(id, State::await_pubcomp) != nullptr;
  }
  if (refused) {
    finish(*entry);  // [MQTT5-4.3.3-4]
    trim();
    return true;
  }
  entry->state = State::await_pubcomp;
  entry->released = true;
  if (kept) {
    keep(*entry);
  }
  return true;
}

bool Session::is_wrong_step(mqtt::PacketType type, PacketId id) {
  const auto* entry = find(id);
  if (entry == nullptr) {
    return false;
  }
  switch (type) {
    case mqtt::PacketType::puback:
      return entry->state != State::await_puback;
    case mqtt::PacketType::pubrec:
      return entry->state == State::await_puback;
    default:
      return entry->state != State::await_pubcomp;
  }
}

bool Session::on_pubcomp(PacketId id) {
  auto* entry = find(id, State::await_pubcomp);
  if (entry == nullptr) {
    return false;
  }
  finish(*entry);
  trim();
  return true;
}

// [MQTT-2.3.1-4]: an id is free again when its flow is complete. None: all are taken, by a window
// of nearly all ids and the burned ones.
PacketId Session::next_packet_id() {
  for (unsigned tries = 0; tries < 65'536; ++tries) {
    last_id_ = static_cast<std::uint16_t>(last_id_ + 1);
    const auto id = static_cast<PacketId>(last_id_);
    if (id != PacketId::none && !burned_.contains(id) && !id_in_use(id)) {
      return id;
    }
  }
  return PacketId::none;
}

bool Session::id_in_use(PacketId id) const {
  // Ids are given out in the order of the queue, so those in use lie between the front's and the
  // last one; only a window that spans nearly all ids needs the search. The front is never done,
  // and what has no id yet stands behind all that have one.
  if (out_.empty() || out_[0].id == PacketId::none) {
    return false;
  }
  const auto span = static_cast<std::uint16_t>(last_id_ - static_cast<std::uint16_t>(out_[0].id));
  if (span < kSearchSpan) {
    return false;
  }
  for (std::size_t i = 0; i < out_.size(); ++i) {
    if (out_[i].id == id && out_[i].state != State::done) {
      return true;
    }
  }
  return false;
}

void Session::arm_timer(std::int64_t deadline_ms) {
  hub_.realm().wheel().arm(*this, deadline_ms);
}

void Session::on_timer() {
  hub_.on_session_timer(*this);
}

}  // namespace owb::core
