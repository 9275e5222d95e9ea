// PUBLISH and its acknowledgements, both directions.
#include <algorithm>

#include "broker/core/error.hpp"
#include "broker/core/fault_point.hpp"
#include "broker/core/link.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;

namespace {

/// While the disk does not take what has to be kept, publishers are asked so often.

}  // namespace

void ClientLink::on_publish(const mqtt::Frame& frame) {
  auto packet = mqtt::decode_publish(frame, version_);
  if (!packet) {
    fail(frame.type, packet.error());
    return;
  }
  ++realm_.stats().messages_received;
  if (version_ == Version::v5 && !check_publish(*packet)) {
    return;
  }
  std::string mounted;
  if (peer_.mount_point) {
    mounted = *peer_.mount_point;
    mounted += packet->topic;
    packet->topic = mounted;
  }
  if (packet->retain && !realm_.settings().retain_available &&
      (version_ == Version::v5 || hub_->scope().classic())) {
    fail(Reason::retain_not_supported);  // the answer to [MQTT5-3.2.2-14]
    return;
  }
  if (packet->qos > std::min(realm_.settings().maximum_qos, peer_.maximum_qos)) {
    fail(Reason::qos_not_supported);  // the answer to [MQTT5-3.2.2-11]
    return;
  }
  accept_publish(*packet);
  if (state_ != State::connected) {
    return;
  }
  const auto ms = hub_->budget().take(hub_->limits(), frame.size, realm_.now().mono_ms);
  if (ms > 0) {
    pause(ms);
  }
  if (packet->qos != Qos::at_most_once) {
    pause_if_keeper_is_full();
  }
}

// What only 5.0 knows. False: the connection has been ended.
bool ClientLink::check_publish(mqtt::Publish& packet) {
  if (packet.properties.subscription_id != 0) {
    fail(Reason::protocol_error);  // [MQTT5-3.3.4-6]
    return false;
  }
  return resolve_alias(packet);
}

// [MQTT5-3.3.2-8] to [MQTT5-3.3.2-12]; F14. False: the connection has been ended.
bool ClientLink::resolve_alias(mqtt::Publish& packet) {
  if (!packet.properties.topic_alias) {
    return true;
  }
  const auto alias = *packet.properties.topic_alias;
  if (alias == 0 || alias > topic_alias_maximum()) {
    fail(Reason::topic_alias_invalid);
    return false;
  }
  if (!aliases_) {
    aliases_ = std::make_unique<Aliases>();
  }
  if (!packet.topic.empty()) {
    aliases_->in.insert_or_assign(alias, std::string(packet.topic));
    return true;
  }
  const auto known = aliases_->in.find(alias);
  if (known == aliases_->in.end()) {
    fail(Reason::protocol_error);
    return false;
  }
  packet.topic = known->second;
  return true;
}

std::uint16_t ClientLink::topic_alias_maximum() const {
  return std::min(realm_.settings().max_topic_alias, peer_.max_topic_alias);
}

void ClientLink::accept_publish(const mqtt::Publish& packet) {
  // A QoS 2 message that was passed on already is not refused: its id would stay taken here while
  // the client thinks it free.
  if (packet.qos != Qos::at_most_once && version_ == Version::v5 && realm_.keeper_fails() &&
      (packet.retain || hub_->keeps_sessions()) && !session_->has_received(packet.packet_id) &&
      !session_->holds(packet.packet_id)) {
    acknowledge_publish(packet.qos, packet.packet_id, Reason::quota_exceeded, 0);  // F49
    return;
  }
  if (packet.qos != Qos::exactly_once) {
    // Nothing is remembered of a QoS 1 id: it is free again [MQTT5-4.3.2-5].
    const auto reason = route_publish(packet);
    if (state_ == State::connected) {
      acknowledge_publish(packet.qos, packet.packet_id, reason, batch_of_effect());
    }
    return;
  }
  if (hub_->scope().classic()) {
    accept_exactly_once(packet);
    return;
  }
  // Method B: passed on at PUBLISH, only the id is held until PUBREL [MQTT-4.3.3-2],
  // [MQTT5-4.3.3-10]; F10.
  if (!session_->remember_received(packet.packet_id)) {
    acknowledge_publish(packet.qos, packet.packet_id, Reason::success, batch_of_session());
    return;
  }
  // Counted for the connection: what an earlier one left open needs no place in this one's quota.
  if (version_ == Version::v5 && ++qos2_open_ > realm_.settings().receive_maximum) {
    session_->forget_received(packet.packet_id);
    fail(Reason::receive_maximum_exceeded);  // the answer to [MQTT5-3.3.4-7]
    return;
  }
  auto reason = Reason::success;
  const auto deliveries = hub_->deliveries();
  try {
    reason = route_publish(packet);
  } catch (...) {
    if (state_ == State::connected && hub_->deliveries() == deliveries) {
      session_->take_back_received(packet.packet_id);
    }
    throw;
  }
  if (state_ != State::connected) {
    return;
  }
  if (mqtt::is_error(reason) && version_ == Version::v5) {
    session_->forget_received(packet.packet_id);  // [MQTT5-4.3.3-9]: the flow ends with this PUBREC
    --qos2_open_;
  }
  acknowledge_publish(packet.qos, packet.packet_id, reason, batch_of_effect());
}

