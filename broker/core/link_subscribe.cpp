// SUBSCRIBE and UNSUBSCRIBE.
#include <algorithm>

#include "broker/core/classic.hpp"
#include "broker/core/error.hpp"
#include "broker/core/link.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::core {

using mqtt::Reason;
using mqtt::Version;

namespace {

// SUBACK of 3.1.1 knows only 0x80 [MQTT-3.9.3-2]; 3.1 knows no refusal at all [MQTT31-3.9-1], so
// the filter is "granted" without effect (rule 3).
std::byte suback_code(Reason reason, Version version, mqtt::Qos asked) {
  if (!mqtt::is_error(reason) || version == Version::v5) {
    return static_cast<std::byte>(reason);
  }
  return version == Version::v311 ? std::byte{0x80} : static_cast<std::byte>(asked);
}

}  // namespace

void ClientLink::on_subscribe(const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_subscribe(frame, version_);
  if (!packet) {
    fail(frame.type, packet.error());
    return;
  }
  Bytes codes;
  codes.reserve(packet->count);
  std::vector<Subscription*> replay;
  mqtt::SubscribeReader reader(*packet, version_);
  mqtt::SubscribeEntry entry;
  // One after the other, as if each had come alone, and one answer in their order [MQTT-3.8.4-4],
  // [MQTT-3.9.3-1], [MQTT5-3.8.4-5], [MQTT5-3.9.3-1].
  while (reader.next(entry)) {
    const auto asked = entry.options.maximum_qos;
    const auto reason = subscribe_one(entry, packet->subscription_id, replay);
    if (state_ != State::connected) {
      return;
    }
    // [MQTT-3.8.4-5], [MQTT5-3.8.4-6], [MQTT5-3.8.4-7], F19
    codes.push_back(suback_code(reason, version_, asked));
  }
  // [MQTT-3.8.4-1], [MQTT-3.8.4-2], [MQTT-2.3.1-7], [MQTT5-3.8.4-1], [MQTT5-3.8.4-2],
  // [MQTT5-2.2.1-6]; no words that might not fit [MQTT5-3.9.2-1], [MQTT5-3.9.2-2]
  const auto batch = batch_of_effect();
  const bool fits = put(out_after(batch), [&](Bytes& buffer) {
    mqtt::encode_suback({.packet_id = packet->packet_id, .codes = codes}, version_, buffer);
  });
  mark_held(batch);
  if (!fits) {
    fail(Reason::packet_too_large);  // better than to let it wait for ever
    return;
  }
  if (held_ && !realm_.keeper_fails()) {
    held_->replay.insert(held_->replay.end(), replay.begin(), replay.end());
    wait_for_commit();
  } else {
    start_replays(replay);
  }
  if (state_ != State::connected) {
    return;
  }
  if (session_->home) {
    hub_->home_changed();
  }
  if (session_->kept) {
    pause_if_keeper_is_full();
  }
}

// What fails in sending them ends this connection (F64), and perhaps the subscriptions with it.
void ClientLink::start_replays(const std::vector<Subscription*>& replay) {
  for (auto* subscription : replay) {
    if (state_ != State::connected) {
      return;
    }
    hub_->start_replay(*subscription);
  }
}

Reason ClientLink::subscribe_one(const mqtt::SubscribeEntry& asked, std::uint32_t id,
                                 std::vector<Subscription*>& replay) {
  auto entry = asked;
  std::string_view group;
  std::string_view filter = entry.filter;
  if (!takes_filter(filter)) {
    fail(Reason::malformed_packet);
    return Reason::malformed_packet;
  }
  // Shared subscriptions belong to 5.0; mosquitto grants them to 3.1.1 clients as well, and so do
  // we.
  if (mqtt::is_shared(filter)) {
    const auto share = mqtt::parse_share(filter);
    if (!share) {
      // [MQTT5-4.8.2-1], [MQTT5-4.8.2-2]; F16
      fail(hub_->scope().classic() ? Reason::protocol_error : Reason::malformed_packet);
      return Reason::malformed_packet;
    }
    if (entry.options.no_local) {
      fail(Reason::protocol_error);  // [MQTT5-3.8.3-4]; F15
      return Reason::protocol_error;
    }
    group = share->group;
    filter = share->filter;
  }
  const auto scoped = hub_->scope().admit_filter(full_name(filter));
  if (!scoped) {
    if (scoped.error() == Errc::invalid_topic) {
      fail(Reason::malformed_packet);  // [MQTT-4.7.1-2], [MQTT-4.7.1-3]
      return Reason::malformed_packet;
    }
    if (scoped.error() == Errc::topic_too_long) {
      return Reason::topic_filter_invalid;  // F17
    }
    hub_->denied(filter);
    return Reason::not_authorized;
  }
  // [MQTT5-3.2.2-10]: more is asked for than there is, and granted as far as it goes
  entry.options.maximum_qos =
      std::min({entry.options.maximum_qos, realm_.settings().maximum_qos, peer_.maximum_qos});
  const auto granted = hub_->subscribe(*session_, entry, id, *scoped, group);
  if (!granted) {
    hub_->denied(filter);
    return Reason::quota_exceeded;
  }
  const auto handling = entry.options.retain_handling;
  if (handling == 0 || (handling == 1 && !granted->existed)) {
    replay.push_back(granted->subscription);  // [MQTT-3.3.1-6], [MQTT5-3.3.1-9] to [MQTT5-3.3.1-11]
  }
  return static_cast<Reason>(entry.options.maximum_qos);
}

void ClientLink::on_unsubscribe(const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_unsubscribe(frame, version_);
  if (!packet) {
    fail(frame.type, packet.error());
    return;
  }
  Bytes codes;
  mqtt::UnsubscribeReader reader(*packet);
  std::string_view filter;
  // [MQTT-3.10.4-6], [MQTT5-3.10.4-6], [MQTT5-3.11.3-1]
  while (reader.next(filter)) {
    if (!takes_filter(filter)) {
      fail(Reason::malformed_packet);
      return;
    }
    const bool existed = hub_->unsubscribe(*session_, filter);
    if (state_ != State::connected) {
      return;  // what waited for the end of the replay could not be sent (F64)
    }
    codes.push_back(
        static_cast<std::byte>(existed ? Reason::success : Reason::no_subscription_existed));
  }
  // [MQTT-3.10.4-4], [MQTT-3.10.4-5], [MQTT-2.3.1-7], [MQTT5-3.10.4-4], [MQTT5-3.10.4-5],
  // [MQTT5-2.2.1-6], [MQTT5-3.11.2-1], [MQTT5-3.11.2-2]
  const auto batch = batch_of_effect();
  const bool fits = put(out_after(batch), [&](Bytes& buffer) {
    mqtt::encode_unsuback({.packet_id = packet->packet_id, .codes = codes}, version_, buffer);
  });
  mark_held(batch);
  if (!fits) {
    fail(Reason::packet_too_large);
    return;
  }
  if (session_->home) {
    hub_->home_changed();
  }
  if (session_->kept) {
    pause_if_keeper_is_full();
  }
}

// Classic mode: no more than mosquitto takes.
bool ClientLink::takes_filter(std::string_view filter) const {
  return !hub_->scope().classic() || (mqtt::is_topic_filter(filter) && is_classic_topic(filter));
}

// Classic mode: the listener's mount point stands before every topic and filter of its clients.
std::string ClientLink::full_name(std::string_view name) const {
  return peer_.mount_point.get() + std::string(name);
}

}  // namespace owb::core
