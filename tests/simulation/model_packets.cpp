// What each packet of a client means.
#include <algorithm>

#include "broker/mqtt/topic.hpp"
#include "tests/simulation/model.hpp"
#include "tests/simulation/topics.hpp"
#include "tests/simulation/trace.hpp"

namespace owb::simulation {

using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;

namespace {

std::uint16_t ack_id(const Model::Link& link, const mqtt::Frame& frame) {
  return static_cast<std::uint16_t>(mqtt::decode_ack(frame, link.version)->packet_id);
}

}  // namespace

void Model::apply(Link& link, const mqtt::Frame& frame) {
  if (!link.connected) {
    violation("link ", link.id, ": a packet was handled after the end of its connection");
  }
  switch (frame.type) {
    case PacketType::publish:
      on_publish(link, frame);
      return;
    case PacketType::puback:
      link.log->puback(ack_id(link, frame));
      return;
    case PacketType::pubrec:
      link.log->pubrec(ack_id(link, frame));
      return;
    case PacketType::pubcomp:
      link.log->pubcomp(ack_id(link, frame));
      return;
    case PacketType::pubrel:
      release(link, static_cast<mqtt::PacketId>(ack_id(link, frame)));
      return;
    case PacketType::subscribe:
      on_subscribe(link, frame);
      return;
    case PacketType::unsubscribe: {
      const auto packet = mqtt::decode_unsubscribe(frame, link.version);
      mqtt::UnsubscribeReader reader(*packet);
      std::string_view filter;
      while (reader.next(filter)) {
        link.session->replays.erase(std::string(filter));
        std::erase_if(link.session->subscriptions,
                      [filter](const auto& subscription) { return subscription.filter == filter; });
      }
      return;
    }
    case PacketType::pingreq: {
      link.pings.emplace_back();
      for (const auto& [filter, replay] : link.session->replays) {
        link.pings.back().push_back(replay);
      }
      return;
    }
    case PacketType::disconnect: {
      const auto packet = mqtt::decode_disconnect(frame, link.version);
      if (packet->session_expiry) {
        link.session->expiry_s = std::min(*packet->session_expiry, link.longest_expiry_s);
      }
      end_link(link, packet->reason != Reason::success);
      return;
    }
    default:
      return;
  }
}

void Model::on_publish(Link& link, const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_publish(frame, link.version);
  std::string topic(packet->topic);
  if (const auto alias = packet->properties.topic_alias) {
    topic.empty() ? topic = link.aliases.at(*alias) : link.aliases[*alias] = topic;
  }
  if (refuses(link, *packet)) {
    return;
  }
  Message message{.payload = std::string(as_text(packet->payload)),
                  .qos = packet->qos,
                  .source = link.session->key};
  if (!take_tenant(topic, link.hub->tenant, message.rest)) {
    return;  // rule 4
  }
  const auto kind = kind_of(message.rest);
  if (!may_publish(link.identity.role, kind) || kind.dropped) {
    return;
  }
  if (packet->qos == Qos::exactly_once && !classic) {
    const auto what = message.rest + '=' + message.payload;
    if (std::exchange(link.session->passed_on[packet->packet_id], what) == what && packet->dup) {
      return;  // exactly once
    }
  }
  message.retain = packet->retain && (!kind.never_retained || message.payload.empty());
  message.order = kind.order;
  set_expiry(message, packet->properties.message_expiry);
  if (packet->qos == Qos::exactly_once && classic) {
    hold(link, packet->packet_id, message);
  } else {
    publish(*link.hub, message, link.session);
  }
}

// Like mosquitto: what was not released is not passed on. As much as a queue may have.
void Model::hold(Link& link, mqtt::PacketId id, const Message& message) {
  auto& held = link.session->held;
  const auto former = held.find(id);
  if (former != held.end()) {
    if (former->second.rest == message.rest && former->second.payload == message.payload) {
      return;
    }
    held.erase(former);
  }
  auto bytes = message.cost();
  for (const auto& [other, waiting] : held) {
    bytes += waiting.cost();
  }
  if (bytes <= link.hub->limits.queue_bytes) {
    held.emplace(id, message);
  }
}

void Model::release(Link& link, mqtt::PacketId id) {
  link.session->passed_on.erase(id);
  if (const auto held = link.session->held.extract(id)) {
    publish(*link.hub, held.mapped(), link.session);
  }
}

// Design 7: while the disk fails, 5.0 is told that what needs it is not taken.
bool Model::refuses(const Link& link, const mqtt::Publish& packet) const {
  const auto& sessions = link.hub->sessions;
  const bool needs_disk =
      packet.retain || std::any_of(sessions.begin(), sessions.end(),
                                   [](const auto& entry) { return entry.second.kept; });
  return disk_fails && link.version == Version::v5 && packet.qos != Qos::at_most_once &&
         needs_disk && !link.session->passed_on.contains(packet.packet_id) &&
         !link.session->held.contains(packet.packet_id);
}

void Model::on_subscribe(Link& link, const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_subscribe(frame, link.version);
  mqtt::SubscribeReader reader(*packet, link.version);
  mqtt::SubscribeEntry entry;
  std::vector<std::string> wanted;  // retained messages
  while (reader.next(entry)) {
    if (subscribe(link, entry, packet->subscription_id)) {
      wanted.emplace_back(entry.filter);
    }
  }
  for (const auto& filter : wanted) {
    start_replay(link, filter);
  }
  auto& subscribed = link.subscribed[static_cast<std::uint16_t>(packet->packet_id)];
  for (const auto& filter : wanted) {
    const auto& replay = link.session->replays[filter];
    replay->times = static_cast<std::size_t>(std::count(wanted.begin(), wanted.end(), filter));
    subscribed.push_back(replay);
  }
}

// True: retained messages are to be sent.
bool Model::subscribe(Link& link, const mqtt::SubscribeEntry& entry, std::uint32_t id) {
  Subscription made{.filter = std::string(entry.filter),
                    .plain = std::string(entry.filter),
                    .options = entry.options,
                    .id = id,
                    .moment = moment_};
  if (const auto share = mqtt::parse_share(entry.filter); share && mqtt::is_shared(entry.filter)) {
    made.group = share->group;
    made.plain = share->filter;
  }
  const auto first = made.plain.substr(0, made.plain.find('/'));
  if (first != "#" && first != "+" && first != link.hub->tenant) {
    return false;  // refused, or granted without effect
  }
  auto& list = link.session->subscriptions;
  const auto former = std::find_if(list.begin(), list.end(),
                                   [&made](const auto& own) { return own.filter == made.filter; });
  const bool existed = former != list.end();
  if (existed) {
    made.moment = former->moment;
    *former = made;
    // A replay that is not done follows the new options.
    if (const auto replay = link.session->replays.find(made.filter);
        replay != link.session->replays.end() && made.options.no_local) {
      std::erase_if(replay->second->owed, [&](const auto& rest) {
        return link.hub->retained.at(rest).source == link.session->key;
      });
    }
  } else {
    list.push_back(made);
  }
  const auto handling = made.options.retain_handling;
  return made.group.empty() && (handling == 0 || (handling == 1 && !existed));
}

void Model::start_replay(Link& link, const std::string& filter) {
  auto& session = *link.session;
  const auto& list = session.subscriptions;
  const auto& subscription = *std::find_if(
      list.begin(), list.end(), [&filter](const auto& own) { return own.filter == filter; });
  auto& replay = session.replays[filter];
  std::set<std::string> of_former;  // the broker may go on with it before it begins anew
  if (replay) {
    of_former = replay->owed;
    of_former.insert(replay->open.begin(), replay->open.end());
  }
  replay = std::make_shared<Replay>(Replay{.filter = filter, .of_former = std::move(of_former)});
  for (const auto& [rest, message] : link.hub->retained) {
    const bool own =
        (subscription.options.no_local || session.no_local) && message.source == session.key;
    if (matches(*link.hub, subscription, rest) && !message.expired(now_ms) &&
        may_get(session, message) && !own) {
      trace_("    for ", session.log->name(), ": retained '", rest, "'='",
             message.payload.substr(0, 40), "' for '", filter, "'");
      replay->owed.insert(rest);
    }
  }
}

std::optional<std::string> Model::missing(const Link& link, const Replay& replay) const {
  for (const auto& rest : replay.owed) {
    if (!link.hub->retained.at(rest).expired(now_ms)) {
      return rest;
    }
  }
  return std::nullopt;
}

// Design 1: who has seen the PINGRESP has seen the retained messages for what it had subscribed to
// before. Those of QoS 1 and 2 may still wait for the receive maximum.
void Model::check_ping(Link& link) const {
  for (const auto& replay : link.pings.front()) {
    if (link.session != nullptr) {
      const auto current = link.session->replays.find(replay->filter);
      const bool holds = current != link.session->replays.end() && current->second == replay;
      if (const auto rest = holds ? missing(link, *replay) : std::nullopt) {
        violation(link.log->name(), ": PINGRESP before retained '", *rest, "' for '",
                  replay->filter, "'");
      }
    }
    link.log->check_sent(*replay, link.connection);
  }
  link.pings.pop_front();
}

void Model::check_complete(const Link& link) const {
  link.log->check_complete();
  for (const auto& [filter, replay] : link.session->replays) {
    if (const auto rest = missing(link, *replay)) {
      violation(link.log->name(), ": retained '", *rest, "' did not come for '", filter, "'");
    }
  }
}

}  // namespace owb::simulation
