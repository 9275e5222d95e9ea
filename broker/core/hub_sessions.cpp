// Connections, sessions and wills of a TenantHub.
#include <algorithm>

#include "broker/core/hub.hpp"
#include "broker/core/link.hpp"
#include "tenants/base/contained.hpp"

namespace owb::core {

namespace {

/// A connection with so much unsent is not read any more.
constexpr std::size_t kSleepingBacklog = 64 * 1024;

}  // namespace

bool TenantHub::too_many_links(const ClientLink& link) const {
  if (link.peer().kind == ListenerKind::login) {
    return false;
  }
  const bool viewer = link.role() == Role::viewer;
  const bool home = link.role() == Role::home;
  const auto limit = viewer ? limits_->viewer_connections : limits_->connections;
  if (limit == 0) {
    return false;
  }
  std::size_t used = 0;
  bool home_connected = false;
  for (const auto& session : sessions_) {
    const auto* other = session->link();
    if (other == nullptr || other->peer().kind == ListenerKind::login) {
      continue;
    }
    used += (other->role() == Role::viewer) == viewer ? 1U : 0U;
    home_connected = home_connected || other->role() == Role::home;
  }
  // One slot is kept for the home (design 10).
  const std::size_t reserved = !viewer && !home && !home_connected && limit > 1 ? 1 : 0;
  return used + reserved >= limit;
}

TenantHub::Admission TenantHub::connect(ClientLink& link, const std::string& client_id,
                                        bool clean_start) {
  auto* found = sessions_.find(client_id);
  if (found != nullptr && found->connected()) {
    // [MQTT-3.1.4-2], [MQTT5-3.1.4-3]: the newcomer wins; the former connection's will follows the
    // usual rules.
    auto* former = found->link();
    if (!scope_.classic() && !takeovers_.made().admit(client_id, realm_.now().mono_ms)) {
      denied("(two devices with the client id " + client_id + ")");  // F59
      return {.reason = mqtt::Reason::server_busy};
    }
    if (scope_.classic() && !clean_start && found->expiry_s != 0) {
      former->discard_will();  // the session goes on without a gap, as mosquitto sees it
    }
    former->end(mqtt::Reason::session_taken_over);
    found = sessions_.find(client_id);
  }
  if (too_many_links(link)) {
    return {.reason = mqtt::Reason::quota_exceeded};
  }
  if (found != nullptr && clean_start) {
    fire_will(*found);  // [MQTT5-3.1.2-8]: the session ends before the delay is over
    // [MQTT-3.1.2-6], [MQTT-3.1.4-3], [MQTT5-3.1.2-4], [MQTT5-3.1.4-4]
    end_session(*found);
    found = nullptr;
  }
  // [MQTT-3.1.2-4], [MQTT-3.1.3-2], [MQTT5-3.1.2-5], [MQTT5-3.1.2-6], [MQTT5-3.1.3-2]
  const bool present = found != nullptr;
  if (!present) {
    const auto limit = limits_->sessions;
    const auto global = realm_.settings().global_max_clients;
    if (global != 0 && realm_.stats().sessions >= global) {
      return {.reason = mqtt::Reason::server_busy};
    }
    if (limit != 0 && sessions_.size() >= limit && !evict_for_new_session()) {
      return {.reason = mqtt::Reason::quota_exceeded};
    }
    found = &sessions_.add(std::make_unique<Session>(*this, client_id));
    found->number = next_session_number_++;
    ++realm_.stats().sessions;
  }
  auto& session = *found;
  if (session.will) {
    // [MQTT5-3.1.3-9]: reconnected before the delay was over, so the will is not sent.
    session.will.reset();
  }
  session.attach(link);
  return {.session = &session, .session_present = present};
}

bool TenantHub::evict_for_new_session() {
  Session* oldest = nullptr;
  for (const auto& session : sessions_) {
    // [MQTT-4.1.0-2], [MQTT5-4.1.0-1]: never one that is connected
    if (!session->connected() &&
        (oldest == nullptr || session->disconnected_ms < oldest->disconnected_ms)) {
      oldest = session.get();
    }
  }
  if (oldest == nullptr) {
    return false;
  }
  fire_will(*oldest);
  end_session(*oldest);
  return true;
}

void TenantHub::disconnect(Session& session, bool publish_will) noexcept {
  session.will = session.link()->take_will();
  if (!publish_will) {
    session.will.reset();
  }
  session.detach();
  session.disconnected_ms = realm_.now().mono_ms;
  if (session.home) {
    session.home = false;
    contained("cloud/home", [this] { home_changed(); });
  }
  // What is left of a replay waits for a session that stays; of one that ends it goes with its
  // subscriptions.
  if (session.will && session.will->delay_s == 0) {
    fire_will(session);  // [MQTT-3.1.2-8], [MQTT5-3.1.2-8]
  }
  if (session.expiry_s == 0) {
    fire_will(session);  // [MQTT5-3.1.2-8]: the session ends, and the delay with it
    // Retained messages are none of its business [MQTT-3.1.2-7].
    end_session(session);
    return;
  }
  if (kept_.active()) {
    contained("what is kept of a session", [&] { keep_session(session); });
  }
  on_session_timer(session);  // [MQTT5-3.1.2-23]: it stays until then
}

// Decides what is due, and arms the timer for what comes next.
void TenantHub::on_session_timer(Session& session) noexcept {
  constexpr auto kNever = 0xFFFF'FFFFU;
  const auto elapsed = realm_.now().mono_ms - session.disconnected_ms;
  const auto expiry_ms = std::int64_t{session.expiry_s} * 1000;
  const bool expires = session.expiry_s != kNever;
  if (session.will && (elapsed >= std::int64_t{session.will->delay_s} * 1000 ||
                       (expires && elapsed >= expiry_ms))) {
    fire_will(session);
  }
  if (expires && elapsed >= expiry_ms) {
    ++realm_.stats().sessions_expired;
    end_session(session);  // [MQTT5-4.1.0-2]
    return;
  }
  auto next = expires ? expiry_ms : std::int64_t{-1};
  if (session.will) {
    const auto delay_ms = std::int64_t{session.will->delay_s} * 1000;
    next = next < 0 ? delay_ms : std::min(next, delay_ms);
  }
  if (next >= 0) {
    session.arm_timer(session.disconnected_ms + next);
  }
}

void TenantHub::fire_will(Session& session) noexcept {
  const auto will = std::move(session.will);
  if (!will) {
    return;
  }
  // It is gone from the session now [MQTT-3.1.2-10], [MQTT5-3.1.2-10].
  if (session.kept) {
    contained("what is kept of a session", [&] { kept_.session(session); });
  }
  contained("a will", [&] { publish_will(*will, session); });
}

void TenantHub::publish_will(const PendingWill& will, Session& session) {
  auto view = will.message->view();
  view.source = session.source();
  if (will.has_expiry) {
    view.expires_ms = realm_.now().mono_ms + std::int64_t{will.expiry_s} * 1000;
    view.expiry_is_property = true;
  }
  if (will.topic->has(kTopicOrder)) {
    const auto latest = realm_.now().mono_ms + realm_.settings().command_ttl_ms;  // rule 9
    view.expires_ms = view.expires_ms == 0 ? latest : std::min(view.expires_ms, latest);
  }
  const bool permitted = !session.acl || session.acl->may(Acl::Access::write, will.topic->text());
  if (!permitted || !publish(will.topic, view, &session)) {
    ++realm_.stats().messages_dropped;
  }
}

void TenantHub::end_session(Session& session) noexcept {
  OWB_ASSERT(!session.connected());

  // [MQTT5 4.8.2]: what a member of a shared subscription did not acknowledge goes to another
  // member.
  struct Orphan {
    MessageRef message;
    std::string group;
  };

  std::vector<Orphan> orphans;
  contained("messages of a shared subscription", [&] {
    session.for_each_unacknowledged_shared(
        [&orphans](const MessageRef& message, const std::string& group) {
          orphans.push_back({message, group});
        });
  });
  if (session.kept) {
    contained("what is kept of a session", [&] {
      for (const auto& subscription : session.subscriptions) {
        kept_.no_subscription(session, *subscription);
      }
      session.forget_kept();
      kept_.no_session(session);
    });
    session.kept = false;
    --kept_sessions_;
  }
  while (!session.subscriptions.empty()) {
    unlink(*session.subscriptions.back());
    session.subscriptions.pop_back();
  }
  sessions_.erase(session);
  --realm_.stats().sessions;
  for (auto& orphan : orphans) {
    if (orphan.message->expired(realm_.now().mono_ms)) {
      ++realm_.stats().messages_dropped;
      continue;
    }
    if (const auto group = groups_.get().find(orphan.group); group != groups_.get().end()) {
      contained("messages of a shared subscription", [&] {
        deliver_shared(*group->second, orphan.message->topic(), orphan.message->view(), nullptr,
                       orphan.message);
      });
    }
  }
}

bool TenantHub::shed(std::size_t bytes) {
  const auto before = memory_.used();
  const auto target = std::max(realm_.memory().equal_share(), before - std::min(bytes, before));
  const auto too_much = [&] { return memory_.used() - std::min(memory_.used(), target); };
  std::vector<Session*> sessions;
  for (const auto& session : sessions_) {
    sessions.push_back(session.get());
  }
  std::sort(sessions.begin(), sessions.end(),
            [](const auto* a, const auto* b) { return a->queued_bytes() > b->queued_bytes(); });
  for (std::size_t i = 0; i < sessions.size() && too_much() > 0; ++i) {
    sessions[i]->shed(too_much());
  }
  auto links = this->links();
  std::sort(links.begin(), links.end(),
            [](const auto* a, const auto* b) { return a->backlog() > b->backlog(); });
  for (std::size_t i = 0; i < links.size() && too_much() > 0; ++i) {
    if (links[i]->backlog() >= kSleepingBacklog) {
      links[i]->give_up_reader();
    }
  }
  return memory_.used() < before;
}

// Who is to go must go, with or without memory for a list of them (F64). A session may go with its
// link, so the search begins anew.
void TenantHub::end_links(mqtt::Reason reason, bool keep_wills,
                          const std::function<bool(const ClientLink&)>& is_over) noexcept {
  const auto next = [&]() -> ClientLink* {
    for (const auto& session : sessions_) {
      if (session->connected() && is_over(*session->link())) {
        return session->link();
      }
    }
    return nullptr;
  };
  while (auto* link = next()) {
    if (!keep_wills) {
      link->discard_will();
    }
    link->end(reason);
  }
}

void TenantHub::end_all(EndReason reason, bool keep_wills) {
  const auto code = [reason] {
    switch (reason) {
      case EndReason::taken_over:
        return mqtt::Reason::session_taken_over;
      case EndReason::administrative:
        return mqtt::Reason::administrative_action;
      case EndReason::not_authorized:
        return mqtt::Reason::not_authorized;
      case EndReason::shutting_down:
        return mqtt::Reason::server_shutting_down;
    }
    return mqtt::Reason::unspecified_error;
  }();
  end_links(code, keep_wills, [](const ClientLink&) { return true; });
  if (!keep_wills) {
    for (const auto& session : sessions_) {
      session->will.reset();
    }
  }
}

void TenantHub::end_web_sessions(const std::vector<std::string>& session_ids) {
  end_links(mqtt::Reason::not_authorized, false, [&session_ids](const ClientLink& link) {
    const auto& id = link.cookie_session();
    return !id.empty() &&
           std::find(session_ids.begin(), session_ids.end(), id) != session_ids.end();
  });
}

}  // namespace owb::core
