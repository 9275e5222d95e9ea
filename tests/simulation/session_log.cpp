#include "tests/simulation/session_log.hpp"

#include <algorithm>

#include "tests/simulation/trace.hpp"

namespace owb::simulation {

using mqtt::Qos;

namespace {

/// More than the headers, properties and identifiers of one PUBLISH of the simulation.
constexpr std::size_t kOverhead = 200;
constexpr std::size_t kAmple = 500;

std::string order_key(const Receipt& receipt) {
  return text_of(receipt.link, ' ', static_cast<int>(receipt.qos), ' ', receipt.rest);
}

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

std::string describe(const Receipt& receipt) {
  auto text = text_of("'", receipt.rest, "'='", receipt.payload.substr(0, 40), "' QoS ",
                      static_cast<int>(receipt.qos), receipt.retain ? " retain" : "",
                      receipt.dup ? " dup" : "", " id ", receipt.id, " on link ", receipt.link);
  for (const auto id : receipt.ids) {
    text += text_of(" sub ", id);
  }
  return text;
}

}  // namespace

bool SessionLog::has_room(const Message& message) const {
  if (sees_own_topics && (room.messages != 0 && room.messages < kAmple)) {
    return false;  // nobody counts what the broker itself has to say
  }
  const auto waiting = outstanding_;
  // Up to half of a queue may be taken by retained messages for new subscriptions.
  return (room.messages == 0 || waiting + 2 < room.messages / 2) &&
         (room.bytes == 0 ||
          outstanding_bytes_ + message.payload.size() + kOverhead < room.bytes / 2) &&
         (room.packet == 0 || message.payload.size() + kOverhead < room.packet);
}

void SessionLog::expect(const Message& message, Qos qos, bool retain,
                        std::vector<std::uint32_t> ids, std::uint64_t link) {
  const auto index = expected_.size();
  Expected entry{.message = message,
                 .qos = qos,
                 .retain = retain,
                 .must = has_room(message),
                 .ids = std::move(ids),
                 .link = link};
  std::sort(entry.ids.begin(), entry.ids.end());
  if (qos == Qos::at_most_once) {
    plain_[link].push_back(index);
  } else {
    ++outstanding_;
    outstanding_bytes_ += message.payload.size() + kOverhead;
  }
  by_payload_[message.payload].push_back(index);
  expected_.push_back(std::move(entry));
}

void SessionLog::expect_of_group(const std::shared_ptr<GroupMessage>& group,
                                 const mqtt::SubscribeOptions& options) {
  const auto qos = options.maximum_qos;
  group->must = group->must && has_room(group->message);
  group->candidates.push_back({.log = shared_from_this(), .qos = qos});
  by_payload_[group->message.payload].push_back(expected_.size());
  expected_.push_back({.message = group->message,
                       .qos = std::min(qos, group->message.qos),
                       .retain = options.retain_as_published && group->message.retain,
                       .must = false,
                       .group = group});
  ++outstanding_;
}

bool GroupMessage::has(const SessionLog* log, Qos qos) const {
  return std::any_of(candidates.begin(), candidates.end(), [&](const auto& candidate) {
    return candidate.log.get() == log && candidate.qos == qos;
  });
}

std::vector<std::shared_ptr<GroupMessage>> SessionLog::group_messages() const {
  std::vector<std::shared_ptr<GroupMessage>> messages;
  for (const auto& entry : expected_) {
    if (entry.group) {
      messages.push_back(entry.group);
    }
  }
  return messages;
}

SessionLog::Ticket& SessionLog::add_ticket(std::string filter, Ticket::Variant variant) {
  close_tickets(filter);
  tickets_.push_back({.filter = std::move(filter), .variants = {variant}});
  return tickets_.back();
}

void SessionLog::close_tickets(std::optional<std::string_view> filter) {
  for (auto& ticket : tickets_) {
    if (!filter || ticket.filter == *filter) {
      ticket.open = false;
    }
  }
}

void SessionLog::connection_lost() {
  for (auto& ticket : tickets_) {
    for (auto& [rest, topic] : ticket.topics) {
      for (const auto& value : topic.values) {
        for (const auto& variant : ticket.variants) {
          topic.must = topic.must && std::min(variant.qos, value.qos) != Qos::at_most_once;
        }
      }
    }
  }
}

void SessionLog::received(const Receipt& receipt) {
  if (receipt.qos != Qos::at_most_once && take_repetition(receipt)) {
    return;
  }
  if (!take_live(receipt, true) && !take_ticket(receipt) && !take_live(receipt, false) &&
      !take_instead(receipt)) {
    unexpected(receipt);
  }
}

// The broker has not taken in an acknowledgement for that packet id, so it can only be the same
// message again, on another connection [MQTT-2.3.1-4], [MQTT-3.3.1-1].
bool SessionLog::take_repetition(const Receipt& receipt) {
  const auto found = open_.find(receipt.id);
  if (found == open_.end()) {
    return false;
  }
  auto& open = found->second;
  if (!receipt.dup || open.link == receipt.link || open.payload != receipt.payload ||
      open.message.rest != receipt.rest || open.qos != receipt.qos) {
    violation(name_, ": packet id is in use: ", describe(receipt), ", for '", open.message.rest,
              "'='", open.payload.substr(0, 40), "'");
  }
  check_age(receipt, open.message);
  if (open.index) {
    check_order(receipt, *open.index);
  }
  open.link = receipt.link;
  return true;
}

bool SessionLog::take_live(const Receipt& receipt, bool faultless) {
  const auto found = by_payload_.find(receipt.payload);
  if (found == by_payload_.end()) {
    return false;
  }
  std::optional<std::size_t> chosen;
  for (const auto index : found->second) {
    const auto& entry = expected_[index];
    if (entry.seen || entry.message.rest != receipt.rest || entry.qos != receipt.qos ||
        entry.retain != receipt.retain ||
        (!entry.group && ((receipt.v5 && entry.ids != receipt.ids) ||
                          (entry.qos == Qos::at_most_once && entry.link != receipt.link)))) {
      continue;
    }
    // A publisher that repeats QoS 1 makes equal messages: the first that may come now is meant.
    if ((!faultless || in_order(receipt, index)) &&
        fault_of_age(receipt, entry.message) == nullptr) {
      chosen = index;
      break;
    }
  }
  if (!chosen) {
    return false;
  }
  auto& entry = expected_[*chosen];
  entry.seen = true;
  check_age(receipt, entry.message);
  if (entry.group) {
    count_member(receipt, *entry.group);
  }
  if (entry.qos != Qos::at_most_once) {
    check_order(receipt, *chosen);
    note_open(receipt, entry.message, *chosen);
  } else if (!entry.group) {
    check_gap(receipt, *chosen);
  }
  return true;
}

void SessionLog::note_open(const Receipt& receipt, const Message& message,
                           std::optional<std::size_t> index) {
  if (receipt.qos != Qos::at_most_once) {
    open_[receipt.id] = {.message = message,
                         .payload = receipt.payload,
                         .qos = receipt.qos,
                         .index = index,
                         .link = receipt.link};
  }
}

// [MQTT-4.6.0-5], [MQTT-4.6.0-6]: per topic and QoS, on every connection, repetitions included.
void SessionLog::check_order(const Receipt& receipt, std::size_t index) {
  if (!expected_[index].must || !is_unique(receipt.payload)) {
    return;
  }
  auto& last = last_on_link_[order_key(receipt)];
  if (last > index) {
    violation(name_, ": out of order: ", describe(receipt), " after '",
              expected_[last - 1].message.payload.substr(0, 40), "'");
  }
  last = index + 1;
}

bool SessionLog::in_order(const Receipt& receipt, std::size_t index) const {
  const auto last = last_on_link_.find(order_key(receipt));
  return last == last_on_link_.end() || last->second <= index;
}

// What was sent to a connection without acknowledgement cannot be lost in the middle.
void SessionLog::check_gap(const Receipt& receipt, std::size_t index) {
  const auto& list = plain_[receipt.link];
  auto& next = plain_next_[receipt.link];
  for (; next < list.size() && list[next] < index; ++next) {
    if (expected_[list[next]].must && is_unique(expected_[list[next]].message.payload)) {
      violation(name_, ": lost QoS 0 '", expected_[list[next]].message.payload.substr(0, 40),
                "' before ", describe(receipt));
    }
  }
  if (next < list.size() && list[next] == index) {
    ++next;
  } else if (expected_[index].must && is_unique(receipt.payload)) {
    violation(name_, ": QoS 0 out of order: ", describe(receipt));
  }
}

void SessionLog::check_age(const Receipt& receipt, const Message& message) const {
  if (const auto* fault = fault_of_age(receipt, message)) {
    violation(name_, ": ", fault, ": ", describe(receipt), ", expires at ", message.expires_ms,
              ", sent after ", receipt.sent_after_ms);
  }
}

// What is owed first, in the order of asking; else the newest, whose options have changed least.
bool SessionLog::take_ticket(const Receipt& receipt) {
  if (!receipt.retain) {
    return false;
  }
  const auto owed = [&receipt](Ticket& ticket) {
    const auto topic = ticket.topics.find(receipt.rest);
    return ticket.open && topic != ticket.topics.end() && topic->second.required &&
           topic->second.must;
  };
  return std::any_of(tickets_.begin(), tickets_.end(),
                     [&](auto& ticket) { return owed(ticket) && take_from(ticket, receipt); }) ||
         std::any_of(tickets_.rbegin(), tickets_.rend(),
                     [&](auto& ticket) { return take_from(ticket, receipt); });
}

// Its own place was given to another message that looked the same; that one's place is still free.
bool SessionLog::take_instead(const Receipt& receipt) {
  const auto alike = [&receipt](const Message& message) {
    return message.rest == receipt.rest && message.payload == receipt.payload;
  };
  const bool taken = std::any_of(tickets_.begin(), tickets_.end(), [&](const auto& ticket) {
    const auto found = ticket.topics.find(receipt.rest);
    return found != ticket.topics.end() && found->second.seen;
  });
  if (!receipt.retain || !taken) {
    return false;
  }
  for (auto& ticket : tickets_) {
    const auto found = ticket.topics.find(receipt.rest);
    if (found != ticket.topics.end() && !found->second.seen &&
        std::any_of(found->second.values.begin(), found->second.values.end(), alike)) {
      found->second.seen = true;
      note_open(receipt, found->second.values.back(), std::nullopt);
      return true;
    }
  }
  return false;
}

bool SessionLog::take_from(Ticket& ticket, const Receipt& receipt) {
  const auto found = ticket.topics.find(receipt.rest);
  if (found == ticket.topics.end() || found->second.seen) {
    return false;
  }
  for (const auto& value : found->second.values) {
    const bool fits =
        std::any_of(ticket.variants.begin(), ticket.variants.end(), [&](const auto& variant) {
          const std::vector<std::uint32_t> ids(variant.id != 0 ? 1 : 0, variant.id);
          return receipt.qos == std::min(variant.qos, value.qos) &&
                 (!receipt.v5 || receipt.ids == ids);
        });
    if (fits && value.payload == receipt.payload && fault_of_age(receipt, value) == nullptr) {
      found->second.seen = true;
      note_open(receipt, value, std::nullopt);
      return true;
    }
  }
  return false;
}

// Another member only after the former one's session has ended [MQTT5-4.8.2-5]. Of equal messages
// nobody can say which is which.
void SessionLog::count_member(const Receipt& receipt, GroupMessage& group) {
  auto& receivers = group.receivers;
  const bool other_alive = std::any_of(receivers.begin(), receivers.end(), [this](const auto* log) {
    return log != this && !log->ended;
  });
  const bool clear =
      std::all_of(group.candidates.begin(), group.candidates.end(),
                  [&group](const auto& candidate) { return candidate.log->unmistakable(group); });
  if (clear && (other_alive || group.received_at_qos_2)) {
    violation(name_, ": a shared message for two members: ", describe(receipt));
  }
  receivers.push_back(this);
  group.received_at_qos_2 = receipt.qos == Qos::exactly_once;
}

void SessionLog::unexpected(const Receipt& receipt) const {
  std::string hint = " (nothing like it was to come)";
  if (const auto found = by_payload_.find(receipt.payload); found != by_payload_.end()) {
    hint = ", but: ";
    for (const auto index : found->second) {
      const auto& entry = expected_[index];
      hint += text_of("'", entry.message.rest, "' QoS ", static_cast<int>(entry.qos),
                      entry.retain ? " retain" : "", entry.group ? " shared" : "",
                      entry.seen ? " received" : "", " until ", entry.message.expires_ms, "; ");
    }
  }
  violation(name_, ": unexpected message ", describe(receipt), hint);
}

void SessionLog::acknowledged(std::uint16_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) {
    return;
  }
  if (const auto index = found->second.index) {
    --outstanding_;
    outstanding_bytes_ -= expected_[*index].message.payload.size() + kOverhead;
  }
  open_.erase(found);
}

