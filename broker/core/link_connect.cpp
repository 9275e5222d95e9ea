// CONNECT: who comes, with which session, and what CONNACK says.
#include <algorithm>

#include "broker/core/classic.hpp"
#include "broker/core/close_code.hpp"
#include "broker/core/error.hpp"
#include "broker/core/link.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::core {

using mqtt::Reason;
using mqtt::Version;

namespace {

constexpr std::uint32_t kNever = 0xFFFF'FFFF;
/// 3.x clients that ask for no keep alive, or a very long one, are watched by TCP instead (design
/// 4).
constexpr std::uint16_t kLongestTrustedKeepAlive = 300;

bool is_web(Role role) {
  return role == Role::owner_web || role == Role::viewer;
}

// Sessions of the browser roles are kept apart: their client ids cannot take over a home's session.
// No client id contains NUL.
std::string session_key(Role role, std::string_view client_id) {
  std::string key;
  if (is_web(role)) {
    key = std::string("\0", 1) + (role == Role::viewer ? 'v' : 'w');
  }
  return key.append(client_id);
}

}  // namespace

void ClientLink::on_connect(const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_connect(frame);
  if (!packet) {
    refuse_broken_connect(frame, packet.error());
    return;
  }
  version_ = packet->version;
  bridge_ = packet->bridge;
  client_packet_maximum_ = packet->maximum_packet_size.value_or(0);
  if ((unsigned{peer_.accept_versions} >> static_cast<unsigned>(version_) & 1U) == 0) {
    refuse_connect(Reason::unsupported_protocol_version);  // [MQTT-3.1.2-2], [MQTT5-3.1.2-2]
    return;
  }
  if (packet->authentication_method) {
    // [MQTT5-4.12.0-1], [MQTT5-4.12.0-4]; so no AUTH and no method in CONNACK [MQTT5-4.12.0-6]
    refuse_connect(Reason::bad_authentication_method);
    return;
  }
  if (!realm_.settings().tenancy && !takes_texts(*packet)) {
    return;
  }
  const auto result = realm_.authenticator().check({.link = id_,
                                                    .peer = peer_,
                                                    .user = packet->user_name,
                                                    .password = packet->password,
                                                    .client_id = packet->client_id,
                                                    .version = version_});
  switch (result.status) {
    case AuthResult::Status::granted:
      accept_connect(*packet, result.identity);
      return;
    case AuthResult::Status::refused:
      refuse_connect(result.reason);
      return;
    case AuthResult::Status::pending:
      state_ = State::authenticating;
      transport_.pause_reading();
      arm_keep_alive();
      return;
  }
}

void ClientLink::refuse_broken_connect(const mqtt::Frame& frame, const Error& error) {
  version_ = frame.body.size() > 6 && frame.body[6] == std::byte{5} ? Version::v5 : Version::v311;
  const bool classic = !realm_.settings().tenancy;
  const auto reason = classic ? classic_reason(frame.type, error) : mqtt::reason_of(error);
  const bool unknown_level = error == mqtt::Errc::unsupported_version;
  if (unknown_level && classic) {
    version_ = Version::v5;  // whoever speaks a level of the future understands its newest answer
  }
  // A wanted answer, never a bare close: a bridge would retry for ever with the same level
  // (design 4).
  if (reason && (unknown_level || version_ == Version::v5)) {
    refuse_connect(*reason);  // [MQTT5-3.1.4-1]
  } else {
    start_closing(kCloseProtocol);  // [MQTT-3.1.4-1], [MQTT-3.2.2-6]
  }
}

// Classic mode: what mosquitto does not take as text. False: refused already.
bool ClientLink::takes_texts(const mqtt::Connect& packet) {
  if (!is_classic_text(packet.client_id) && version_ == Version::v5) {
    refuse_connect(Reason::client_identifier_not_valid);
    return false;
  }
  const bool will_taken = !packet.will || (is_classic_topic(packet.will->topic) &&
                                           !packet.will->topic.starts_with("$CONTROL/"));
  if (!is_classic_text(packet.client_id) || !will_taken ||
      !is_classic_text(packet.user_name.value_or(""))) {
    start_closing(kCloseProtocol);
    return false;
  }
  return true;
}

