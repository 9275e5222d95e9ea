// What is on its way to a client: acknowledgements and packet ids.
#include <bitset>

#include "broker/core/hub.hpp"
#include "broker/core/session.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::Qos;

namespace {

/// Acknowledged entries behind one that is not: so many may wait before they are taken out.
constexpr std::size_t kMaxDone = 64;

}  // namespace

Session::Entry* Session::find(PacketId id) {
  // Ids are given out in order, so the distance to the first one is nearly always the place.
  if (out_.empty()) {
    return nullptr;
  }
  const auto is_sent = [](const Entry& entry) {
    return entry.state != State::done && entry.state != State::unsent;
  };
  const auto first = static_cast<std::uint16_t>(out_[0].id);
  const auto guess = static_cast<std::uint16_t>(static_cast<std::uint16_t>(id) - first);
  if (guess < out_.size() && out_[guess].id == id && is_sent(out_[guess])) {
    return &out_[guess];
  }
  // Only those that were sent: an id that nobody asked for must not cost a walk along the queue.
  for (std::size_t i = 0; i < sent_end_; ++i) {
    if (out_[i].id == id && is_sent(out_[i])) {
      return &out_[i];
    }
  }
  return nullptr;
}

void Session::finish(Entry& entry) {
  if (entry.kept) {
    hub_.kept().no_queued(number, entry.place);
  }
  // Nothing below can fail (F64).
  if (entry.state != State::unsent) {
    --in_flight_;
    in_flight_bytes_ -= entry.message->payload().size();
  }
  if (entry.state == State::await_pubrec && is_order_with_two_steps(entry)) {
    --open_orders_;
  }
  queued_bytes_ -= entry.message->cost();
  hub_.memory().give(entry.message->cost() + MemoryBudget::kQueuedOverhead);
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
    if (sent_end_ > 0) {
      --sent_end_;
    }
  }
  if (done_ > kMaxDone && done_ > sent_end_ / 2) {
    compact(sent_end_);
  }
}

std::size_t Session::shed(std::size_t bytes) {
  std::size_t freed = 0;
  for (const auto most : {Qos::at_most_once, Qos::exactly_once}) {
    for (auto i = out_.size(); i > first_unsent_ && freed < bytes; --i) {
      auto& entry = out_[i - 1];
      if (entry.state == State::unsent && !entry.sent_before && entry.qos <= most) {
        freed += entry.message->cost() + MemoryBudget::kQueuedOverhead;
        count_drop(entry, Drop::memory);
        finish(entry);
      }
    }
  }
  compact(out_.size());
  return freed;
}

// One message that is never acknowledged must not keep the places of all that came after it. Of the
// first `end` the others move up, and what is done with goes from the front.
void Session::compact(std::size_t end) {
  auto to = end;
  std::uint32_t before_unsent = 0;
  std::uint32_t before_sent_end = 0;
  for (auto from = end; from > 0; --from) {
    if (out_[from - 1].state == State::done) {
      before_unsent += from <= first_unsent_ ? 1U : 0U;
      before_sent_end += from <= sent_end_ ? 1U : 0U;
      --done_;
    } else if (--to != from - 1) {
      out_[to] = std::move(out_[from - 1]);
    }
  }
  for (; to > 0; --to) {
    out_.pop_front();
  }
  first_unsent_ -= before_unsent;
  sent_end_ -= before_sent_end;
}

Session::Step Session::on_ack(mqtt::PacketType type, PacketId id, bool refused) {
  auto* entry = find(id);
  if (entry == nullptr) {
    return Step::unknown;
  }
  switch (type) {
    case mqtt::PacketType::puback:
      if (entry->state != State::await_puback) {
        return Step::wrong;
      }
      break;
    case mqtt::PacketType::pubrec:
      if (entry->state != State::await_pubrec) {
        return entry->state == State::await_puback ? Step::wrong : Step::taken;
      }
      if (!refused) {
        if (is_order_with_two_steps(*entry)) {
          --open_orders_;
        }
        entry->state = State::await_pubcomp;
        entry->released = true;
        if (kept) {
          keep(*entry, Way::sent);
        }
        return Step::taken;
      }
      break;  // [MQTT5-4.3.3-4]
    default:
      if (entry->state != State::await_pubcomp) {
        return Step::wrong;
      }
      break;
  }
  // Whatever its reason: it is over [MQTT5-4.4.0-2], also for a shared subscription
  // [MQTT5-4.8.2-6].
  finish(*entry);
  trim();
  return Step::taken;
}

// [MQTT-2.3.1-4], [MQTT5-2.2.1-4], [MQTT5-4.3.2-1], [MQTT5-4.3.3-1]: an id is free again when its
// flow is complete. None: all are taken, by a window of nearly all ids and the burned ones.
PacketId Session::next_packet_id() {
  if (free_ids_ == 0 && !find_free_ids()) {
    return PacketId::none;
  }
  --free_ids_;
  return static_cast<PacketId>(++last_id_);
}

// Ids are given out one after the other, so those ahead stay free until they are reached; who is in
// the way is looked up once for so many of them.
bool Session::find_free_ids() {
  constexpr unsigned kIds = 65'536;
  constexpr unsigned kAhead = 1'024;
  std::bitset<kIds> taken;
  taken.set(0);
  for (const auto id : burned()) {
    taken.set(static_cast<std::size_t>(id));
  }
  for (std::size_t i = 0; i < out_.size(); ++i) {
    const auto& entry = out_[i];
    if (entry.state == State::done) {
      continue;
    }
    if (entry.id == PacketId::none && entry.qos != Qos::at_most_once) {
      break;  // those behind it have none yet
    }
    taken.set(static_cast<std::size_t>(entry.id));
  }
  const auto ahead = [this](unsigned distance) { return (last_id_ + distance) % kIds; };
  unsigned skipped = 0;
  while (skipped < kIds && taken.test(ahead(skipped + 1))) {
    ++skipped;
  }
  if (skipped == kIds) {
    return false;
  }
  last_id_ = static_cast<std::uint16_t>(ahead(skipped));
  while (free_ids_ < kAhead && !taken.test(ahead(free_ids_ + 1U))) {
    ++free_ids_;
  }
  return true;
}

}  // namespace owb::core
