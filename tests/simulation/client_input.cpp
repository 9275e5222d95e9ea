// What a client hears, and what it must never hear.
#include <algorithm>
#include <utility>

#include "broker/mqtt/properties.hpp"
#include "tests/simulation/client.hpp"
#include "tests/simulation/topics.hpp"
#include "tests/simulation/worker.hpp"

namespace owb::simulation {

using core::Role;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;

namespace {

/// Design 4: towards a client that has not said how much it takes.
constexpr std::size_t kDefaultWindow = 20;
constexpr std::size_t kNoLimit = 100'000;

// Ascending.
std::vector<std::uint32_t> subscription_ids_of(ByteView raw) {
  std::vector<std::uint32_t> ids;
  mqtt::PropertyReader reader(raw, mqtt::PropertyPlace::publish);
  mqtt::PropertyValue value;
  while (reader.next(value)) {
    if (value.id == mqtt::Property::subscription_identifier) {
      ids.push_back(value.number);
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

template <typename Decoded>
const auto& whole(Decoded& packet, const char* what) {
  if (!packet) {
    violation("the broker sent a malformed ", what, ": ", packet.error().message());
  }
  return *packet;
}

}  // namespace

void Client::listen() {
  auto& random = context_.random;
  const auto bytes = wire_->receive(random.chance(50) ? 1 + random.below(20) : kNoLimit);
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  std::size_t used = 0;
  while (wire_ != nullptr && used < input_.size()) {
    const auto scan = mqtt::scan_frame(ByteView(input_).subspan(used));
    if (!whole(scan, "frame").complete) {
      break;
    }
    used += scan->frame.size;
    on_packet(scan->frame);
    heard_ += scan->frame.size;
  }
  if (wire_ == nullptr) {
    return;  // refused
  }
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used));
  if (wire_->at_end()) {
    context_.trace(profile_.tenant, "/", profile_.id, " sees the end of link ", wire_->id);
    wire_->hang_up();
    drop_connection();
  }
}

void Client::on_packet(const mqtt::Frame& frame) {
  if (!connected_ && frame.type != PacketType::connack) {
    violation(profile_.id, ": something came before CONNACK");  // [MQTT-3.2.0-1]
  }
  if (profile_.maximum_packet_size != 0 && frame.size > profile_.maximum_packet_size) {
    violation(profile_.id, ": a packet of ", frame.size, " bytes");  // [MQTT5-3.1.2-24]
  }
  switch (frame.type) {
    case PacketType::connack:
      on_connack(frame);
      return;
    case PacketType::publish:
      on_publish(frame);
      return;
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      on_ack(frame);
      return;
    case PacketType::suback:
    case PacketType::unsuback:
      on_suback(frame);
      return;
    case PacketType::pingresp:
      on_pingresp();
      return;
    case PacketType::disconnect: {
      const auto packet = mqtt::decode_disconnect(frame, profile_.version);
      context_.trace(profile_.tenant, "/", profile_.id, " is told why: 0x", std::hex,
                     static_cast<int>(whole(packet, "DISCONNECT").reason));
      return;
    }
    default:
      violation(profile_.id, ": packet type ", static_cast<int>(frame.type));
  }
}

void Client::on_connack(const mqtt::Frame& frame) {
  const auto decoded = mqtt::decode_connack(frame, profile_.version);
  const auto& packet = whole(decoded, "CONNACK");
  if (connected_) {
    violation(profile_.id, ": two CONNACKs");
  }
  if (packet.reason != Reason::success) {
    refused_ = wire_->model.refused;
    if (!wire_->login_refused && !refused_ && !wire_->model.ended) {
      violation(profile_.id, ": refused with 0x", std::hex, static_cast<int>(packet.reason));
    }
    wire_->hang_up();
    drop_connection();
    return;
  }
  // 3.1 does not say it; its client would have to guess.
  const bool present = wire_->model.session_present.value_or(false);
  if (packet.session_present != (present && profile_.version != Version::v31)) {
    violation(profile_.tenant, "/", profile_.id, ": session present ", packet.session_present,
              " on link ", wire_->id);  // [MQTT-3.2.2-2]
  }
  connected_ = true;
  fresh_ = refused_ = false;
  send_quota_ =
      profile_.version == Version::v5 ? packet.receive_maximum.value_or(65'535) : kNoLimit;
  alias_room_ = packet.topic_alias_maximum;
  // A new session whose first CONNACK was lost looks like the former one; no client can know.
  const auto former = std::exchange(session_, wire_->model.log);
  if (!present || former != session_) {
    forget_session();
    return;
  }
  for (const auto& message : in_flight_) {  // [MQTT-4.4.0-1]
    context_.trace(profile_.tenant, "/", profile_.id, " repeats id ", message.id);
    if (message.released) {
      send_ack(PacketType::pubrel, message.id);
    } else {
      send(message, true);
    }
  }
}

bool Client::resolve_topic(const mqtt::Publish& packet, std::string& topic) {
  topic = packet.topic;
  const auto alias = packet.properties.topic_alias;
  if (!alias) {
    return true;
  }
  if (*alias == 0 || *alias > profile_.alias_maximum) {
    return false;  // [MQTT5-3.1.2-26]
  }
  if (!topic.empty()) {
    aliases_in_[*alias] = topic;
    return true;
  }
  const auto known = aliases_in_.find(*alias);
  topic = known == aliases_in_.end() ? "" : known->second;
  return known != aliases_in_.end();
}

void Client::on_publish(const mqtt::Frame& frame) {
  const auto decoded = mqtt::decode_publish(frame, profile_.version);
  const auto& packet = whole(decoded, "PUBLISH");
  Receipt receipt{.connection = wire_->model.connection,
                  .link_accepted_ms = wire_->model.accepted_ms,
                  .sent_after_ms = wire_->encoded_after_ms(heard_),
                  .v5 = profile_.version == Version::v5,
                  .payload = std::string(as_text(packet.payload)),
                  .qos = packet.qos,
                  .retain = packet.retain,
                  .dup = packet.dup,
                  .id = static_cast<std::uint16_t>(packet.packet_id),
                  .expiry_s = packet.properties.message_expiry};
  std::string topic;
  if (!resolve_topic(packet, topic)) {
    violation(profile_.id, ": an alias that does not stand for a topic");
  }
  context_.trace(profile_.tenant, "/", profile_.id, " receives '", topic, "'='",
                 receipt.payload.substr(0, 40), "' QoS ", static_cast<int>(receipt.qos), " id ",
                 receipt.id, receipt.retain ? " retain" : "", receipt.dup ? " dup" : "");
  if (!take_tenant(topic, profile_.tenant, receipt.rest)) {
    violation("topic '", topic, "' reached tenant ", profile_.tenant);
  }
  const auto kind = kind_of(receipt.rest);
  if (kind.dropped || (profile_.role == Role::viewer && !kind.viewer_sees && !kind.own)) {
    violation(profile_.id, ": '", topic, "' is not for it");
  }
  if (!kind.own && !receipt.payload.empty() &&
      !receipt.payload.starts_with(profile_.tenant + "|")) {
    violation("payload '", receipt.payload.substr(0, 40), "' reached tenant ", profile_.tenant);
  }
  receipt.ids = subscription_ids_of(packet.properties.raw);
  wire_->model.log->received(receipt);
  if (packet.qos != Qos::at_most_once) {
    unpaid_[receipt.id] =
        packet.qos == Qos::at_least_once ? PacketType::puback : PacketType::pubcomp;
    const std::size_t window =
        profile_.version == Version::v5 ? profile_.receive_maximum : kDefaultWindow;
    if (unpaid_.size() > std::min(window, kDefaultWindow)) {
      violation(profile_.id, ": more than ", window, " messages at once");  // [MQTT5-3.3.4-9]
    }
    debts_.push_back(
        {packet.qos == Qos::at_least_once ? PacketType::puback : PacketType::pubrec, receipt.id});
  }
  if (packet.qos == Qos::exactly_once) {
    const auto [known, fresh] = taken_.try_emplace(receipt.id, receipt.payload);
    if (!fresh) {
      if (known->second != receipt.payload || !receipt.dup) {
        violation(profile_.id, ": packet id ", receipt.id, " is still in use");  // [MQTT-2.3.1-4]
      }
      return;
    }
  }
}

void Client::on_ack(const mqtt::Frame& frame) {
  const auto decoded = mqtt::decode_ack(frame, profile_.version);
  const auto& packet = whole(decoded, "acknowledgement");
  const auto id = static_cast<std::uint16_t>(packet.packet_id);
  if (frame.type == PacketType::pubrel) {
    taken_.erase(id);
    debts_.push_back({PacketType::pubcomp, id});
    return;
  }
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [id](const auto& message) { return message.id == id; });
  const auto wanted = [&] {
    if (found == in_flight_.end()) {
      return PacketType::reserved;
    }
    if (found->qos == Qos::at_least_once) {
      return PacketType::puback;
    }
    return found->released ? PacketType::pubcomp : PacketType::pubrec;
  }();
  if (frame.type != wanted) {
    violation(profile_.id, ": acknowledgement ", static_cast<int>(frame.type), " for id ", id);
  }
  if (frame.type == PacketType::pubrec && !mqtt::is_error(packet.reason)) {
    found->released = true;
    debts_.push_back({PacketType::pubrel, id});
    return;
  }
  in_flight_.erase(found);
}

void Client::on_suback(const mqtt::Frame& frame) {
  const bool made = frame.type == PacketType::suback;
  const auto decoded = made ? mqtt::decode_suback(frame, profile_.version)
                            : mqtt::decode_unsuback(frame, profile_.version);
  const auto& packet = whole(decoded, "SUBACK");
  const auto id = static_cast<std::uint16_t>(packet.packet_id);
  if (!made) {
    if (left_.erase(id) == 0) {
      violation(profile_.id, ": UNSUBACK for id ", id);
    }
    return;
  }
  const auto asked = asked_.find(id);
  if (asked == asked_.end() || asked->second.size() != packet.codes.size()) {
    violation(profile_.id, ": SUBACK for id ", id);
  }
  for (std::size_t i = 0; i < packet.codes.size(); ++i) {
    std::string rest;
    const bool foreign =
        !context_.classic && take_tenant(asked->second[i], profile_.other_tenant, rest);
    const bool refused = static_cast<unsigned>(packet.codes[i]) >= 0x80U;
    if (refused != (foreign && profile_.version != Version::v31)) {
      violation(profile_.id, ": SUBACK for '", asked->second[i],
                "': ", static_cast<unsigned>(packet.codes[i]));
    }
  }
  asked_.erase(asked);
  wire_->model.subscribed.erase(id);
}

void Client::on_pingresp() {
  if (pings_ == 0 || wire_->model.pings.empty()) {
    violation(profile_.id, ": PINGRESP without PINGREQ");
  }
  --pings_;
  worker_.model().check_ping(wire_->model);
}

void Client::check_answered() const {
  if (wire_ == nullptr) {
    return;
  }
  if (!connected_ || !in_flight_.empty() || !asked_.empty() || !left_.empty() || pings_ != 0) {
    violation(profile_.tenant, "/", profile_.id, " waits in vain on link ", wire_->id, ": ",
              in_flight_.size(), " messages, ", asked_.size(), " SUBACKs, ", left_.size(),
              " UNSUBACKs, ", pings_, " PINGRESPs");
  }
}

}  // namespace owb::simulation
