#include "broker/core/link.hpp"

#include <algorithm>

#include "broker/core/classic.hpp"
#include "broker/core/error.hpp"
#include "broker/mqtt/reasons.hpp"
#include "broker/mqtt/topic.hpp"
#include "tenants/base/assert.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;

namespace {

/// Bytes on their way to one client before its session holds back what can wait.
constexpr std::size_t kHighWater = 64 * 1024;
/// Answers to a peer that does not read them; then its further packets wait in its socket.
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
constexpr std::uint16_t kMaxPingsWaiting = 1'000;
constexpr std::int64_t kAuthenticationMs = 30'000;
/// The keep alive counts whole packets; of one that lacks more bytes than this, every part counts.
constexpr std::size_t kLongWait = 1'000;
/// What a topic alias adds to a packet that also has the name: the property, and perhaps a byte of
/// length.
constexpr std::size_t kAliasBytes = 4;
constexpr std::uint16_t kCloseNormal = 1000;
constexpr std::uint16_t kCloseGoingAway = 1001;
constexpr std::uint16_t kCloseProtocol = 1002;
constexpr std::uint16_t kClosePolicy = 1008;

/// A client has a use for it. AUTH has none: no enhanced authentication was agreed on
/// [MQTT5-4.12.0-7], [MQTT5-4.12.1-2].
bool is_from_client(PacketType type) {
  switch (type) {
    case PacketType::reserved:
    case PacketType::connack:
    case PacketType::suback:
    case PacketType::unsuback:
    case PacketType::pingresp:
    case PacketType::auth:
      return false;
    default:
      return true;
  }
}

std::uint16_t websocket_code(Reason reason) {
  switch (reason) {
    case Reason::success:
      return kCloseNormal;
    case Reason::server_shutting_down:
      return kCloseGoingAway;
    case Reason::malformed_packet:
    case Reason::protocol_error:
      return kCloseProtocol;
    default:
      return kClosePolicy;
  }
}

}  // namespace

ClientLink::ClientLink(Realm& realm, Transport& transport, Peer peer)
    : realm_(realm),
      transport_(transport),
      peer_(std::move(peer)),
      id_(realm.register_link(*this)),
      opened_ms_(realm.now().mono_ms),
      last_heard_ms_(opened_ms_) {
  arm_keep_alive();
}

ClientLink::~ClientLink() {
  on_closed();
  if (dirty_) {
    realm_.drop_dirty(*this);
  }
  realm_.unregister_link(id_);
}

void ClientLink::feed(ByteView bytes) {
  if (state_ == State::closing) {
    return;  // [MQTT-3.1.4-5], [MQTT5-3.1.4-6]
  }
  realm_.stats().bytes_received += bytes.size();
  if (input_.empty() && !input_waits()) {
    const auto used = process(bytes);
    if (state_ != State::closing) {
      keep(bytes.subspan(used));
    }
    return;
  }
  keep(bytes);
  if (!input_waits()) {
    resume_input();
  }
}

void ClientLink::keep(ByteView bytes) {
  input_.insert(input_.end(), bytes.begin(), bytes.end());
}

// Goes on with what was kept.
void ClientLink::resume_input() {
  const auto used = process(input_);
  if (state_ == State::closing) {
    return;
  }
  if (used == input_.size()) {
    input_ = Bytes{};
  } else {
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used));
  }
}

std::size_t ClientLink::packet_limit() const {
  if (state_ != State::connected) {
    return realm_.settings().file_user_limits.packet_bytes_before_auth;
  }
  const auto own = hub_->limits().packet_bytes;
  const auto global = realm_.settings().max_packet_size;
  if (own == 0 || global == 0) {
    return std::max<std::size_t>(own, global);
  }
  return std::min<std::size_t>(own, global);
}