bool SessionLog::unmistakable(const GroupMessage& group) const {
  const auto& alike = by_payload_.at(group.message.payload);
  return std::all_of(alike.begin(), alike.end(),
                     [&](std::size_t index) { return expected_[index].group.get() == &group; });
}

bool SessionLog::is_unique(const std::string& payload) const {
  if (const auto found = by_payload_.find(payload);
      payload.empty() || found == by_payload_.end() || found->second.size() != 1) {
    return false;
  }
  return std::none_of(tickets_.begin(), tickets_.end(), [&payload](const auto& ticket) {
    return std::any_of(ticket.topics.begin(), ticket.topics.end(), [&payload](const auto& topic) {
      return std::any_of(topic.second.values.begin(), topic.second.values.end(),
                         [&payload](const auto& value) { return value.payload == payload; });
    });
  });
}

std::size_t SessionLog::missing(const Expected& like) const {
  std::size_t missing = 0;
  std::size_t spare = 0;
  for (const auto index : by_payload_.at(like.message.payload)) {
    const auto& entry = expected_[index];
    if (entry.qos == like.qos && entry.message.rest == like.message.rest) {
      missing += !entry.seen && entry.must ? 1U : 0U;
      spare += entry.seen && !entry.must ? 1U : 0U;  // may have been this one
    }
  }
  return missing > spare ? missing - spare : 0;
}

