// Who is to get a message: the naive way.
#include <algorithm>

#include "tests/broker/mqtt/support/naive_topic.hpp"
#include "tests/simulation/model.hpp"
#include "tests/simulation/topics.hpp"

namespace owb::simulation {

using mqtt::Qos;

bool Model::matches(const Hub& hub, const Subscription& subscription,
                    const std::string& rest) const {
  return (!rest.starts_with("/cloud") || names_cloud(subscription.plain)) &&
         mqtt::testing::naive_matches_levels(subscription.plain, hub.tenant + rest);
}

bool Model::may_get(const Session& session, const Message& message) const {
  const auto kind = kind_of(message.rest);
  return !session.viewer || kind.viewer_sees || kind.own;
}

void Model::publish(Hub& hub, const Message& message, const Session* from) {
  if (message.retain) {
    retain(hub, message);
  }
  if (message.expired(now_ms)) {
    return;  // while it was held [MQTT5-3.3.2-5]
  }
  for (const auto& [key, session] : hub.sessions) {
    auto entry = routed(hub, session, message, from);
    // QoS 0 is for those who are there.
    if (entry && (entry->qos != Qos::at_most_once || session.link != nullptr)) {
      trace_("    for ", session.log->name(), ": ", describe(*entry));
      due_.push_back(due(session, std::move(*entry)));
    }
  }
  for (auto& group : groups_for(hub, message, from)) {
    trace_("    for one of ", group.members.size(), " in ", group.group, ": '", message.rest, "'='",
           message.payload.substr(0, 40), "'");
    due_in_groups_.push_back(std::move(group));
  }
}

// A replay that is not done brings the new value. What was away for a while may come again, or not.
void Model::retain(Hub& hub, const Message& message) {
  const auto former = hub.retained.find(message.rest);
  const bool fresh = former == hub.retained.end() || former->second.expired(now_ms);
  for (auto& [key, session] : hub.sessions) {
    for (auto& [filter, replay] : session.replays) {
      if (message.payload.empty() || fresh) {
        replay->owed.erase(message.rest);
        replay->given.erase(message.rest);
        replay->open.insert(message.rest);
      } else if (message.source == key && replay->owed.erase(message.rest) != 0) {
        replay->open.insert(message.rest);  // no-local may hold it back
      }
    }
  }
  if (message.payload.empty()) {
    hub.retained.erase(message.rest);
  } else {
    hub.retained[message.rest] = message;
  }
}

Model::Due Model::due(const Session& session, Entry entry) {
  return {.log = session.log,
          .entry = std::move(entry),
          .connection = session.link != nullptr ? session.log->connections() : 0};
}

Entry Model::entry_for(const Session& session, const Subscription& subscription,
                       const Message& message) {
  const auto options = session.options_of(subscription);
  return {.message = message,
          .qos = std::min(options.maximum_qos, message.qos),
          .retain = options.retain_as_published && message.retain,
          .ids = std::vector<std::uint32_t>(subscription.id != 0 ? 1 : 0, subscription.id),
          .group = subscription.group.empty() ? "" : subscription.filter};
}

// Once for all matching subscriptions, at the highest QoS, with all identifiers.
std::optional<Entry> Model::routed(const Hub& hub, const Session& session, const Message& message,
                                   const Session* from) const {
  bool wanted = false;
  auto granted = Qos::at_most_once;
  Entry entry{.message = message, .retain = session.retain_as_published};
  for (const auto& subscription : session.subscriptions) {
    if (!subscription.group.empty() || !matches(hub, subscription, message.rest)) {
      continue;
    }
    entry.retain = entry.retain || subscription.options.retain_as_published;
    if (&session == from && (subscription.options.no_local || session.no_local)) {
      continue;
    }
    wanted = true;
    if (subscription.id != 0) {
      entry.ids.push_back(subscription.id);
    }
    granted = std::max(granted, subscription.options.maximum_qos);
  }
  if (!wanted || !may_get(session, message)) {
    return std::nullopt;
  }
  entry.qos = std::min(granted, message.qos);
  entry.retain = entry.retain && message.retain;
  std::sort(entry.ids.begin(), entry.ids.end());
  return entry;
}

// One member of each, whom the broker chooses.
std::vector<Model::DueInGroup> Model::groups_for(const Hub& hub, const Message& message,
                                                 const Session* from) const {
  std::map<std::string, DueInGroup> groups;
  for (const auto& [key, session] : hub.sessions) {
    if ((&session == from && session.no_local) || !may_get(session, message)) {
      continue;
    }
    for (const auto& subscription : session.subscriptions) {
      if (!subscription.group.empty() && matches(hub, subscription, message.rest)) {
        auto& group = groups[subscription.filter];
        group.group = subscription.filter;
        group.members.push_back(due(session, entry_for(session, subscription, message)));
      }
    }
  }
  std::vector<DueInGroup> list;
  for (auto& [filter, group] : groups) {
    list.push_back(std::move(group));
  }
  return list;
}

}  // namespace owb::simulation
