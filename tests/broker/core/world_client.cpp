#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "world.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;

namespace {

// The role travels in the password: what a credential proves is not core's business.
std::string password_of(Role role) {
  return std::to_string(static_cast<int>(role));
}

// What to append to "topic=payload".
std::string marks_of(const Packet& packet) {
  std::string marks;
  if (packet.qos != Qos::at_most_once) {
    marks += " q" + std::to_string(static_cast<int>(packet.qos));
  }
  marks += packet.retain ? " r" : "";
  marks += packet.dup ? " dup" : "";
  return marks;
}

// Every subscription identifier of a property block; the decoder keeps only the last.
std::vector<std::uint32_t> subscription_ids_of(ByteView raw) {
  std::vector<std::uint32_t> ids;
  std::size_t at = 0;
  const auto byte = [&raw](std::size_t index) { return static_cast<unsigned>(raw[index]); };
  while (at < raw.size()) {
    switch (byte(at)) {
      case 0x0B: {
        std::uint32_t id = 0;
        for (unsigned shift = 0;; shift += 7) {
          const auto part = byte(++at);
          id |= (part & 0x7FU) << shift;
          if (part < 0x80U) {
            break;
          }
        }
        ids.push_back(id);
        ++at;
        break;
      }
      case 0x01:
        at += 2;
        break;
      case 0x02:
        at += 5;
        break;
      case 0x23:
        at += 3;
        break;
      case 0x26: {
        const auto name = byte(at + 1) * 256 + byte(at + 2);
        at += 3 + name;
        at += 2 + byte(at) * 256 + byte(at + 1);
        break;
      }
      default:  // one string or one piece of data
        at += 3 + byte(at + 1) * 256 + byte(at + 2);
    }
  }
  return ids;
}

}  // namespace

const Packet* Found::operator->() const {
  static const Packet none{};
  if (!has_value()) {
    ADD_FAILURE() << "there is no such packet";
    return &none;
  }
  return &**this;
}

Client::Client(World& world, std::string tenant, std::string id, Role role)
    : world_(world), tenant_(std::move(tenant)), id_(std::move(id)), role_(role) {}

Client::~Client() = default;

void Client::opens(const Connecting& how) {
  blocked_ = false;
  link_.reset();
  wire_.clear();
  wire_.reserve(4096);  // a socket needs no memory to take a few packets
  received_.clear();
  to_say_.clear();
  closed = reading_paused = watched = dropped = false;
  version_ = how.version;
  Peer peer;
  peer.address = "192.0.2.1";
  peer.kind = how.listener;
  peer.accept_versions = how.versions;
  if (!how.mount_point.empty()) {
    peer.mount_point = how.mount_point;
  }
  if (role_ == Role::owner_web || role_ == Role::viewer) {
    peer.kind = ListenerKind::web;
    peer.web = WebSession{.tenant = tenant_,
                          .session_id = how.cookie_session,
                          .viewer = role_ == Role::viewer,
                          .expires = how.cookie_expires};
  }
  link_ = std::make_unique<ClientLink>(world_.realm(), *this, std::move(peer));
}

Reason Client::connects(const Connecting& how) {
  opens(how);
  const auto password = password_of(role_);
  Bytes bytes;
  mqtt::encode_connect(
      {.version = how.version,
       .bridge = how.bridge,
       .clean_start = how.clean,
       .keep_alive = how.keep_alive,
       .client_id = id_,
       .will = how.will,
       .user_name = tenant_.empty() ? std::nullopt : std::optional<std::string_view>{tenant_},
       .password = tenant_.empty() ? std::nullopt : std::optional<ByteView>{as_byte_view(password)},
       .session_expiry = how.expiry,
       .receive_maximum = how.receive_maximum,
       .maximum_packet_size = how.maximum_packet_size,
       .topic_alias_maximum = how.topic_alias_maximum,
       .request_response_information = how.response_information,
       .request_problem_information = how.problem_information},
      bytes);
  sends(bytes);
  const auto answer = last(PacketType::connack);
  return answer ? answer->connack.reason : Reason::unspecified_error;
}

void Client::leaves(Reason reason, std::optional<std::uint32_t> expiry) {
  Bytes bytes;
  mqtt::encode_disconnect({.reason = reason, .session_expiry = expiry}, version_, bytes);
  sends(bytes);
}

void Client::drops() {
  link_->on_closed();
  closed = true;
  world_.settles();
}

