// Packets on their way to the client.
#include <algorithm>

#include "broker/core/close_code.hpp"
#include "broker/core/link.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;

namespace {

/// Bytes on their way to one client before its session holds back what can wait.
constexpr std::size_t kHighWater = 64 * 1024;
/// What a topic alias adds to a packet that also has the name: the property, and perhaps a byte of
/// length.
constexpr std::size_t kAliasBytes = 4;

}  // namespace

Bytes& ClientLink::out() {
  ++realm_.stats().packets_sent;
  realm_.adopt_buffer(outbox_);
  return outbox_.buffer();
}

void ClientLink::produced() {
  if (!dirty_) {
    realm_.mark_dirty(*this);
    dirty_ = true;
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

void ClientLink::try_again() noexcept {
  held_back_ = true;
  produced();
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
  bool new_alias = false;
  // The packet id of a QoS 2 message is kept before it is first sent.
  const auto batch = qos == Qos::exactly_once ? batch_of_session() : 0;
  // QoS 0 goes past what is held, as PINGRESP does, but not past CONNACK (design 1 and 7).
  const bool past = qos == Qos::at_most_once && !(held_ && held_->connack);
  const bool waits = !past && (held_ || batch != 0);
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
      return Sent::too_large;  // [MQTT5-3.1.2-24]
    }
    // What is held may be overtaken by what uses the alias that it sets.
    new_alias = alias_maximum_out_ != 0 && !known && !waits &&
                (!limited || size + kAliasBytes <= client_packet_maximum_) &&
                make_alias(topic, packet);
  }
  append_publish(topic, packet, new_alias, past ? std::nullopt : std::optional(batch));
  ++realm_.stats().messages_sent;
  return Sent::sent;
}

// All of it or nothing: the packet in hand may be another connection's, and whatever fails there
// must not leave half a message in this one's stream (F64).
void ClientLink::append_publish(const TopicRef& topic, mqtt::OutgoingPublish& packet,
                                bool new_alias, std::optional<std::uint64_t> batch) {
  Bytes* buffer = nullptr;
  std::size_t before = 0;
  try {
    produced();
    buffer = batch ? &out_after(*batch) : &out();
    before = buffer->size();
    mqtt::encode_publish(packet, version_, *buffer);
    if (batch) {
      mark_held(*batch);
    }
  } catch (...) {
    if (buffer != nullptr) {
      buffer->resize(before);
    }
    if (new_alias) {
      aliases_->out.erase(topic.get());
      aliases_->held.pop_back();
    }
    throw;
  }
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
// leave the name out. False: none is left.
bool ClientLink::make_alias(const TopicRef& topic, mqtt::OutgoingPublish& packet) {
  if (!aliases_) {
    aliases_ = std::make_unique<Aliases>();
  }
  if (aliases_->held.size() >= alias_maximum_out_) {
    return false;
  }
  const auto alias = static_cast<std::uint16_t>(aliases_->held.size() + 1);
  aliases_->held.push_back(topic);
  try {
    aliases_->out.emplace(topic.get(), alias);
  } catch (...) {
    aliases_->held.pop_back();
    throw;
  }
  packet.topic_alias = alias;
  return true;
}

}  // namespace owb::core