void SessionLog::check_complete(std::int64_t now_ms) const {
  for (const auto& entry : expected_) {
    if (entry.qos != Qos::at_most_once && entry.must && !entry.seen &&
        !entry.message.expired(now_ms) && missing(entry) != 0 &&
        (!entry.retain || is_unique(entry.message.payload))) {
      violation(name_, ": lost QoS ", static_cast<int>(entry.qos), " '", entry.message.rest, "'='",
                entry.message.payload.substr(0, 40), "'");
    }
    if (entry.group && entry.group->must && entry.group->receivers.empty() &&
        entry.message.qos != Qos::at_most_once && !entry.message.expired(now_ms) &&
        std::all_of(entry.group->candidates.begin(), entry.group->candidates.end(),
                    [&entry](const auto& candidate) {
                      return !candidate.log->ended && candidate.qos != Qos::at_most_once &&
                             candidate.log->unmistakable(*entry.group);
                    })) {
      violation(name_, ": lost shared '", entry.message.rest, "'='",
                entry.message.payload.substr(0, 40), "'");
    }
  }
  for (const auto& ticket : tickets_) {
    for (const auto& [rest, topic] : ticket.topics) {
      if (ticket.open && is_missing(topic, now_ms) && !excused(rest)) {
        violation(name_, ": retained '", rest, "' did not come for '", ticket.filter, "'");
      }
    }
  }
}