void ClientLink::auth_done(const AuthResult& result) noexcept {
  if (state_ == State::authenticating) {
    guarded([&] { go_on_with_connect(result); });
  }
}

void ClientLink::go_on_with_connect(const AuthResult& result) {
  state_ = State::awaiting_connect;
  transport_.resume_reading();
  if (result.status != AuthResult::Status::granted) {
    refuse_connect(result.reason);
    return;
  }
  // The CONNECT still stands at the front of the input.
  const auto scan = mqtt::scan_frame(input_);
  OWB_ASSERT(scan && scan->complete);
  const auto packet = mqtt::decode_connect(scan->frame);
  OWB_ASSERT(packet.has_value());
  const auto size = scan->frame.size;
  accept_connect(*packet, result.identity);
  if (state_ == State::closing) {
    return;
  }
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(size));
  resume_input();
}

void ClientLink::refuse_connect(Reason reason, std::string_view text) {
  if (state_ == State::authenticating) {
    realm_.authenticator().forget(id_);
    state_ = State::awaiting_connect;
  }
  const auto say = [&](std::string_view words) {
    return put(out(), [&](Bytes& buffer) {
      mqtt::encode_connack({.reason = reason, .reason_string = words}, version_, buffer);
    });
  };
  if (!say(text) && !text.empty()) {
    say({});  // [MQTT5-3.2.2-19], [MQTT5-3.2.2-20]
  }
  // [MQTT-3.2.2-5], [MQTT5-3.1.4-2], [MQTT5-3.2.2-7], [MQTT5-4.13.2-1]
  start_closing(kClosePolicy);
}

std::uint32_t ClientLink::longest_expiry() const {
  const auto& limits = hub_->limits();
  if (is_web(role_)) {
    return static_cast<std::uint32_t>(limits.session_expiry_web);
  }
  std::uint64_t longest = kNever;
  longest = std::min<std::uint64_t>(longest, limits.session_expiry_home);
  if (const auto own = realm_.settings().persistent_client_expiration_s; own > 0) {
    longest = std::min(longest, static_cast<std::uint64_t>(own));
  }
  return static_cast<std::uint32_t>(longest);
}

// False: refused already.
bool ClientLink::choose_client_id(const mqtt::Connect& packet, std::string& client_id,
                                  bool& assigned) {
  // Any text up to 64 KB, so those of 1 to 23 letters and digits [MQTT-3.1.3-5], [MQTT5-3.1.3-5],
  // and longer ones [MQTT31-3.1-4].
  client_id = packet.client_id;
  if (peer_.use_username_as_clientid) {
    if (!packet.user_name) {
      refuse_connect(Reason::not_authorized);
      return false;
    }
    client_id = *packet.user_name;
  }
  if (!client_id.empty()) {
    return true;
  }
  // Only browsers of the 3.1 time come with an empty id.
  const bool old_client = version_ == Version::v31 && peer_.kind != ListenerKind::web;
  const bool wants_session = version_ != Version::v5 && !packet.clean_start;
  const auto rule = realm_.settings().client_id_rule(peer_.listener);
  if (old_client || wants_session || !rule.allow_empty) {
    // [MQTT-3.1.3-8], [MQTT-3.1.3-9], [MQTT31-3.1-3], [MQTT5-3.1.3-8]
    const bool as_mosquitto = version_ == Version::v5 && !realm_.settings().tenancy;
    refuse_connect(as_mosquitto ? Reason::unspecified_error : Reason::client_identifier_not_valid);
    return false;
  }
  // [MQTT-3.1.3-6], [MQTT5-3.1.3-6]
  client_id = realm_.random_client_id(rule.auto_id_prefix);
  assigned = true;
  return true;
}