// Handles whole packets at the front of `bytes`; returns how many bytes are done with.
std::size_t ClientLink::process(ByteView bytes) {
  std::size_t used = 0;
  while (state_ != State::closing && !input_waits()) {
    if (skip_ > 0) {
      const auto count = std::min(skip_, bytes.size() - used);
      used += count;
      last_heard_ms_ = realm_.now().mono_ms;
      skip(count);
      if (skip_ > 0) {
        break;
      }
      continue;
    }
    const auto rest = bytes.subspan(used);
    if (rest.empty()) {
      break;
    }
    const auto type = mqtt::type_of(rest.front());
    if (state_ == State::awaiting_connect && type != PacketType::connect) {
      start_closing(kCloseProtocol);  // [MQTT-3.1.0-1], [MQTT5-3.1.0-1] F1, F7
      break;
    }
    if (!is_from_client(type)) {
      fail(Reason::protocol_error);  // F7, F8; whatever its flags and length are
      break;
    }
    const auto scan = mqtt::scan_frame(rest, version_);
    if (!scan) {
      fail(type, scan.error());
      break;
    }
    const auto size = scan->complete ? scan->frame.size : scan->needed;
    if (const auto limit = packet_limit(); limit != 0 && size > limit) {
      const auto done = handle_oversize(*scan, rest);
      if (done == 0) {
        break;
      }
      used += done;
      continue;
    }
    if (!scan->complete) {
      if (scan->needed > rest.size() + kLongWait) {
        last_heard_ms_ = realm_.now().mono_ms;
      }
      break;
    }
    ++realm_.stats().packets_received;
    last_heard_ms_ = realm_.now().mono_ms;
    dispatch(scan->frame);
    if (state_ == State::authenticating) {
      break;  // the CONNECT stays in the input until the answer is there
    }
    used += scan->frame.size;
  }
  return used;
}

