#include "tests/simulation/session_log.hpp"

#include <algorithm>

#include "tests/simulation/trace.hpp"

namespace owb::simulation {

using mqtt::Qos;

namespace {

// Null: none.
const char* fault_of_age(const Receipt& receipt, const Message& message) {
  if (message.expires_ms == 0) {
    return nullptr;
  }
  if (!receipt.dup && receipt.sent_after_ms >= message.expires_ms) {
    return "expired before it was sent";  // [MQTT5-3.3.2-5]
  }
  if (message.order && receipt.link_accepted_ms >= message.expires_ms) {
    return "an old order on a new connection";  // rule 9
  }
  if (!receipt.v5 || !message.expiry_is_property) {
    return nullptr;
  }
  if (!receipt.expiry_s) {
    return "no expiry interval";
  }
  const auto most = (message.expires_ms - receipt.sent_after_ms + 999) / 1000;
  return most >= 0 && *receipt.expiry_s > most ? "too long an expiry interval" : nullptr;
}

bool shows(const Receipt& receipt, const Entry& entry) {
  return entry.message.payload == receipt.payload && entry.retain == receipt.retain &&
         (!receipt.v5 || entry.ids == receipt.ids);
}

std::string describe(const Receipt& receipt) {
  auto text = text_of("'", receipt.rest, "'='", receipt.payload.substr(0, 40), "' QoS ",
                      static_cast<int>(receipt.qos), receipt.retain ? " retain" : "",
                      receipt.dup ? " dup" : "", " id ", receipt.id);
  for (const auto id : receipt.ids) {
    text += text_of(" sub ", id);
  }
  return text;
}

}  // namespace

std::string describe(const Entry& entry) {
  auto text = text_of("'", entry.message.rest, "'='", entry.message.payload.substr(0, 40), "' QoS ",
                      static_cast<int>(entry.qos), entry.retain ? " retain" : "", entry.group);
  if (entry.id != 0) {
    text += text_of(" id ", entry.id, " received on connection ", entry.received_on);
  }
  for (const auto id : entry.ids) {
    text += text_of(" sub ", id);
  }
  return text;
}

void SessionLog::connect() {
  ++connections_;
  connected_ = true;
}

// The model may be ahead: it knows already that the connection ends, or that the next one comes.
void SessionLog::add(Entry entry, std::uint64_t connection) {
  entry.connection = connection != 0 ? connection : connections_ + (connected_ ? 0 : 1);
  if (entry.qos != Qos::at_most_once) {
    ++count_;
    bytes_ += entry.message.cost();
    entry.place = next_place_++;
  }
  entries_.push_back(std::move(entry));
}

void SessionLog::erase(Place place) {
  if (place->qos != Qos::at_most_once) {
    --count_;
    bytes_ -= place->message.cost();
  }
  entries_.erase(place);
}

bool SessionLog::may_drop(const Entry& entry, core::Drop why, std::int64_t now_ms) const {
  switch (why) {
    case core::Drop::expired:
      return entry.received_on == 0 && entry.message.expired(now_ms);
    case core::Drop::old_order:  // sent on an earlier connection, and never acknowledged
      return entry.message.order && entry.message.expired(now_ms) && !entry.released &&
             entry.connection < connections_;
    default:
      return entry.received_on == 0;
  }
}

Entry SessionLog::take_dropped(const Entry& like, core::Drop why, std::int64_t now_ms) {
  auto found = like.place == 0 && !entries_.empty()
                   ? std::prev(entries_.end())
                   : std::find_if(entries_.begin(), entries_.end(),
                                  [&like](const auto& entry) { return entry.place == like.place; });
  const auto fits = [&] {
    auto as_sent = *found;
    if (like.qos == Qos::at_least_once && may_come_with_qos_1(*found)) {
      as_sent.qos = like.qos;
    }
    return as_sent.looks_like(like) && may_drop(*found, why, now_ms);
  };
  if (found == entries_.end() || !fits()) {
    violation(name_, ": dropped what it does not have, or must not drop: ", describe(like));
  }
  auto entry = *found;
  erase(found);
  if (why == core::Drop::queue_full) {
    --next_place_;  // it never had one
  }
  if (why == core::Drop::old_order) {
    lost_places_ += like.qos == Qos::exactly_once ? 1U : 0U;
    if (entry.id != 0) {
      burned_.insert(entry.id);
    }
    given_up_.push_back(entry);
  }
  return entry;
}

SessionLog::Place SessionLog::find_id(std::uint16_t id) {
  return std::find_if(entries_.begin(), entries_.end(),
                      [id](const auto& entry) { return entry.id == id && id != 0; });
}

void SessionLog::take_out(std::uint16_t id, Qos qos, bool released) {
  const auto place = find_id(id);
  if (place != entries_.end() && place->qos == qos && place->released == released) {
    erase(place);
  }
}

void SessionLog::pubrec(std::uint16_t id) {
  const auto place = find_id(id);
  if (place != entries_.end() && place->qos == Qos::exactly_once) {
    place->released = true;
  }
}

// When half of the client's window is lost to QoS 2 orders that were given up, orders go out with
// QoS 1.
bool SessionLog::may_come_with_qos_1(const Entry& entry) const {
  return entry.qos == Qos::exactly_once && entry.message.order && entry.id == 0 &&
         lost_places_ >= (window + 1) / 2;
}

SessionLog::Place SessionLog::find_next(const Receipt& receipt) {
  const auto is_next = [&receipt](const Entry& entry) {
    return entry.qos == receipt.qos && !entry.released && entry.received_on != receipt.connection &&
           (entry.qos != Qos::at_most_once || entry.connection == receipt.connection);
  };
  // With QoS 2 it would have come before this one.
  const auto is_degraded = [&](const Entry& entry) {
    return receipt.qos == Qos::at_least_once && may_come_with_qos_1(entry) && shows(receipt, entry);
  };
  const auto next = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
    return entry.message.rest == receipt.rest && (is_next(entry) || is_degraded(entry));
  });
  if (next != entries_.end()) {
    next->qos = receipt.qos;
  }
  return next;
}