// Method A: the message is held until PUBREL. Classic mode.
void ClientLink::accept_exactly_once(const mqtt::Publish& packet) {
  constexpr std::size_t kOfFormerConnections = 4;
  const std::size_t most = realm_.settings().receive_maximum;
  const bool known = session_->holds(packet.packet_id);
  const bool v5 = version_ == Version::v5;
  if (!known && (session_->held_count() >= most * (v5 ? kOfFormerConnections : 1) ||
                 (v5 && ++qos2_open_ > most))) {
    fail(Reason::receive_maximum_exceeded);  // the answer to [MQTT5-3.3.4-7]
    return;
  }
  const auto reason = route_publish(packet);
  if (state_ != State::connected) {
    return;
  }
  if (mqtt::is_error(reason) && v5 && !known) {
    --qos2_open_;  // [MQTT5-4.3.3-9]: the flow ends with this PUBREC
  }
  // What is known may be from a former connection, and its commit on the way.
  const auto batch = known ? batch_of_session() : batch_of_effect();
  acknowledge_publish(packet.qos, packet.packet_id,
                      mqtt::is_error(reason) ? reason : Reason::success, batch);
}

Reason ClientLink::hold(PacketId id, const TopicRef& topic, const MessageView& view) {
  switch (session_->hold(id, topic, view)) {
    case Session::Hold::done:
      return Reason::success;
    case Session::Hold::full:
      ++realm_.stats().messages_dropped;  // mosquitto acknowledges it to 3.x clients, too
      return Reason::quota_exceeded;
    case Session::Hold::repeated:
      break;
  }
  fail(Reason::protocol_error);  // on one connection nothing is lost, so nothing is to repeat
  return Reason::protocol_error;
}

// 3.x has no way to refuse: a denied message is acknowledged like any other (rule 4)
// [MQTT-3.3.5-2], [MQTT31-3.3-1].
void ClientLink::acknowledge_publish(Qos qos, PacketId id, Reason reason, std::uint64_t batch) {
  if (qos == Qos::at_most_once) {
    return;
  }
  // [MQTT-3.3.4-1], [MQTT-2.3.1-6], [MQTT-4.3.2-2], [MQTT5-3.3.4-1], [MQTT5-2.2.1-5],
  // [MQTT5-4.3.2-4], [MQTT5-4.3.3-8]; in the order of PUBLISH [MQTT-4.6.0-2], [MQTT-4.6.0-3]
  send_ack(qos == Qos::at_least_once ? PacketType::puback : PacketType::pubrec, id, reason, batch);
}

// `$SYS/broker/connection/<its id>/state` of a bridge (rule 7). mosquitto's default id in it is the
// remote client id.
bool ClientLink::is_own_bridge_state(std::string_view topic, std::string_view client_id) const {
  constexpr std::string_view kHead = "$SYS/broker/connection/";
  constexpr std::string_view kTail = "/state";
  return bridge_ && !hub_->scope().classic() && topic.starts_with(kHead) &&
         topic.ends_with(kTail) && topic.size() == kHead.size() + client_id.size() + kTail.size() &&
         topic.substr(kHead.size(), client_id.size()) == client_id;
}

bool ClientLink::may_publish(const TopicName& topic) {
  if (hub_->scope().classic()) {
    // A will is judged when it is sent.
    return session_ == nullptr || session_->acl->may(Acl::Access::write, topic.text());
  }
  if (topic.has(kTopicCloud) || (hub_->registered() && topic.has(kTopicLogin))) {
    return false;  // rules 2 and 13
  }
  switch (role_) {
    case Role::home:
    case Role::owner:
      return true;
    case Role::owner_web:
      return topic.has(kTopicOwnerWeb) || topic.has(kTopicViewerWeb);
    case Role::viewer:
      return topic.has(kTopicViewerWeb) && viewer_may_ask();
    case Role::anonymous:
      return false;
  }
  return false;
}

// History requests of a viewer, so many a minute (rule 11).
bool ClientLink::viewer_may_ask() {
  constexpr std::int64_t kMinuteMs = 60'000;
  const auto now = realm_.now().mono_ms;
  auto& asked = asked_.made();
  if (now - asked.minute_ms >= kMinuteMs) {
    asked = {.minute_ms = now};
  }
  const auto limit = hub_->limits().viewer_requests;
  return limit == 0 || asked.count++ < limit;
}

