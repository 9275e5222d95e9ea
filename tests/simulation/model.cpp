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

Model::~Model() {
  for (const auto& known : logs_) {
    if (const auto log = known.lock()) {
      log->clear();
    }
  }
}

void Model::connect(Link& link, const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_connect(frame);
  const auto role = link.identity.role;
  auto& hub = hubs_[link.identity.tenant];
  hub.tenant = link.identity.tenant;
  if (!hub.record || hub.record->uid != link.identity.record->uid ||
      hub.record->generation != link.identity.record->generation) {
    record_changed(hub, link.identity.record);  // the login is faster than the news
  }
  link.version = packet->version;
  link.connected = true;
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
    end_link(*found->second.link, true);  // [MQTT-3.1.4-2]
    found = hub.sessions.find(key);
  }
  if (found != hub.sessions.end() && packet->clean_start) {
    fire_will(hub, found->second);
    end_session(hub, found->second);
    found = hub.sessions.end();
  }
  link.session_present = found != hub.sessions.end();
  if (!*link.session_present) {
    found = hub.sessions.emplace(key, Session{.key = key}).first;
    trace_("    a new session for ", key);
    found->second.log =
        std::make_shared<SessionLog>(text_of(hub.tenant, "/", key, "@", now_ms, "#", link.id));
    logs_.push_back(found->second.log);
  }
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
  const auto limits = tenants::apply(tenants::Limits{}, hub.record->limits);
  session.log->room = {.messages = limits.queue_messages,
                       .bytes = limits.queue_bytes,
                       .packet = packet->maximum_packet_size.value_or(0)};
}

void Model::end_link(Link& link, bool publish_will) {
  link.ended = true;
  if (!link.connected) {
    return;
  }
  link.connected = false;
  auto& hub = *link.hub;
  auto& session = *std::exchange(link.session, nullptr);
  session.log->connection_lost();
  session.link = nullptr;
  session.disconnected_ms = now_ms;
  session.will = publish_will ? std::move(link.will) : std::nullopt;
  if (session.will && (session.will->delay_s == 0 || session.expiry_s == 0)) {
    fire_will(hub, session);
  }
  if (session.expiry_s == 0) {
    end_session(hub, session);
  }
}

void Model::advance(std::int64_t now) {
  now_ms = now;
  for (auto& [name, hub] : hubs_) {
    for (auto next = hub.sessions.begin(); next != hub.sessions.end();) {
      auto& session = next++->second;
      if (session.link != nullptr) {
        continue;
      }
      const auto gone_ms = now - session.disconnected_ms;
      const bool over =
          session.expiry_s != kNever && gone_ms >= std::int64_t{session.expiry_s} * 1000;
      if (session.will && (over || gone_ms >= std::int64_t{session.will->delay_s} * 1000)) {
        fire_will(hub, session);
      }
      if (over) {
        end_session(hub, session);
      }
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
  session.log->close_tickets();
  const auto log = session.log;
  const auto key = session.key;
  hub.sessions.erase(key);
  hand_on(hub, *log);
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
  for (const auto* link : links) {
    hand_on(hub, *link->log);  // in which order they end is open
  }
  for (auto* link : links) {
    end_link(*link, false);
  }
}

void Model::forget(Hub& hub) {
  end_links(hub, [](const Link&) { return true; });
  for (auto& [key, session] : hub.sessions) {
    session.log->ended = true;
    session.log->close_tickets();
  }
  hub.sessions.clear();
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
    case PacketType::pubcomp:
      link.log->acknowledged(
          static_cast<std::uint16_t>(mqtt::decode_ack(frame, link.version)->packet_id));
      return;
    case PacketType::subscribe:
      on_subscribe(link, frame);
      return;
    case PacketType::unsubscribe: {
      const auto packet = mqtt::decode_unsubscribe(frame, link.version);
      mqtt::UnsubscribeReader reader(*packet);
      std::string_view filter;
      while (reader.next(filter)) {
        link.log->close_tickets(filter);
        std::erase_if(link.session->subscriptions,
                      [filter](const auto& subscription) { return subscription.filter == filter; });
      }
      return;
    }
    case PacketType::pingreq: {
      link.pings.emplace_back();
      for (std::size_t i = 0; i < link.log->tickets().size(); ++i) {
        if (link.log->tickets()[i].open) {
          link.pings.back().push_back(i);
        }
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
    case PacketType::pubrel:
      link.session->passed_on.erase(mqtt::decode_ack(frame, link.version)->packet_id);
      return;
    default:
      return;  // PUBREC: a matter of the two ends alone
  }
}

void Model::on_publish(Link& link, const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_publish(frame, link.version);
  std::string topic(packet->topic);
  if (const auto alias = packet->properties.topic_alias) {
    topic.empty() ? topic = link.aliases.at(*alias) : link.aliases[*alias] = topic;
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
  if (packet->qos == Qos::exactly_once) {
    const auto what = message.rest + '=' + message.payload;
    if (std::exchange(link.session->passed_on[packet->packet_id], what) == what && packet->dup) {
      return;  // exactly once
    }
  }
  message.retain = packet->retain && (!kind.never_retained || message.payload.empty());
  message.order = kind.order;
  set_expiry(message, packet->properties.message_expiry);
  publish(*link.hub, message, link.session);
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
    add_ticket(link, filter);
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
  link.log->sees_own_topics = link.log->sees_own_topics || names_cloud(made.plain);
  auto& list = link.session->subscriptions;
  const auto former = std::find_if(list.begin(), list.end(),
                                   [&made](const auto& own) { return own.filter == made.filter; });
  const bool existed = former != list.end();
  if (existed) {
    *former = made;
    for (auto& ticket : link.log->tickets()) {
      if (ticket.filter == made.filter) {
        ticket.variants.push_back({made.options.maximum_qos, made.id});
        admit_own(link, made, ticket);
      }
    }
  } else {
    list.push_back(made);
  }
  const auto handling = made.options.retain_handling;
  return made.group.empty() && (handling == 0 || (handling == 1 && !existed));
}

// A replay that is not done follows the new options.
void Model::admit_own(const Link& link, const Subscription& subscription,
                      SessionLog::Ticket& ticket) const {
  for (const auto& [rest, message] : link.hub->retained) {
    if (message.source == link.session->key && matches(*link.hub, subscription, rest) &&
        !subscription.options.no_local) {
      auto& topic = ticket.topics.try_emplace(rest, SessionLog::Ticket::Topic{.required = false})
                        .first->second;
      topic.values.push_back(message);
    }
  }
}

void Model::add_ticket(Link& link, const std::string& filter) {
  const auto& list = link.session->subscriptions;
  const auto& subscription = *std::find_if(
      list.begin(), list.end(), [&filter](const auto& own) { return own.filter == filter; });
  auto& ticket = link.log->add_ticket(subscription.filter,
                                      {subscription.options.maximum_qos, subscription.id});
  for (const auto& [rest, message] : link.hub->retained) {
    if (!matches(*link.hub, subscription, rest) || message.expired(now_ms) ||
        (link.session->viewer && !kind_of(rest).viewer_sees)) {
      continue;
    }
    if ((subscription.options.no_local || link.session->no_local) &&
        message.source == link.session->key) {
      continue;
    }
    trace_("    for ", link.log->name(), ": retained '", rest, "'='", message.payload.substr(0, 40),
           "' for '", ticket.filter, "'");
    ticket.topics[rest] = {.values = {message}, .must = link.log->has_room(message)};
  }
}

}  // namespace owb::simulation