// The broker has accepted another connection already, and what it had sent on this one still
// arrives.
bool SessionLog::was_given_up(const Receipt& receipt) const {
  return receipt.connection < connections_ &&
         std::any_of(given_up_.begin(), given_up_.end(), [&receipt](const auto& entry) {
           return entry.connection <= receipt.connection && shows(receipt, entry) &&
                  entry.message.rest == receipt.rest && (entry.id == 0 || entry.id == receipt.id);
         });
}

// Messages of one topic and QoS come in the order in which the session got them, so the next one is
// known [MQTT-4.6.0-5], [MQTT-4.6.0-6], [MQTT5-4.6.0-6]: on a new connection those that were not
// acknowledged first, all of them [MQTT-4.4.0-1], [MQTT-4.6.0-1].
void SessionLog::received(const Receipt& receipt) {
  if (was_given_up(receipt)) {
    return;
  }
  const auto next = find_next(receipt);
  if (next == entries_.end()) {
    violation(name_, ": unexpected: ", describe(receipt));
  }
  const auto wrong = [&](const char* what) {
    violation(name_, ": ", what, ": ", describe(receipt), ", the next is ", describe(*next));
  };
  if (!shows(receipt, *next)) {
    wrong("lost or out of order");
  }
  if (const auto* fault = fault_of_age(receipt, next->message)) {
    violation(name_, ": ", fault, ": ", describe(receipt), ", expires at ",
              next->message.expires_ms, ", sent after ", receipt.sent_after_ms);
  }
  if (receipt.qos == Qos::at_most_once) {
    if (receipt.dup) {
      wrong("DUP");  // [MQTT-3.3.1-2]
    }
    erase(next);
    return;
  }
  if (next->handed_on && next->qos == Qos::exactly_once) {
    wrong("also for another member");  // [MQTT5-4.8.2-4]
  }
  if (next->id != 0) {
    if (!receipt.dup || receipt.id != next->id) {
      wrong("not the same again");  // [MQTT-3.3.1-1], [MQTT-2.3.1-4]
    }
  } else if (find_id(receipt.id) != entries_.end() || burned_.contains(receipt.id)) {
    wrong("packet id in use");
  } else if (receipt.dup && next->connection >= receipt.connection) {
    wrong("DUP at the first time");  // [MQTT-4.3.2-1]
  }
  next->id = receipt.id;
  next->received_on = receipt.connection;
}

void SessionLog::check_sent(const Replay& replay, std::uint64_t connection) const {
  for (const auto& entry : entries_) {
    if (entry.replay.get() == &replay && entry.qos == Qos::at_most_once &&
        entry.connection == connection) {
      violation(name_, ": PINGRESP before retained ", describe(entry), " for '", replay.filter,
                "'");
    }
  }
}

void SessionLog::check_complete() const {
  for (const auto& entry : entries_) {
    if (entry.qos != Qos::at_most_once || entry.connection == connections_) {
      violation(name_, entry.received_on != 0 ? ": never complete: " : ": lost: ", describe(entry));
    }
  }
}

}  // namespace owb::simulation