Reason ClientLink::route_publish(const mqtt::Publish& packet) {
  const auto& settings = realm_.settings();
  if (is_own_bridge_state(packet.topic, session_->client_id())) {
    return Reason::success;
  }
  const auto scoped = hub_->scope().admit_topic(packet.topic);
  if (!scoped) {
    // Classic mode lets bridges tell their state, as mosquitto does.
    hub_->denied(packet.topic);
    return Reason::not_authorized;
  }
  throw_if_asked(packet.topic);
  const auto topic = realm_.topics().intern(scoped->rest());
  if (topic->has(kTopicMalformed)) {
    fail(Reason::malformed_packet);
    return Reason::malformed_packet;
  }
  if (!may_publish(*topic.get()) ||
      (packet.properties.response_topic &&
       !hub_->scope().admit_topic(*packet.properties.response_topic))) {
    hub_->denied(packet.topic);  // F24
    return Reason::not_authorized;
  }
  if (topic->has(kTopicDropped)) {
    ++realm_.stats().filtered;  // rule 10
    return Reason::success;
  }
  if (settings.message_size_limit != 0 && packet.payload.size() > settings.message_size_limit) {
    ++realm_.stats().messages_dropped;
    // PUBACK and PUBREC know no "packet too large" [MQTT5-3.4.2-1], [MQTT5-3.5.2-1]; mosquitto says
    // it all the same.
    return hub_->scope().classic() ? Reason::packet_too_large : Reason::quota_exceeded;
  }
  if (!session_->home && topic->has(kTopicHomeStatus) && peer_.kind == ListenerKind::tls) {
    session_->home = true;
    hub_->home_changed();
  }
  MessageView view{.qos = packet.qos,
                   .retain = packet.retain && settings.retain_available,
                   .payload = packet.payload,
                   .source = session_->source()};
  if (topic->has(kTopicNeverRetained) && !packet.payload.empty()) {
    view.retain = false;  // rule 9
  }
  Bytes forwarded;
  if (version_ == Version::v5 && !packet.properties.raw.empty()) {
    mqtt::append_forwardable(packet.properties.raw, forwarded);
    view.forwarded = forwarded;
    if (packet.properties.message_expiry) {
      view.expires_ms =
          realm_.now().mono_ms + std::int64_t{*packet.properties.message_expiry} * 1000;
      view.expiry_is_property = true;
    }
  }
  if (topic->has(kTopicOrder)) {
    const auto latest = realm_.now().mono_ms + settings.command_ttl_ms;
    view.expires_ms = view.expires_ms == 0 ? latest : std::min(view.expires_ms, latest);
  }
  if (hub_->scope().classic() && packet.qos == Qos::exactly_once) {
    return hold(packet.packet_id, topic, view);
  }
  const auto delivered = hub_->publish(topic, view, session_);
  if (!delivered) {
    hub_->denied(packet.topic);
    return Reason::quota_exceeded;
  }
  return *delivered ? Reason::success : Reason::no_matching_subscribers;
}

void ClientLink::on_ack(const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_ack(frame, version_);
  if (!packet) {
    fail(frame.type, packet.error());
    return;
  }
  if (frame.type == PacketType::pubrel) {
    on_pubrel(*packet);
    return;
  }
  const bool refused = frame.type == PacketType::pubrec && mqtt::is_error(packet->reason);
  // A stray one changes nothing (F11).
  const auto step = session_->on_ack(frame.type, packet->packet_id, refused);
  if (step == Session::Step::wrong && hub_->scope().classic()) {
    fail(Reason::protocol_error);
    return;
  }
  if (frame.type == PacketType::pubrec && !refused && !session_->gave_up(packet->packet_id)) {
    // [MQTT-4.3.3-1], [MQTT-2.3.1-6], [MQTT5-4.3.3-4], [MQTT5-2.2.1-5]; an id that is not known is
    // told, so that the client forgets it too. At once, so in the order of PUBREC [MQTT-4.6.0-4].
    send_pubrel(packet->packet_id, id_reason(step == Session::Step::taken));
  }
  session_->pump();
  hub_->resume_replays();
}

void ClientLink::on_pubrel(const mqtt::Ack& packet) {
  bool known = session_->forget_received(packet.packet_id);
  if (const auto message = session_->take_held(packet.packet_id)) {
    known = true;
    pass_on_held(packet.packet_id, message);
  }
  if (qos2_open_ > 0) {
    --qos2_open_;
  }
  // [MQTT-4.3.3-2], [MQTT5-4.3.3-11] to [MQTT5-4.3.3-13]: the id is free, whatever became of the
  // message; F11
  send_ack(PacketType::pubcomp, packet.packet_id, id_reason(known), batch_of_session());
}

void ClientLink::pass_on_held(PacketId id, const MessageRef& message) {
  const auto deliveries = hub_->deliveries();
  try {
    if (!hub_->publish(message->topic(), message->view(), session_)) {
      ++realm_.stats().messages_dropped;
    }
  } catch (...) {
    if (state_ == State::connected && hub_->deliveries() == deliveries) {
      session_->restore_held(id, message);  // nobody has it, and PUBREL will be repeated (F64)
    } else if (state_ == State::connected) {
      session_->forget_held(id);
    }
    throw;
  }
  session_->forget_held(id);
}

// mosquitto leaves the reason out also where the id is not known.
Reason ClientLink::id_reason(bool known) const {
  return known || hub_->scope().classic() ? Reason::success : Reason::packet_identifier_not_found;
}

}  // namespace owb::core
