// Who gets a message: the naive way.
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

void Model::publish(Hub& hub, const Message& message, const Session* from) {
  if (message.retain) {
    retain(hub, message);
  }
  for (auto& [key, session] : hub.sessions) {
    deliver(hub, session, message, from);
  }
  deliver_to_groups(hub, message, from);
}

// A replay that is not done may bring the new value, and also what was not retained before.
void Model::retain(Hub& hub, const Message& message) {
  for (auto& [key, session] : hub.sessions) {
    for (const auto& subscription : session.subscriptions) {
      if (!matches(hub, subscription, message.rest)) {
        continue;
      }
      for (auto& ticket : session.log->tickets()) {
        if (!ticket.open || ticket.filter != subscription.filter) {
          continue;
        }
        const auto [topic, fresh] = ticket.topics.try_emplace(message.rest);
        if (fresh || message.payload.empty() || message.source == session.key) {
          topic->second.required = false;  // nothing to come, or no-local may hold it back
        }
        if (!message.payload.empty()) {
          topic->second.values.push_back(message);
        }
      }
    }
  }
  if (message.payload.empty()) {
    hub.retained.erase(message.rest);
  } else {
    hub.retained[message.rest] = message;
  }
}

// Once for all matching subscriptions, at the highest QoS, with all identifiers.
void Model::deliver(Hub& hub, Session& session, const Message& message, const Session* from) {
  if (session.viewer && !kind_of(message.rest).viewer_sees) {
    return;
  }
  bool wanted = false;
  bool retain = session.retain_as_published;
  auto granted = Qos::at_most_once;
  std::vector<std::uint32_t> ids;
  for (const auto& subscription : session.subscriptions) {
    if (!subscription.group.empty() || !matches(hub, subscription, message.rest)) {
      continue;
    }
    retain = retain || subscription.options.retain_as_published;
    if (&session == from && (subscription.options.no_local || session.no_local)) {
      continue;
    }
    wanted = true;
    if (subscription.id != 0) {
      ids.push_back(subscription.id);
    }
    granted = std::max(granted, subscription.options.maximum_qos);
  }
  const auto qos = std::min(granted, message.qos);
  const bool queued = qos != Qos::at_most_once;
  if (wanted && (queued || session.link != nullptr)) {
    trace_("    for ", session.log->name(), ": '", message.rest, "'='",
           message.payload.substr(0, 40), "' QoS ", static_cast<int>(qos), " of ", ids.size(),
           " ids");
    session.log->expect(message, qos, retain && message.retain, std::move(ids),
                        session.link != nullptr ? session.link->id : 0);
  }
}

// One member of each group, we cannot know which.
void Model::deliver_to_groups(Hub& hub, const Message& message, const Session* from) {
  std::map<std::string, std::shared_ptr<GroupMessage>> groups;
  for (auto& [key, session] : hub.sessions) {
    if ((&session == from && session.no_local) ||
        (session.viewer && !kind_of(message.rest).viewer_sees)) {
      continue;
    }
    for (const auto& subscription : session.subscriptions) {
      if (subscription.group.empty() || !matches(hub, subscription, message.rest)) {
        continue;
      }
      auto& group = groups[subscription.filter];
      if (!group) {
        group = std::make_shared<GroupMessage>(
            GroupMessage{.group = subscription.filter, .message = message});
      }
      trace_("    for ", session.log->name(), " or another in ", subscription.filter, ": '",
             message.rest, "'='", message.payload.substr(0, 40), "' QoS ",
             static_cast<int>(subscription.options.maximum_qos));
      session.log->expect_of_group(group, session.options_of(subscription));
    }
  }
}

// [MQTT5-4.8.2-5]: what the member of a group has left undone may go to those that are members now.
void Model::hand_on(Hub& hub, const SessionLog& left) {
  for (const auto& message : left.group_messages()) {
    for (auto& [key, session] : hub.sessions) {
      for (const auto& subscription : session.subscriptions) {
        if (session.log.get() != &left && subscription.filter == message->group &&
            !message->has(session.log.get(), subscription.options.maximum_qos)) {
          trace_("    for ", session.log->name(), ", handed on in ", message->group, ": '",
                 message->message.payload.substr(0, 40), "'");
          session.log->expect_of_group(message, session.options_of(subscription));
        }
      }
    }
  }
}

}  // namespace owb::simulation