Reason Client::publishes(std::string_view topic, std::string_view payload, const Publishing& how) {
  mqtt::Publish packet{.dup = how.dup,
                       .qos = how.qos,
                       .retain = how.retain,
                       .topic = topic,
                       .payload = as_byte_view(payload)};
  if (how.qos != Qos::at_most_once) {
    packet.packet_id = how.id ? static_cast<PacketId>(*how.id) : fresh_id();
  }
  packet.properties.message_expiry = how.expiry;
  packet.properties.topic_alias = how.alias;
  if (how.response_topic) {
    packet.properties.response_topic = *how.response_topic;
  }
  Bytes bytes;
  mqtt::encode_publish(packet, version_, bytes);
  sends(bytes);
  if (how.qos == Qos::at_most_once) {
    return Reason::success;
  }
  const auto answer = last(how.qos == Qos::at_least_once ? PacketType::puback : PacketType::pubrec);
  return answer ? answer->reason : Reason::unspecified_error;
}

unsigned Client::subscribes(std::string_view filter, const Subscribing& how) {
  const mqtt::SubscribeEntry entry{.filter = filter,
                                   .options = {.maximum_qos = how.qos,
                                               .no_local = how.no_local,
                                               .retain_as_published = how.retain_as_published,
                                               .retain_handling = how.retain_handling}};
  Bytes bytes;
  mqtt::encode_subscribe(fresh_id(), how.id, {&entry, 1}, version_, bytes);
  sends(bytes);
  const auto answer = last(PacketType::suback);
  return answer && answer->codes.size() == 1 ? answer->codes[0] : 0xFFU;
}

std::vector<unsigned> Client::subscribes_all(const std::vector<std::string_view>& filters) {
  std::vector<mqtt::SubscribeEntry> entries;
  for (const auto filter : filters) {
    entries.push_back({.filter = filter, .options = {.maximum_qos = Qos::exactly_once}});
  }
  Bytes bytes;
  mqtt::encode_subscribe(fresh_id(), 0, entries, version_, bytes);
  sends(bytes);
  const auto answer = last(PacketType::suback);
  return answer ? answer->codes : std::vector<unsigned>{};
}

Reason Client::unsubscribes(std::string_view filter) {
  Bytes bytes;
  mqtt::encode_unsubscribe(fresh_id(), {&filter, 1}, version_, bytes);
  sends(bytes);
  const auto answer = last(PacketType::unsuback);
  if (!answer) {
    return Reason::unspecified_error;
  }
  return answer->codes.empty() ? Reason::success : static_cast<Reason>(answer->codes[0]);
}

PacketId Client::fresh_id() {
  next_id_ = next_id_ == 65'535 ? 1 : static_cast<std::uint16_t>(next_id_ + 1);
  return static_cast<PacketId>(next_id_);
}

void Client::sends_ack(PacketType type, std::uint16_t id, Reason reason) {
  Bytes bytes;
  mqtt::encode_ack(type, {.packet_id = static_cast<PacketId>(id), .reason = reason}, version_,
                   bytes);
  sends(bytes);
}

void Client::pings() {
  Bytes bytes;
  mqtt::encode_pingreq(bytes);
  sends(bytes);
}

void Client::sends(ByteView bytes) {
  feeds(bytes);
  world_.settles();
}

void Client::feeds(ByteView bytes) {
  if (!closed) {
    link_->feed(bytes);
  }
}

std::vector<std::string> Client::receives() {
  std::vector<std::string> texts;
  for (const auto& packet : messages()) {
    texts.push_back(packet.topic + "=" + packet.payload + marks_of(packet));
  }
  return texts;
}

std::vector<Packet> Client::everything() {
  std::vector<Packet> all(std::make_move_iterator(received_.begin()),
                          std::make_move_iterator(received_.end()));
  received_.clear();
  return all;
}

std::vector<Packet> Client::take(PacketType type) {
  std::vector<Packet> taken;
  for (auto& packet : received_) {
    if (packet.type == type) {
      taken.push_back(std::move(packet));
      packet.type = PacketType::reserved;
    }
  }
  std::erase_if(received_,
                [](const Packet& packet) { return packet.type == PacketType::reserved; });
  return taken;
}

Found Client::last(PacketType type) {
  auto all = take(type);
  return all.empty() ? Found{} : Found{std::move(all.back())};
}

void Client::flush(Outbox& outbox) {
  if (reads) {
    const auto bytes = outbox.unsent();
    wire_.insert(wire_.end(), bytes.begin(), bytes.end());
    outbox.consume(bytes.size());
  } else {
    blocked_ = true;
  }
}

void Client::close(std::uint16_t code) {
  closed = true;
  close_code = code;
}

