// Is what the broker gives to its sessions, and what it drops, what it should?
#include <algorithm>

#include "broker/core/hub.hpp"
#include "broker/core/link.hpp"
#include "tests/simulation/model.hpp"
#include "tests/simulation/topics.hpp"
#include "tests/simulation/trace.hpp"

namespace owb::simulation {

using core::Drop;
using mqtt::Qos;

namespace {

/// Design 4: so many are under way to one client, and do not count as queued.
constexpr std::size_t kWindow = 20;
constexpr std::size_t kLargestMessage = 8'200;
constexpr std::size_t kHighWater = 64 * 1024;
/// Header, packet id and properties of a PUBLISH.
constexpr std::size_t kMostOverhead = 60;

// The broker's name for a session of a browser begins with NUL.
std::string owner_of(const core::Session& session) {
  const std::string_view id = session.client_id();
  const bool web = id.starts_with('\0');
  return text_of(session.hub().scope().tenant(), '/',
                 web ? (id[1] == 'v' ? "viewer:" : "web:") : "", id.substr(web ? 2 : 0));
}

Entry entry_of(const core::Delivery& delivery) {
  Entry entry{.message = {.rest = std::string(delivery.topic->text()),
                          .payload = std::string(as_text(delivery.view.payload)),
                          .qos = delivery.view.qos,
                          .retain = delivery.view.retain,
                          .expires_ms = delivery.view.expires_ms},
              .qos = delivery.qos,
              .retain = delivery.retain,
              .ids = {delivery.subscription_ids.begin(), delivery.subscription_ids.end()},
              .group = delivery.group != nullptr ? delivery.group->name : "",
              .place = delivery.place};
  std::sort(entry.ids.begin(), entry.ids.end());
  return entry;
}

std::string_view text_of_drop(Drop why) {
  static constexpr std::string_view kTexts[] = {"queue full",   "slow reader", "no memory",
                                                "expired",      "old order",   "too large",
                                                "not permitted"};
  return kTexts[static_cast<std::size_t>(why)];
}

}  // namespace

// Of those of the same name the one that is meant: one ends, and the next begins, in one packet.
std::shared_ptr<SessionLog> Model::find_log(const core::Session& session) {
  const auto owner = owner_of(session);
  for (const auto& log : just_ended_) {
    if (log->owner() == owner && log->number == session.number) {
      return log;
    }
  }
  const auto slash = owner.find('/');
  auto& sessions = hubs_[owner.substr(0, slash)].sessions;
  const auto found = sessions.find(owner.substr(slash + 1));
  if (found == sessions.end() ||
      (found->second.log->number != 0 && found->second.log->number != session.number)) {
    violation(owner, ": no such session");
  }
  found->second.log->number = session.number;
  return found->second.log;
}

Model::Session* Model::find_session(const SessionLog& log) {
  const auto slash = log.owner().find('/');
  auto& sessions = hubs_[log.owner().substr(0, slash)].sessions;
  const auto found = sessions.find(log.owner().substr(slash + 1));
  return found != sessions.end() && found->second.log.get() == &log ? &found->second : nullptr;
}

// ---- given ----

void Model::delivering(const core::Session& session, const core::Delivery& delivery,
                       std::uint64_t connection) {
  const auto log = find_log(session);
  const auto like = entry_of(delivery);
  connection_ = connection;
  trace_("    gives to ", log->name(), ": ", describe(like),
         delivery.replay != nullptr ? " for " + delivery.replay->filter() : "");
  auto* known = find_session(*log);
  bool right = false;
  if (delivery.replay != nullptr) {
    right = known != nullptr && give_replay(*known, delivery, like);
  } else if (kind_of(like.message.rest).own) {
    right = give_own(log, like);
  } else if (!like.group.empty()) {
    right = give_in_group(session, *log, like) || give_handed_on(log, like);
  } else {
    right = give_due(*log, like);
  }
  if (!right && !give_will(log, like) && !(known == nullptr && give_ended(log, like))) {
    violation(log->name(), " gets what it should not: ", describe(like));
  }
}

void Model::give(const std::shared_ptr<SessionLog>& log, Entry entry) {
  log->add(std::move(entry), connection_);
  last_given_ = log;
}

bool Model::give_due(const SessionLog& log, const Entry& like) {
  const auto found = std::find_if(due_.begin(), due_.end(), [&](const auto& due) {
    return due.log.get() == &log && due.entry.looks_like(like);
  });
  if (found == due_.end()) {
    return false;
  }
  give(found->log, std::move(found->entry));
  due_.erase(found);
  return true;
}

bool Model::give_in_group(const core::Session& session, const SessionLog& log, const Entry& like) {
  for (auto group = due_in_groups_.begin(); group != due_in_groups_.end(); ++group) {
    const auto member =
        std::find_if(group->members.begin(), group->members.end(), [&](const auto& due) {
          return group->group == like.group && due.log.get() == &log && due.entry.looks_like(like);
        });
    if (member == group->members.end()) {
      continue;
    }
    if (!session.connected() &&
        std::any_of(group->members.begin(), group->members.end(), [&](const auto& other) {
          // A full queue is passed over.
          return other.log != member->log && other.connection != 0 && other.log->connected() &&
                 other.log->count() == 0 && other.entry.qos != Qos::at_most_once;
        })) {
      violation(log.name(), " is away, others of its group are not: ", describe(like));
    }
    give(member->log, std::move(member->entry));
    due_in_groups_.erase(group);
    return true;
  }
  return false;
}

// [MQTT5-4.8.2-5]: what a member that has gone for good has not acknowledged goes to another one;
// QoS 2 only if it was never sent [MQTT5-4.8.2-4]. Of equal ones first what has to.
bool Model::give_handed_on(const std::shared_ptr<SessionLog>& log, const Entry& like) {
  for (const bool must : {true, false}) {
    for (const auto& former : just_ended_) {
      for (auto& left : former->entries()) {
        const bool open =
            must ? must_be_handed_on(*former, left) : left.qos == Qos::exactly_once && left.id == 0;
        if (open && !left.handed_on && give_left(log, left, like)) {
          left.handed_on = true;
          return true;
        }
      }
    }
  }
  return false;
}

bool Model::must_be_handed_on(const SessionLog& former, const Entry& left) {
  return left.qos == Qos::at_least_once ||
         (left.qos == Qos::exactly_once && left.connection > former.connections());
}

bool Model::give_left(const std::shared_ptr<SessionLog>& log, const Entry& left,
                      const Entry& like) {
  const auto& message = left.message;
  if (left.group != like.group || message.rest != like.message.rest ||
      message.payload != like.message.payload || message.qos != like.message.qos ||
      message.retain != like.message.retain || message.expires_ms != like.message.expires_ms ||
      message.expired(now_ms)) {
    return false;
  }
  const auto* member = find_session(*log);
  if (member == nullptr) {  // it has gone in the same moment
    auto entry = like;
    entry.message = message;
    give(log, std::move(entry));
    return true;
  }
  if (member->no_local && message.source == member->key) {
    return false;
  }
  for (const auto& subscription : member->subscriptions) {
    auto entry = entry_for(*member, subscription, message);
    if (subscription.filter == like.group && entry.looks_like(like)) {
      give(log, std::move(entry));
      return true;
    }
  }
  return false;
}

// The broker has not ended this session yet, the model has, in the same moment.
bool Model::give_ended(const std::shared_ptr<SessionLog>& log, const Entry& like) {
  const auto same = [&like](const DueInGroup& due) {
    const auto& message = due.members.front().entry.message;
    return due.group == like.group && message.rest == like.message.rest &&
           message.payload == like.message.payload;
  };
  const auto group = std::find_if(due_in_groups_.begin(), due_in_groups_.end(), same);
  auto entry = like;
  if (group != due_in_groups_.end()) {
    entry.message = group->members.front().entry.message;
    due_in_groups_.erase(group);
  }
  give(log, std::move(entry));
  return true;
}

// What the broker itself has to say is not foreseen, only who may hear it.
bool Model::give_own(const std::shared_ptr<SessionLog>& log, const Entry& like) {
  const auto* session = find_session(*log);
  auto entry = like;
  entry.message.qos = Qos::at_least_once;
  entry.message.retain = true;
  const auto& hub = hubs_[log->owner().substr(0, log->owner().find('/'))];
  const auto fits = [&] {
    if (session == nullptr) {
      return true;  // it has gone in the same moment
    }
    if (like.group.empty()) {
      const auto right = routed(hub, *session, entry.message, nullptr);
      return right && right->looks_like(like);
    }
    return std::any_of(session->subscriptions.begin(), session->subscriptions.end(),
                       [&](const auto& subscription) {
                         return subscription.filter == like.group &&
                                matches(hub, subscription, like.message.rest) &&
                                entry_for(*session, subscription, entry.message).looks_like(like);
                       });
  };
  if (!fits()) {
    return false;
  }
  give(log, std::move(entry));
  return true;
}

bool Model::give_replay(Session& session, const core::Delivery& delivery, const Entry& like) {
  const auto& rest = like.message.rest;
  const auto& hub = *session.link->hub;
  const auto replay = session.replays.find(delivery.replay->filter());
  const auto subscription =
      std::find_if(session.subscriptions.begin(), session.subscriptions.end(),
                   [&](const auto& own) { return own.filter == delivery.replay->filter(); });
  if (replay == session.replays.end() || !matches(hub, *subscription, rest)) {
    return false;
  }
  Message message = like.message;
  message.qos = Qos::at_least_once;
  if (!kind_of(rest).own) {
    const auto retained = hub.retained.find(rest);
    auto& [filter, times, owed, open, of_former, given] = *replay->second;
    if (retained == hub.retained.end() || retained->second.expired(now_ms) ||
        !may_get(session, message) || ++given[rest] > times + of_former.count(rest)) {
      return false;
    }
    message = retained->second;
    if (message.source == session.key && (session.no_local || subscription->options.no_local)) {
      return false;
    }
    owed.erase(rest);
    open.erase(rest);
  }
  auto entry = entry_for(session, *subscription, message);
  entry.retain = true;
  entry.replay = replay->second;
  const bool right = entry.looks_like(like);
  give(session.log, std::move(entry));
  return right;
}

// Its subscriptions have changed in the moment of the will.
bool Model::give_will(const std::shared_ptr<SessionLog>& log, const Entry& like) {
  for (const auto& will : due_wills_) {
    auto entry =
        like.group.empty() && will.rest == like.message.rest && will.payload == like.message.payload
            ? routed_now(*log, will)
            : std::nullopt;
    if (entry && entry->looks_like(like)) {
      std::erase_if(due_, [&](const auto& due) {
        return due.log == log && due.entry.message.rest == will.rest &&
               due.entry.message.payload == will.payload;
      });
      entry->message.expires_ms = like.message.expires_ms;
      give(log, std::move(*entry));
      return true;
    }
  }
  return false;
}

std::optional<Entry> Model::routed_now(const SessionLog& log, const Message& message) {
  const auto* session = find_session(log);
  const auto& hub = hubs_[log.owner().substr(0, log.owner().find('/'))];
  const auto from = hub.sessions.find(message.source);
  return session == nullptr
             ? std::nullopt
             : routed(hub, *session, message, from == hub.sessions.end() ? nullptr : &from->second);
}

void Model::settle() {
  // Who has unsubscribed in the moment of a will need not get it.
  std::erase_if(due_, [this](const auto& due) {
    return std::any_of(due_wills_.begin(), due_wills_.end(), [&](const auto& will) {
      const auto now =
          due.entry.message.rest == will.rest && due.entry.message.payload == will.payload
              ? routed_now(*due.log, will)
              : std::optional(due.entry);
      return !now || !now->looks_like(due.entry);
    });
  });
  due_wills_.clear();
  for (const auto& [log, entry, connection] : due_) {
    const bool gone = log->ended || (entry.qos == Qos::at_most_once &&
                                     !(log->connected() && log->connections() == connection));
    if (!gone) {
      violation(log->name(), " does not get ", describe(entry));
    }
  }
  due_.clear();
  for (const auto& group : due_in_groups_) {
    const auto is_there = [](const Due& due) {
      return due.connection != 0 && due.log->connected() &&
             due.log->connections() == due.connection;
    };
    const auto& members = group.members;
    const bool must = std::any_of(members.begin(), members.end(), is_there) ||
                      (std::any_of(members.begin(), members.end(),
                                   [](const auto& due) { return !due.log->ended; }) &&
                       std::all_of(members.begin(), members.end(), [](const auto& due) {
                         return due.entry.qos != Qos::at_most_once;
                       }));
    if (must) {
      violation("nobody of ", group.group, " gets ", describe(members.front().entry));
    }
  }
  due_in_groups_.clear();
  for (const auto& log : just_ended_) {
    check_handed_on(*log);
  }
  just_ended_.clear();
  ++moment_;
}

void Model::check_handed_on(const SessionLog& log) const {
  const auto& hub = hubs_.at(log.owner().substr(0, log.owner().find('/')));
  for (const auto& left : const_cast<SessionLog&>(log).entries()) {
    if (left.group.empty() || left.handed_on || !must_be_handed_on(log, left) ||
        left.message.expired(now_ms)) {
      continue;
    }
    bool any = false;
    bool all = true;
    bool one_is_there = false;
    for (const auto& [key, session] : hub.sessions) {
      for (const auto& subscription : session.subscriptions) {
        const bool own = session.no_local && left.message.source == key;
        // Who comes in this very moment may have come after it.
        const bool was_there = subscription.moment < moment_;
        if (subscription.filter == left.group && was_there && !own &&
            may_get(session, left.message)) {
          any = true;
          one_is_there =
              one_is_there || (session.link != nullptr && session.link->moment < moment_);
          all = all && subscription.options.maximum_qos != Qos::at_most_once;
        }
      }
    }
    // Who is away and takes QoS 0 only gets nothing.
    if (one_is_there || (any && all)) {
      violation(log.name(), " has ended, and nobody of ", left.group, " gets ", describe(left));
    }
  }
}

// ---- dropped ----

void Model::dropped(const core::Session& session, const core::Delivery& delivery, Drop why) {
  const bool at_once = why == Drop::queue_full || why == Drop::slow_reader;
  const auto log = at_once ? last_given_ : find_log(session);
  const auto entry = log->take_dropped(entry_of(delivery), why, now_ms);
  trace_("    ", text_of_drop(why), ", ", log->name(), " loses ", describe(entry));
  if (!may_drop(session, *log, entry, why)) {
    violation(log->name(), ": dropped without need (", text_of_drop(why), "): ", describe(entry),
              ", ", log->count(), " others of ", log->bytes(), " bytes, ", session.in_flight(),
              " in flight");
  }
}

bool Model::may_drop(const core::Session& session, const SessionLog& log, const Entry& entry,
                     Drop why) const {
  const auto& limits = hubs_.at(log.owner().substr(0, log.owner().find('/'))).limits;
  const auto backlog = session.link() != nullptr ? session.link()->backlog() : 0;
  switch (why) {
    case Drop::queue_full:
      // An empty queue takes everything.
      return !(session.connected() && log.count() == 0 && backlog < kHighWater) &&
             (log.count() - session.in_flight() >= limits.queue_messages ||
              log.bytes() + entry.message.cost() > limits.queue_bytes);
    case Drop::slow_reader:
      return entry.qos == Qos::at_most_once && backlog > limits.queue_bytes;
    case Drop::expired:
    case Drop::old_order:
      return true;  // the log has seen to it
    case Drop::too_large:
      return log.packet_limit != 0 && entry.message.cost() + kMostOverhead > log.packet_limit;
    case Drop::memory:
    case Drop::not_permitted:
      return false;  // the simulation knows neither
  }
  return false;
}

void Model::check_queue(const Link& link, const core::Session& session) {
  find_log(session);
  const auto& log = *link.log;
  if (session.queued_bytes() != log.bytes()) {
    violation(log.name(), ": its queue has ", session.queued_bytes(), " bytes, not ", log.bytes());
  }
  const auto& limits = hubs_.at(log.owner().substr(0, log.owner().find('/'))).limits;
  if (log.count() > limits.queue_messages + kWindow ||
      log.bytes() > limits.queue_bytes + kWindow * kLargestMessage) {
    violation(log.name(), ": its queue has ", log.count(), " messages of ", log.bytes(), " bytes");
  }
}

}  // namespace owb::simulation