// Equal retained messages for several subscriptions cannot be told apart.
bool SessionLog::excused(const std::string& rest) const {
  return std::any_of(expected_.begin(), expected_.end(),
                     [&rest](const auto& entry) {
                       return entry.seen && entry.group && entry.retain &&
                              entry.message.rest == rest;
                     }) ||
         std::any_of(tickets_.begin(), tickets_.end(), [&rest](const auto& ticket) {
           const auto found = ticket.topics.find(rest);
           return found != ticket.topics.end() && found->second.seen &&
                  (!ticket.open || !found->second.required || !found->second.must ||
                   ticket.variants.size() > 1);
         });
}

bool SessionLog::is_missing(const Ticket::Topic& topic, std::int64_t now_ms) {
  return topic.required && topic.must && !topic.seen && !topic.values.back().expired(now_ms);
}

void SessionLog::check_ping(const std::vector<std::size_t>& tickets, std::int64_t now_ms) const {
  for (const auto which : tickets) {
    const auto& ticket = tickets_[which];
    const bool plain =
        std::all_of(ticket.variants.begin(), ticket.variants.end(),
                    [](const auto& variant) { return variant.qos == Qos::at_most_once; });
    for (const auto& [rest, topic] : ticket.topics) {
      if (ticket.open && plain && is_missing(topic, now_ms) && !excused(rest)) {
        violation(name_, ": PINGRESP before retained '", rest, "' for '", ticket.filter, "'");
      }
    }
  }
}

}  // namespace owb::simulation