bool Client::answers() {
  // As a socket does it: only who could not send before is asked for the rest.
  if (reads && link_ && std::exchange(blocked_, false)) {
    flush(link_->outbox());
    link_->on_writable();
  }
  ByteView rest = wire_;
  while (!rest.empty()) {
    const auto scan = mqtt::scan_frame(rest);
    if (!scan || !scan->complete) {
      ADD_FAILURE() << "not a packet";
      break;
    }
    take_packet(scan->frame);
    rest = rest.subspan(scan->frame.size);
  }
  const bool heard = !wire_.empty();
  wire_.clear();
  if (const auto bytes = std::exchange(to_say_, {}); !bytes.empty() && !closed) {
    link_->feed(bytes);
  }
  return heard;
}

void Client::take_packet(const mqtt::Frame& frame) {
  sizes.push_back(frame.size);
  Packet packet{.type = frame.type, .wire_size = frame.size};
  const auto take_codes = [&packet](const mqtt::Suback& suback) {
    packet.id = suback.packet_id;
    packet.reason_string = suback.reason_string;
    for (const auto code : suback.codes) {
      packet.codes.push_back(static_cast<unsigned>(code));
    }
  };
  switch (frame.type) {
    case PacketType::connack: {
      const auto answer = mqtt::decode_connack(frame, version_);
      ASSERT_TRUE(answer);
      assigned_id = answer->assigned_client_id.value_or("");
      session_present = answer->session_present;
      packet.connack = *answer;
      packet.reason_string = answer->reason_string;
      packet.connack.reason_string = {};
      connack = packet.connack;
      break;
    }
    case PacketType::publish:
      take_publish(frame);
      return;
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp: {
      const auto ack = mqtt::decode_ack(frame, version_);
      ASSERT_TRUE(ack);
      packet.id = ack->packet_id;
      packet.reason = ack->reason;
      packet.reason_string = ack->reason_string;
      const mqtt::Ack answer{.packet_id = ack->packet_id};
      if (frame.type == PacketType::pubrec && !mqtt::is_error(ack->reason) && acknowledges) {
        mqtt::encode_ack(PacketType::pubrel, answer, version_, to_say_);
      } else if (frame.type == PacketType::pubrel && acknowledges) {
        mqtt::encode_ack(PacketType::pubcomp, answer, version_, to_say_);
      }
      break;
    }
    case PacketType::suback: {
      const auto suback = mqtt::decode_suback(frame, version_);
      ASSERT_TRUE(suback);
      take_codes(*suback);
      break;
    }
    case PacketType::unsuback: {
      const auto unsuback = mqtt::decode_unsuback(frame, version_);
      ASSERT_TRUE(unsuback);
      take_codes(*unsuback);
      break;
    }
    case PacketType::disconnect: {
      const auto disconnect = mqtt::decode_disconnect(frame, version_);
      ASSERT_TRUE(disconnect);
      packet.reason = disconnect->reason;
      packet.reason_string = disconnect->reason_string;
      EXPECT_FALSE(disconnect->session_expiry);  // [MQTT5-3.14.2-2]
      break;
    }
    case PacketType::pingresp:
      break;
    default:
      ADD_FAILURE() << "packet type " << static_cast<int>(frame.type);
      return;
  }
  received_.push_back(std::move(packet));
}

void Client::take_publish(const mqtt::Frame& frame) {
  const auto publish = mqtt::decode_publish(frame, version_);
  ASSERT_TRUE(publish);
  Packet packet{.type = PacketType::publish,
                .id = publish->packet_id,
                .wire_size = frame.size,
                .topic = std::string(publish->topic),
                .payload = std::string(as_text(publish->payload)),
                .qos = publish->qos,
                .retain = publish->retain,
                .dup = publish->dup,
                .alias = publish->properties.topic_alias.value_or(0),
                .expiry = publish->properties.message_expiry,
                .subscription_ids = subscription_ids_of(publish->properties.raw),
                .response_topic = std::string(publish->properties.response_topic.value_or(""))};
  mqtt::UserPropertyReader reader{publish->properties.raw};
  std::pair<std::string_view, std::string_view> property;
  while (reader.next(property)) {
    packet.user_properties.push_back(std::string(property.first) + "=" +
                                     std::string(property.second));
  }
  if (acknowledges && publish->qos != Qos::at_most_once) {
    mqtt::encode_ack(publish->qos == Qos::at_least_once ? PacketType::puback : PacketType::pubrec,
                     {.packet_id = publish->packet_id}, version_, to_say_);
  }
  received_.push_back(std::move(packet));
}

}  // namespace owb::core