// False: refused already.
bool ClientLink::choose_keep_alive(std::uint16_t wanted, std::optional<std::uint16_t>& told) {
  const auto longest = realm_.settings().max_keepalive;
  const bool classic = !realm_.settings().tenancy;
  keep_alive_s_ = wanted;
  const bool no_limit = longest == 0 || (longest == 65'535 && (wanted != 0 || classic));
  if (no_limit || (wanted != 0 && wanted <= longest)) {
    return true;
  }
  if (version_ == Version::v5) {
    keep_alive_s_ = longest;
    told = longest;  // otherwise the client's value holds [MQTT5-3.2.2-22]
  } else if (classic) {
    refuse_connect(Reason::client_identifier_not_valid);  // 3.x cannot be told another value
    return false;
  }
  return true;
}

// False: refused already. F22.
bool ClientLink::prepare_will(const mqtt::Connect& packet) {
  if (!packet.will) {
    return true;  // [MQTT-3.1.2-12]
  }
  const auto& will = *packet.will;
  if (const auto most = realm_.settings().message_size_limit;
      most != 0 && will.payload.size() > most) {
    refuse_connect(Reason::packet_too_large);
    return false;
  }
  if (will.qos > std::min(realm_.settings().maximum_qos, peer_.maximum_qos)) {
    refuse_connect(Reason::qos_not_supported);  // [MQTT5-3.2.2-12]
    return false;
  }
  if (will.retain && !realm_.settings().retain_available) {
    refuse_connect(Reason::retain_not_supported);  // [MQTT5-3.2.2-13]
    return false;
  }
  if (is_own_bridge_state(will.topic, packet.client_id)) {
    return true;  // rule 7: a bridge's own state, which the broker knows itself
  }
  const auto name = full_name(will.topic);
  const auto scoped = hub_->scope().admit_topic(name);
  if (!scoped) {
    refuse_connect(Reason::not_authorized, "will topic outside of the account");
    return false;
  }
  auto topic = realm_.topics().intern(scoped->rest());
  if (!may_publish(*topic.get())) {
    refuse_connect(Reason::not_authorized, "will topic not permitted");
    return false;
  }
  if (will.properties.response_topic &&
      !hub_->scope().admit_topic(*will.properties.response_topic)) {
    refuse_connect(Reason::not_authorized, "will response topic outside of the account");
    return false;
  }
  if (topic->has(kTopicDropped)) {
    ++realm_.stats().filtered;
    return true;
  }
  Bytes forwarded;
  mqtt::append_forwardable(will.properties.raw, forwarded);
  const MessageView view{.qos = will.qos,
                         .retain = will.retain && (!topic->has(kTopicNeverRetained) ||
                                                   will.payload.empty()),  // rule 9
                         .payload = will.payload,
                         .forwarded = forwarded,
                         .source = 0};
  // [MQTT-3.1.2-8], [MQTT-3.1.2-16], [MQTT-3.1.2-17], [MQTT5-3.1.2-7], [MQTT5-3.1.2-14],
  // [MQTT5-3.1.2-15]: kept with the session until it is due, retained as it says
  will_ = std::make_unique<PendingWill>(
      PendingWill{.topic = topic,
                  .message = MessageRef::copy_of(topic, view),
                  .delay_s = will.delay,
                  .expiry_s = will.properties.message_expiry.value_or(0),
                  .has_expiry = will.properties.message_expiry.has_value()});
  return true;
}

void ClientLink::accept_connect(const mqtt::Connect& packet, const Identity& identity) {
  const auto& settings = realm_.settings();
  role_ = identity.role;
  if (!identity.session_id.empty() || identity.expires != 0) {
    cookie_ = CookieLogin{.session_id = identity.session_id, .expires = identity.expires};
  }
  hub_ = realm_.hub_for_login(identity.tenant, identity.record);
  if (hub_ == nullptr) {
    refuse_connect(Reason::server_unavailable);
    return;
  }
  std::string client_id;
  bool assigned = false;
  std::optional<std::uint16_t> server_keep_alive;
  if (!choose_client_id(packet, client_id, assigned) ||
      !choose_keep_alive(packet.keep_alive, server_keep_alive) || !prepare_will(packet)) {
    return;
  }
  const auto admission = hub_->connect(*this, session_key(role_, client_id), packet.clean_start);
  if (admission.session == nullptr) {
    refuse_connect(admission.reason);
    return;
  }
  session_ = admission.session;
  state_ = State::connected;
  aliases_.reset();
  const bool no_local = bridge_ || role_ == Role::home;  // rule 7
  if (session_->no_local != no_local || session_->retain_as_published != bridge_) {
    session_->no_local = no_local;
    session_->retain_as_published = bridge_;
    hub_->routes_changed();
  }
  session_->viewer = role_ == Role::viewer;
  if (hub_->scope().classic()) {
    session_->acl = std::make_unique<AclClient>(AclClient{.acl = realm_.acl_of(peer_.listener),
                                                          .listener = peer_.listener,
                                                          .user = identity.user,
                                                          .id = client_id});
  }
  requested_expiry_s_ = packet.session_expiry;
  const auto wanted =
      version_ == Version::v5 ? packet.session_expiry : (packet.clean_start ? 0 : kNever);
  session_->expiry_s = std::min(wanted, longest_expiry());

  if (keep_alive_s_ == 0 || keep_alive_s_ > kLongestTrustedKeepAlive) {
    transport_.watch_silent_peer(0);
  }
  const auto configured =
      settings.max_inflight == 0 ? std::uint16_t{65'535} : settings.max_inflight;
  // 5.0 clients say how much they take; what they did not say, or more than configured, is as for
  // the others.
  window_ = std::min(packet.receive_maximum, configured);  // [MQTT5-3.3.4-9], [MQTT5-4.9.0-1]
  alias_maximum_out_ = std::min(packet.topic_alias_maximum, peer_.max_topic_alias_out);

  // [MQTT-3.2.2-1], [MQTT-3.2.2-2], [MQTT-3.2.2-3], [MQTT5-3.2.2-2], [MQTT5-3.2.2-3]. Never with
  // response information [MQTT5-3.1.2-28].
  mqtt::Connack answer{.session_present = admission.session_present};
  if (version_ == Version::v5) {
    if (session_->expiry_s != packet.session_expiry) {
      answer.session_expiry = session_->expiry_s;
    }
    if (settings.receive_maximum != 65'535) {
      answer.receive_maximum = settings.receive_maximum;
    }
    if (const auto qos = std::min(settings.maximum_qos, peer_.maximum_qos);
        qos != mqtt::Qos::exactly_once) {
      answer.maximum_qos = qos;  // [MQTT5-3.2.2-9]
    }
    if (!settings.retain_available) {
      answer.retain_available = false;
    }
    if (const auto limit = packet_limit(); limit != 0) {
      answer.maximum_packet_size = static_cast<std::uint32_t>(limit);
    }
    if (assigned) {
      answer.assigned_client_id = client_id;  // [MQTT5-3.1.3-7], [MQTT5-3.2.2-16]
    }
    answer.topic_alias_maximum = topic_alias_maximum();
    answer.server_keep_alive = server_keep_alive;
  }
  Bytes connack;
  mqtt::encode_connack(answer, version_, connack);
  if (client_packet_maximum_ != 0 && connack.size() > client_packet_maximum_) {
    discard_will();       // it was never accepted
    start_closing(kClosePolicy);  // [MQTT5-3.1.2-24]: it takes no answer at all
    return;
  }
  hub_->keep_session(*session_);
  // A new session is promised when it is kept; one that is resumed is kept already, but for the
  // news that its client is back. While the disk fails the promise is worth less than a home that
  // gets in.
  const bool promise = session_->kept && !admission.session_present && !realm_.keeper_fails();
  const auto batch = promise ? batch_of_session() : 0;
  // [MQTT-3.1.4-4], [MQTT-3.2.0-1], [MQTT5-3.1.4-5], [MQTT5-3.2.0-1], [MQTT5-3.2.0-2]
  auto& buffer = out_after(batch);
  buffer.insert(buffer.end(), connack.begin(), connack.end());
  count_answers(connack.size());
  mark_held(batch);
  produced();
  last_heard_ms_ = realm_.now().mono_ms;
  arm_keep_alive();
  if (role_ == Role::home || bridge_) {
    session_->home = true;
    hub_->home_changed();
  }
  if (held_) {
    held_->connack = true;
    wait_for_commit();
  } else {
    session_->resume();
  }
}

}  // namespace owb::core