// A PUBLISH up to 16 MB from a 3.x client in tenancy mode is read, thrown away and acknowledged:
// closing would repeat for ever with a retained one (design 4). Everything else that is too large
// ends the connection. Returns the bytes used, 0 to stop.
std::size_t ClientLink::handle_oversize(const mqtt::FrameScan& scan, ByteView input) {
  constexpr std::size_t kLargestDiscarded = 16U << 20U;
  const auto size = scan.complete ? scan.frame.size : scan.needed;
  if (state_ != State::connected || version_ == Version::v5 || hub_->scope().classic() ||
      scan.frame.type != PacketType::publish || size > kLargestDiscarded) {
    fail(Reason::packet_too_large);  // [MQTT-4.8.0-2]
    return 0;
  }
  // The head is needed for topic and packet id; it is at most 64 KB and comes first.
  const auto header = 1U + (size > 2'097'152U + 4 ? 4U : size > 16'384U + 3 ? 3U : 2U);
  if (input.size() < header + 2U) {
    return 0;
  }
  const auto topic_size =
      (static_cast<std::size_t>(input[header]) << 8U) | static_cast<std::size_t>(input[header + 1]);
  skipped_qos_ = static_cast<Qos>((scan.frame.flags >> 1U) & 3U);
  const auto head = header + 2 + topic_size + (skipped_qos_ == Qos::at_most_once ? 0U : 2U);
  if (head > size) {
    fail(Reason::malformed_packet);
    return 0;
  }
  if (input.size() < head) {
    return 0;
  }
  skipped_id_ = PacketId::none;
  if (skipped_qos_ != Qos::at_most_once) {
    skipped_id_ = static_cast<PacketId>((static_cast<unsigned>(input[head - 2]) << 8U) |
                                        static_cast<unsigned>(input[head - 1]));
    if (skipped_id_ == PacketId::none) {
      fail(Reason::malformed_packet);
      return 0;
    }
  }
  const auto topic = as_text(input.subspan(header + 2, topic_size));
  hub_->denied(mqtt::is_utf8(topic) ? topic : std::string_view("(too large)"));
  skip_ = size;
  last_heard_ms_ = realm_.now().mono_ms;
  const auto count = std::min(size, input.size());
  skip(count);
  if (const auto ms = hub_->budget().take(hub_->limits(), size, realm_.now().mono_ms); ms > 0) {
    pause(ms);
  }
  return count;
}

void ClientLink::skip(std::size_t count) {
  skip_ -= count;
  if (skip_ == 0) {
    if (skipped_qos_ == Qos::exactly_once) {
      changes_before_ = realm_.kept_changes();
      session_->remember_received(skipped_id_);
    }
    acknowledge_publish(skipped_qos_, skipped_id_, Reason::success, batch_of_effect());
  }
}

void ClientLink::dispatch(const mqtt::Frame& frame) {
  changes_before_ = realm_.kept_changes();
  if (state_ == State::awaiting_connect) {
    on_connect(frame);
    return;
  }
  switch (frame.type) {
    case PacketType::publish:
      on_publish(frame);
      return;
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      on_ack(frame);
      return;
    case PacketType::subscribe:
      on_subscribe(frame);
      return;
    case PacketType::unsubscribe:
      on_unsubscribe(frame);
      return;
    case PacketType::pingreq:
      if (!frame.body.empty()) {
        fail(Reason::malformed_packet);
        return;
      }
      if (hub_->replaying(*session_)) {
        if (++pings_waiting_ > kMaxPingsWaiting) {
          fail(Reason::message_rate_too_high);
        }
        return;
      }
      answer_pings(1);  // [MQTT-3.12.4-1], [MQTT5-3.12.4-1]
      return;
    case PacketType::disconnect:
      on_disconnect(frame);
      return;
    default:
      // [MQTT-3.1.0-2], [MQTT5-3.1.0-2], packets of a server: F7, F8
      fail(Reason::protocol_error);
      return;
  }
}

void ClientLink::replay_done() {
  answer_pings(std::exchange(pings_waiting_, std::uint16_t{0}));
}

void ClientLink::answer_pings(std::uint16_t count) {
  for (; count > 0; --count) {
    put(out(), mqtt::encode_pingresp);
  }
}

// A peer that sends without reading must not fill our memory with answers: its packets wait until
// it has read. Messages to it do not count, they have their own bound.
void ClientLink::count_answers(std::size_t bytes) {
  produced();
  if (!held_ && backlog() == bytes) {
    answer_bytes_ = 0;
  }
  answer_bytes_ += bytes;
  if (answer_bytes_ > kMaxAnswerBytes && !answers_full_ && state_ == State::connected) {
    answers_full_ = true;
    held_back_ = true;
    transport_.pause_reading();
  }
}

void ClientLink::on_disconnect(const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_disconnect(frame, version_);
  if (!packet) {
    fail(frame.type, packet.error());
    return;
  }
  if (!hub_->scope().classic() && !mqtt::is_clients_disconnect(packet->reason)) {
    fail(Reason::protocol_error);  // [MQTT5 3.14.2.1]: only a server says that; mosquitto takes it
    return;
  }
  if (packet->session_expiry) {
    if (requested_expiry_s_ == 0 && *packet->session_expiry != 0) {
      fail(Reason::protocol_error);  // [MQTT5 3.14.2.2.2]: no session was asked for
      return;
    }
    session_->expiry_s = std::min(*packet->session_expiry, longest_expiry());
  }
  if (packet->reason == Reason::success) {
    // [MQTT-3.14.4-3], [MQTT-3.1.2-10], [MQTT5-3.14.4-3], [MQTT5-3.1.2-10]
    will_ = nullptr;
  }
  start_closing(kCloseNormal);
}

void ClientLink::pause(std::int64_t ms) {
  paused_ = true;
  paused_until_ms_ = realm_.now().mono_ms + ms;
  transport_.pause_reading();
  arm_keep_alive();
}

void ClientLink::on_timer() {
  const auto now = realm_.now().mono_ms;
  switch (state_) {
    case State::awaiting_connect:
    case State::authenticating:
      if (state_ == State::awaiting_connect) {
        start_closing(kClosePolicy);  // F35
      } else {
        refuse_connect(Reason::server_busy);
      }
      return;
    case State::closing:
      return;
    case State::connected:
      break;
  }
  if (paused_ && now >= paused_until_ms_) {
    paused_ = false;
    last_heard_ms_ = now;  // the keep alive stands still while we do not read
    if (!input_waits()) {
      transport_.resume_reading();
      resume_input();
    }
    if (state_ == State::closing) {
      return;
    }
  }
  if (cookie_ && cookie_->expires != 0 && realm_.now().wall_s >= cookie_->expires) {
    end(Reason::not_authorized);
    return;
  }
  if (!paused_ && keep_alive_s_ != 0 &&
      now - last_heard_ms_ >= keep_alive_s_ * std::int64_t{1500}) {
    end(Reason::keep_alive_timeout);  // [MQTT-3.1.2-24], [MQTT5-3.1.2-22]
    return;
  }
  arm_keep_alive();
}

// One timer serves CONNECT timeout, keep alive, pauses and the end of a cookie.
void ClientLink::arm_keep_alive() {
  auto deadline = std::int64_t{0};
  const auto earliest = [&deadline](std::int64_t at) {
    deadline = deadline == 0 ? at : std::min(deadline, at);
  };
  if (state_ == State::awaiting_connect) {
    earliest(opened_ms_ +
             static_cast<std::int64_t>(realm_.settings().file_user_limits.connect_timeout) * 1000);
  } else if (state_ == State::authenticating) {
    earliest(realm_.now().mono_ms + kAuthenticationMs);
  } else if (state_ == State::connected) {
    if (paused_) {
      earliest(paused_until_ms_);
    } else if (keep_alive_s_ != 0) {
      earliest(last_heard_ms_ + keep_alive_s_ * std::int64_t{1500});
    }
    if (cookie_ && cookie_->expires != 0) {
      earliest(realm_.now().mono_ms + (cookie_->expires - realm_.now().wall_s) * 1000);
    }
  }
  if (deadline != 0) {
    realm_.wheel().arm(*this, deadline);
  }
}

void ClientLink::on_writable() {
  if (state_ != State::connected) {
    return;
  }
  session_->pump();
  hub_->resume_replays();
  if (answers_full_) {
    if (held_ && held_->bytes.size() > kMaxAnswerBytes) {
      held_back_ = true;  // it is the disk that is slow
      return;
    }
    answers_full_ = false;
    answer_bytes_ = 0;
    if (!input_waits()) {
      transport_.resume_reading();
      resume_input();
    }
  }
}

void ClientLink::on_closed() {
  if (state_ == State::closing) {
    return;
  }
  const auto former = std::exchange(state_, State::closing);
  cancel();
  if (former == State::authenticating) {
    realm_.authenticator().forget(id_);
  }
  if (held_) {
    realm_.holds_no_longer(*this);  // unsaid: the client will repeat what was not acknowledged
    held_.reset();
  }
  if (session_ != nullptr) {
    hub_->memory().give(std::exchange(counted_backlog_, 0));
    auto* session = std::exchange(session_, nullptr);
    hub_->disconnect(*session, true);
  }
  input_ = Bytes{};
  aliases_.reset();  // [MQTT5-3.3.2-7]
  will_.reset();
}

void ClientLink::start_closing(std::uint16_t websocket_code) {
  if (state_ != State::closing) {
    on_closed();
    transport_.close(websocket_code);
  }
}

void ClientLink::end(Reason reason, std::string_view text) {
  if (state_ == State::connected) {
    fail(reason, text);
  } else if (state_ == State::authenticating) {
    refuse_connect(Reason::server_unavailable);  // CONNACK knows few of DISCONNECT's reasons
  } else {
    start_closing(websocket_code(reason));
  }
}

// [MQTT-4.8.0-1], [MQTT5-4.13.1-1], [MQTT5-4.13.2-1]: whatever was said, the connection ends. 5.0
// is told why, but not before CONNACK [MQTT5-3.14.0-1], without session expiry [MQTT5-3.14.2-2],
// and with the text only if it fits [MQTT5-3.14.2-3], [MQTT5-3.14.2-4].
void ClientLink::fail(Reason reason, std::string_view text) {
  const bool connack_waits = held_ && held_->connack;
  if (state_ == State::connected && version_ == Version::v5 && !connack_waits) {
    const auto say = [&](std::string_view words) {
      return put(out(), [&](Bytes& buffer) {
        mqtt::encode_disconnect({.reason = reason, .reason_string = words}, version_, buffer);
      });
    };
    if (!say(text) && !text.empty()) {
      say({});
    }
  }
  start_closing(websocket_code(reason));  // [MQTT5-3.14.4-1], [MQTT5-3.14.4-2]
}

void ClientLink::fail(PacketType type, const Error& error) {
  const auto reason =
      realm_.settings().tenancy ? mqtt::reason_of(error) : classic_reason(type, error);
  if (reason) {
    fail(*reason);
  } else {
    start_closing(kCloseProtocol);
  }
}

// ---- output ----

Bytes& ClientLink::out() {
  ++realm_.stats().packets_sent;
  realm_.adopt_buffer(outbox_);
  return outbox_.buffer();
}

void ClientLink::produced() {
  if (!dirty_) {
    dirty_ = true;
    realm_.mark_dirty(*this);
  }
}

void ClientLink::count_backlog() {
  if (state_ != State::connected) {
    return;
  }
  const auto unsent = outbox_.empty() ? 0 : outbox_.capacity();
  const auto former = std::exchange(counted_backlog_, unsent + transport_.in_transit());
  if (former != counted_backlog_) {
    hub_->memory().add(counted_backlog_);
    hub_->memory().give(former);
  }
}

void ClientLink::give_up_reader() {
  outbox_.take();
  transport_.drop_in_transit();
  start_closing(kClosePolicy);
}

bool ClientLink::writable() {
  if (backlog() < kHighWater) {
    return true;
  }
  held_back_ = true;
  return false;
}

// Neither reason strings nor user properties, so none that the client did not want
// [MQTT5-3.1.2-29], and none that would not fit [MQTT5-3.4.2-2], [MQTT5-3.4.2-3], [MQTT5-3.5.2-2],
// [MQTT5-3.5.2-3], [MQTT5-3.6.2-2], [MQTT5-3.6.2-3], [MQTT5-3.7.2-2], [MQTT5-3.7.2-3].
void ClientLink::send_ack(PacketType type, PacketId id, Reason reason, std::uint64_t batch) {
  put(out_after(batch), [&](Bytes& buffer) {
    mqtt::encode_ack(type, {.packet_id = id, .reason = reason}, version_, buffer);
  });
  mark_held(batch);
}

void ClientLink::send_pubrel(PacketId id, Reason reason) {
  send_ack(PacketType::pubrel, id, reason, batch_of_session());
}

ClientLink::Sent ClientLink::send_publish(const TopicRef& topic, const MessageView& view, Qos qos,
                                          bool retain, bool dup, PacketId id,
                                          std::span<const std::uint32_t> subscription_ids) {
  // DUP is ours, not the publisher's [MQTT-3.3.1-3], [MQTT5-3.3.1-3].
  mqtt::OutgoingPublish packet{.topic_prefix = hub_->scope().tenant(),
                               .topic_rest = topic->text(),
                               .payload = view.payload,
                               .qos = qos,
                               .retain = retain,
                               .dup = dup,
                               .packet_id = id};
  // The packet id of a QoS 2 message is kept before it is first sent.
  const auto batch = qos == Qos::exactly_once ? batch_of_session() : 0;
  if (peer_.mount_point && packet.topic_rest.starts_with(*peer_.mount_point)) {
    packet.topic_rest.remove_prefix(peer_.mount_point->size());
  }
  if (version_ == Version::v5) {
    packet.forwarded_properties = view.forwarded;
    packet.subscription_ids = subscription_ids;
    if (view.expiry_is_property) {
      // What is left, seconds begun being whole: 0 would tell that it has expired [MQTT5-3.3.2-6].
      const auto left = (view.expires_ms - realm_.now().mono_ms + 999) / 1000;
      packet.message_expiry = static_cast<std::uint32_t>(std::max<std::int64_t>(left, 0));
    }
    // [MQTT5-3.1.2-26], [MQTT5-3.1.2-27], [MQTT5-3.3.2-11]: none above what the client takes
    const bool known = alias_maximum_out_ != 0 && use_known_alias(topic, packet);
    const bool limited = client_packet_maximum_ != 0;
    const auto size = limited ? mqtt::encoded_size(packet, version_) : 0;
    if (limited && size > client_packet_maximum_) {
      ++realm_.stats().messages_dropped;
      return Sent::too_large;  // [MQTT5-3.1.2-24]
    }
    // What is held may be overtaken by what uses the alias that it sets.
    if (alias_maximum_out_ != 0 && !known && batch == 0 &&
        (!limited || size + kAliasBytes <= client_packet_maximum_)) {
      make_alias(topic, packet);
    }
  }
  mqtt::encode_publish(packet, version_, out_after(batch));
  mark_held(batch);
  ++realm_.stats().messages_sent;
  produced();
  return Sent::sent;
}

bool ClientLink::use_known_alias(const TopicRef& topic, mqtt::OutgoingPublish& packet) const {
  if (!aliases_) {
    return false;
  }
  const auto known = aliases_->out.find(topic.get());
  if (known == aliases_->out.end()) {
    return false;
  }
  packet.topic_alias = known->second;
  packet.topic_prefix = {};
  packet.topic_rest = {};
  return true;
}

// [MQTT5-3.3.2-8]: an alias, from 1 on, is set by the first message that carries it; later ones
// leave the name out.
void ClientLink::make_alias(const TopicRef& topic, mqtt::OutgoingPublish& packet) {
  if (!aliases_) {
    aliases_ = std::make_unique<Aliases>();
  }
  if (aliases_->held.size() < alias_maximum_out_) {
    aliases_->held.push_back(topic);
    packet.topic_alias = static_cast<std::uint16_t>(aliases_->held.size());
    aliases_->out.emplace(topic.get(), packet.topic_alias);
  }
}

}  // namespace owb::core
