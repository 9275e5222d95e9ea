#include "tests/simulation/model.hpp"

#include <algorithm>

#include "tests/simulation/topics.hpp"
#include "tests/simulation/trace.hpp"

namespace owb::simulation {

using core::Role;
using mqtt::Version;

namespace {

constexpr std::uint32_t kNever = 0xFFFF'FFFF;
/// What limits and settings say; both are the same in all runs.
constexpr std::uint32_t kLongestExpiry = 24 * 3'600;

bool is_web(Role role) {
  return role == Role::owner_web || role == Role::viewer;
}

void refuse(Model::Link& link) {
  link.refused = true;
  link.will.reset();
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
  link.longest_expiry_s = is_web(role) ? 0 : kLongestExpiry;
  const auto wanted =
      link.version == Version::v5 ? packet->session_expiry : (packet->clean_start ? 0 : kNever);
  session.expiry_s = std::min(wanted, link.longest_expiry_s);
  session.kept = session.kept || session.expiry_s != 0;
  session.log->packet_limit = packet->maximum_packet_size.value_or(0);
  session.log->window =
      link.version == Version::v5 ? std::min<std::size_t>(packet->receive_maximum, 20) : 20;
  session.log->connect();
  link.connection = session.log->connections();
  link.moment = moment_;
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
// may have got the wills of the others, or not, and a client that is read again after a pause may
// have subscribed before them.
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
        due_wills_.push_back(session.will->message);
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

}  // namespace owb::simulation
