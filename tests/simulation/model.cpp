#include "tests/simulation/model.hpp"

#include <algorithm>

#include "broker/mqtt/topic.hpp"
#include "tests/broker/mqtt/support/naive_topic.hpp"
#include "tests/simulation/topics.hpp"
#include "tests/simulation/trace.hpp"

namespace owb::simulation {

using core::Role;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;

namespace {

constexpr std::uint32_t kNever = 0xFFFF'FFFF;

bool is_web(Role role) {
  return role == Role::owner_web || role == Role::viewer;
}

void refuse(Model::Link& link) {
  link.refused = true;
  link.will.reset();
}

std::uint16_t ack_id(const Model::Link& link, const mqtt::Frame& frame) {
  return static_cast<std::uint16_t>(mqtt::decode_ack(frame, link.version)->packet_id);
}

// What the tenant's limits and the settings say; both are the same in all runs.
std::uint32_t longest_expiry(const Model::Link& link) {
  return is_web(link.identity.role) ? 0 : 24 * 3'600;
}

}  // namespace

std::string session_key(Role role, std::string_view client_id) {
  return text_of(is_web(role) ? (role == Role::viewer ? "viewer:" : "web:") : "", client_id);
}

void Model::set_expiry(Message& message, std::optional<std::uint32_t> seconds) const {
  message.expiry_is_property = seconds.has_value();
  message.expires_ms = seconds ? now_ms + std::int64_t{*seconds} * 1000 : 0;
  if (message.order) {
    const auto latest = now_ms + command_ttl_ms;
    message.expires_ms = message.expires_ms == 0 ? latest : std::min(message.expires_ms, latest);
  }
}

// ---- connections ----

void Model::connect(Link& link, const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_connect(frame);
  const auto role = link.identity.role;
  auto& hub = hubs_[link.identity.tenant];
  hub.tenant = link.identity.tenant;
  if (classic) {
    hub.limits = limits_of_all;
  } else if (!hub.record || hub.record->uid != link.identity.record->uid ||
             hub.record->generation != link.identity.record->generation) {
    record_changed(hub, link.identity.record);  // the login is faster than the news
  }
  link.version = packet->version;
  link.accepted_ms = now_ms;
  link.keep_alive_s = packet->keep_alive;
  link.hub = &hub;
  if (packet->will) {
    const auto& will = *packet->will;
    Will own{.delay_s = will.delay, .expiry_s = will.properties.message_expiry};
    take_tenant(will.topic, hub.tenant, own.message.rest);
    own.message.payload = as_text(will.payload);
    own.message.qos = will.qos;
    own.message.retain = will.retain;
    own.message.source = session_key(role, packet->client_id);
    own.message.order = kind_of(own.message.rest).order;
    link.will = std::move(own);
  }
  const auto key = session_key(role, packet->client_id);
  auto found = hub.sessions.find(key);
  if (found != hub.sessions.end() && found->second.link != nullptr) {
    // As mosquitto sees it the session goes on without a gap.
    const bool goes_on = classic && !packet->clean_start && found->second.expiry_s != 0;
    end_link(*found->second.link, !goes_on);  // [MQTT-3.1.4-2]
    found = hub.sessions.find(key);
  }
  if (!has_room(hub, link)) {
    refuse(link);
    return;
  }
  if (found != hub.sessions.end() && packet->clean_start) {
    fire_will(hub, found->second);
    end_session(hub, found->second);
    found = hub.sessions.end();
  }
  link.session_present = found != hub.sessions.end();
  if (!*link.session_present) {
    if (hub.sessions.size() >= hub.limits.sessions && !evict(hub)) {
      refuse(link);
      return;
    }
    found = hub.sessions.emplace(key, Session{.key = key}).first;
    trace_("    a new session for ", key);
    const auto owner = hub.tenant + '/' + key;
    found->second.log = std::make_shared<SessionLog>(owner, text_of(owner, "@", now_ms));
  }
  link.connected = true;
  auto& session = found->second;
  session.will.reset();
  session.link = &link;
  session.no_local = packet->bridge || role == Role::home;
  session.retain_as_published = packet->bridge;
  session.viewer = role == Role::viewer;
  link.session = &session;
  link.log = session.log;
  link.asked_expiry_s = packet->session_expiry;
  const auto wanted =
      link.version == Version::v5 ? packet->session_expiry : (packet->clean_start ? 0 : kNever);
  session.expiry_s = std::min(wanted, longest_expiry(link));
  session.kept = session.kept || session.expiry_s != 0;
  session.log->packet_limit = packet->maximum_packet_size.value_or(0);
  session.log->window =
      link.version == Version::v5 ? std::min<std::size_t>(packet->receive_maximum, 20) : 20;
  session.log->connect();
  link.connection = session.log->connections();
}

// Design 10: browsers that only look on have connections of their own, and one of the others is for
// the home.
bool Model::has_room(Hub& hub, const Link& link) const {
  const auto is_viewer = [](const Link& each) { return each.identity.role == Role::viewer; };
  std::size_t used = 0;
  bool home = link.identity.role == Role::home;
  for (const auto& [key, session] : hub.sessions) {
    if (session.link != nullptr) {
      used += is_viewer(*session.link) == is_viewer(link) ? 1U : 0U;
      home = home || session.link->identity.role == Role::home;
    }
  }
  if (is_viewer(link)) {
    return used < hub.limits.viewer_connections;
  }
  return used + (home ? 0U : 1U) < hub.limits.connections;
}

// The one that has been away for the longest time; never one that is connected.
bool Model::evict(Hub& hub) {
  Session* oldest = nullptr;
  for (auto& [key, session] : hub.sessions) {
    if (session.link == nullptr &&
        (oldest == nullptr || session.disconnected_ms < oldest->disconnected_ms)) {
      oldest = &session;
    }
  }
  if (oldest == nullptr) {
    return false;
  }
  fire_will(hub, *oldest);
  end_session(hub, *oldest);
  return true;
}

void Model::end_link(Link& link, bool publish_will) {
  link.ended = true;
  if (!link.connected) {
    return;
  }
  link.connected = false;
  auto& hub = *link.hub;
  auto& session = *std::exchange(link.session, nullptr);
  session.log->disconnect();
  session.link = nullptr;
  session.disconnected_ms = now_ms;
  session.kept = session.kept || session.expiry_s != 0;
  if (keeps) {
    // What waited for the disk was never said, so the client has to ask again.
    for (const auto& [id, replays] : link.subscribed) {
      for (const auto& replay : replays) {
        replay->owed.clear();
      }
    }
  }
  session.will = publish_will ? std::move(link.will) : std::nullopt;
  if (session.will && (session.will->delay_s == 0 || session.expiry_s == 0)) {
    fire_will(hub, session);
  }
  if (session.expiry_s == 0) {
    end_session(hub, session);
  }
}

// In which order the broker does what falls due at the same moment is open: who is gone after it
// may have got the wills of the others, or not.
void Model::advance(std::int64_t now) {
  now_ms = now;
  for (auto& [name, hub] : hubs_) {
    std::vector<Session*> over;
    for (auto& [key, session] : hub.sessions) {
      if (session.link != nullptr) {
        continue;
      }
      const auto gone_ms = now - session.disconnected_ms;
      if (session.expiry_s != kNever && gone_ms >= std::int64_t{session.expiry_s} * 1000) {
        over.push_back(&session);
      }
      if (session.will && (gone_ms >= std::int64_t{session.will->delay_s} * 1000 ||
                           (!over.empty() && over.back() == &session))) {
        fire_will(hub, session);
      }
    }
    for (auto* session : over) {
      end_session(hub, *session);
    }
  }
}

void Model::fire_will(Hub& hub, Session& session) {
  if (!session.will) {
    return;
  }
  trace_("    the will of ", session.log->name());
  auto will = *std::exchange(session.will, std::nullopt);
  set_expiry(will.message, will.expiry_s);
  publish(hub, will.message, &session);
}

void Model::end_session(Hub& hub, Session& session) {
  trace_("    the end of ", session.log->name());
  session.log->ended = true;
  just_ended_.push_back(session.log);
  hub.sessions.erase(std::string(session.key));
}

// ---- rule 6 ----

void Model::tenant_changed(const std::string& tenant,
                           const std::shared_ptr<const tenants::TenantRecord>& record) {
  if (const auto found = hubs_.find(tenant); found != hubs_.end()) {
    record_changed(found->second, record);
  }
}

void Model::record_changed(Hub& hub, const std::shared_ptr<const tenants::TenantRecord>& record) {
  const auto former = std::exchange(hub.record, record);
  if (record) {
    hub.limits = tenants::apply(tenants::Limits{}, record->limits);
  }
  if (!record || (former && record->uid != former->uid)) {
    forget(hub);
    return;
  }
  if (former && former->generation == record->generation && !record->suspended) {
    return;
  }
  const bool new_password = !former || former->password_hash != record->password_hash;
  end_links(hub, [&](const Link& link) {
    if (!link.identity.session_id.empty()) {
      return record->suspended;
    }
    return record->suspended || !new_password || link.identity.role == Role::owner;
  });
  for (auto& [key, session] : hub.sessions) {
    session.will.reset();
  }
}

void Model::cookie_revoked(const std::string& session_id) {
  for (auto& [name, hub] : hubs_) {
    end_links(hub, [&](const Link& link) { return link.identity.session_id == session_id; });
  }
}

void Model::end_links(Hub& hub, const std::function<bool(const Link&)>& which) {
  std::vector<Link*> links;
  for (const auto& [key, session] : hub.sessions) {
    if (session.link != nullptr && which(*session.link)) {
      links.push_back(session.link);
    }
  }
  for (auto* link : links) {
    end_link(*link, false);
  }
}

void Model::forget(Hub& hub) {
  end_links(hub, [](const Link&) { return true; });
  while (!hub.sessions.empty()) {
    end_session(hub, hub.sessions.begin()->second);
  }
  hub.retained.clear();
}

// ---- packets ----

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
        link.session->expiry_s = std::min(*packet->session_expiry, longest_expiry(link));
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
                    .id = id};
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
  auto& replay = session.replays[filter] = std::make_shared<Replay>(Replay{.filter = filter});
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
