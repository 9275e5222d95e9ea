// What a client does.
#include "tests/simulation/client.hpp"

#include <algorithm>

#include "tests/simulation/topics.hpp"
#include "tests/simulation/worker.hpp"

namespace owb::simulation {

using core::Role;
using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Version;

namespace {

constexpr std::size_t kMostInFlight = 30;
constexpr unsigned kMostNames = 2;

}  // namespace

Client::Client(Context& context, Worker& worker, Profile profile)
    : context_(context), worker_(worker), profile_(std::move(profile)) {}

void Client::act() {
  auto& random = context_.random;
  if (wire_ == nullptr) {
    if (random.chance(30)) {
      connect();
    }
    return;
  }
  if (!connected_) {
    return;
  }
  const auto what = random.below(100);
  if (what < 50) {
    publish();
  } else if (what < 78) {
    pay();
  } else if (what < 86) {
    subscribe();
  } else if (what < 89) {
    unsubscribe();
  } else if (what < 94) {
    ping();
  } else if (what < 96) {
    leave(random.chance(60));
  } else if (what < 98) {
    // Another network, another address: the broker has not noticed yet.
    context_.trace(profile_.tenant, "/", profile_.id, " abandons link ", wire_->id);
    wire_->abandon(random.below(wire_->up_size() + 1));
    drop_connection();
    connect();
  }
}

void Client::connect() {
  auto& random = context_.random;
  const bool web = profile_.role == Role::owner_web || profile_.role == Role::viewer;
  core::Peer peer;
  peer.address = "192.0.2.1";
  peer.kind = web ? core::ListenerKind::web : core::ListenerKind::tls;
  if (web) {
    peer.web = core::WebSession{.tenant = profile_.tenant,
                                .session_id = profile_.tenant + "-cookie",
                                .viewer = profile_.role == Role::viewer};
  }
  wire_ = &worker_.open(std::move(peer));
  const bool clean = !profile_.persistent || fresh_ || (!context_.calm && random.chance(5));
  if (clean) {
    forget_session();
    fresh_ = true;
    if (renamed_ < kMostNames && !context_.calm && random.chance(5)) {
      ++renamed_;
      profile_.id += 'x';  // its session stays behind
    }
  }
  mqtt::Connect packet{.version = profile_.version,
                       .bridge = profile_.bridge,
                       .clean_start = clean,
                       .keep_alive = profile_.keep_alive,
                       .client_id = profile_.id,
                       .user_name = profile_.tenant,
                       .session_expiry = profile_.expiry,
                       .receive_maximum = profile_.receive_maximum,
                       .topic_alias_maximum = profile_.alias_maximum};
  if (profile_.maximum_packet_size != 0) {
    packet.maximum_packet_size = profile_.maximum_packet_size;
  }
  const std::byte role[] = {static_cast<std::byte>(profile_.role)};
  packet.password = ByteView(role);
  const auto will_topic = profile_.tenant + "/will/" + profile_.id;
  const auto will_payload = new_payload();
  if (!web && random.chance(50)) {
    packet.will = mqtt::Will{.topic = will_topic,
                             .payload = as_byte_view(will_payload),
                             .qos = static_cast<Qos>(random.below(3)),
                             .retain = random.chance(30)};
    if (profile_.version == Version::v5) {
      packet.will->delay = static_cast<std::uint32_t>(random.below(4));
    }
  }
  context_.trace(profile_.tenant, "/", profile_.id, " connects on link ", wire_->id,
                 clean ? " (clean)" : "");
  Bytes bytes;
  mqtt::encode_connect(packet, bytes);
  send(bytes);
}

void Client::leave(bool cleanly) {
  if (wire_ == nullptr) {
    return;
  }
  context_.trace(profile_.tenant, "/", profile_.id, " leaves link ", wire_->id,
                 cleanly ? " cleanly" : "");
  if (cleanly && connected_) {
    const bool v5 = profile_.version == Version::v5;
    const bool will = v5 && context_.random.chance(30);
    mqtt::Disconnect packet{.reason =
                                will ? mqtt::Reason::disconnect_with_will : mqtt::Reason::success};
    if (v5 && profile_.expiry != 0 && context_.random.chance(20)) {
      packet.session_expiry = static_cast<std::uint32_t>(context_.random.below(30));
    }
    Bytes bytes;
    mqtt::encode_disconnect(packet, profile_.version, bytes);
    send(bytes);
  }
  wire_->hang_up();
  drop_connection();
}

void Client::drop_connection() {
  wire_ = nullptr;
  connected_ = false;
  input_.clear();
  heard_ = 0;
  debts_.clear();
  asked_.clear();
  left_.clear();
  unpaid_.clear();
  aliases_in_.clear();
  aliases_out_.clear();
  pings_ = 0;
}

void Client::forget_session() {
  in_flight_.clear();
  taken_.clear();
}

bool Client::come_back() {
  const bool away = wire_ == nullptr && profile_.persistent && !fresh_ && !refused_;
  if (away) {
    connect();
  }
  return away;
}

void Client::publish() {
  auto& random = context_.random;
  if (send_quota_ <= in_flight_.size() || in_flight_.size() >= kMostInFlight) {
    return;
  }
  auto kind = random.one_of(kTopics);
  while (context_.classic && !is_plain(kind)) {
    kind = random.one_of(kTopics);
  }
  if (profile_.role == Role::owner_web && !kind.owner_web && random.chance(80)) {
    return;
  }
  InFlight message{.topic = profile_.tenant, .qos = static_cast<Qos>(random.below(3))};
  if (random.chance(3)) {
    message.topic = profile_.other_tenant;  // rule 4: acknowledged, and nobody gets it
  }
  message.topic += kind.rest;
  message.retain = random.chance(25);
  message.payload = message.retain && random.chance(25) ? "" : new_payload();
  if (random.chance(10) && profile_.version == Version::v5) {
    message.expiry_s = static_cast<std::uint32_t>(random.between(1, 20));
  }
  if (message.qos != Qos::at_most_once) {
    message.id = fresh_id();
    in_flight_.push_back(message);
  }
  context_.trace(profile_.tenant, "/", profile_.id, " publishes '", message.topic, "'='",
                 message.payload.substr(0, 40), "' QoS ", static_cast<int>(message.qos), " id ",
                 message.id, message.retain ? " retain" : "");
  send(message, false);
}

void Client::send(const InFlight& message, bool dup) {
  mqtt::Publish packet{.dup = dup,
                       .qos = message.qos,
                       .retain = message.retain,
                       .topic = message.topic,
                       .packet_id = static_cast<PacketId>(message.id),
                       .payload = as_byte_view(message.payload)};
  packet.properties.message_expiry = message.expiry_s;
  if (alias_room_ != 0 && context_.random.chance(50)) {
    if (const auto known = aliases_out_.find(message.topic); known != aliases_out_.end()) {
      packet.properties.topic_alias = known->second;
      packet.topic = {};
    } else {
      const auto alias = static_cast<std::uint16_t>(1 + context_.random.below(alias_room_));
      std::erase_if(aliases_out_, [alias](const auto& entry) { return entry.second == alias; });
      aliases_out_[message.topic] = alias;
      packet.properties.topic_alias = alias;
    }
  }
  Bytes bytes;
  mqtt::encode_publish(packet, profile_.version, bytes);
  send(bytes);
}

void Client::subscribe() {
  auto& random = context_.random;
  std::vector<std::string> filters(random.between(1, 3));
  std::vector<mqtt::SubscribeEntry> entries;
  for (auto& filter : filters) {
    filter = filter_text();
    mqtt::SubscribeEntry entry{.filter = filter,
                               .options = {.maximum_qos = static_cast<Qos>(random.below(3))}};
    if (profile_.version == Version::v5) {
      entry.options.no_local = !filter.starts_with("$share") && random.chance(20);
      entry.options.retain_as_published = random.chance(30);
      entry.options.retain_handling = static_cast<std::uint8_t>(random.below(3));
    }
    entries.push_back(entry);
    context_.trace(profile_.tenant, "/", profile_.id, " subscribes '", filter, "' QoS ",
                   static_cast<int>(entry.options.maximum_qos));
  }
  const auto sub_id =
      profile_.version == Version::v5 ? static_cast<std::uint32_t>(random.below(4)) : 0;
  const auto id = fresh_id();
  asked_[id] = filters;
  Bytes bytes;
  mqtt::encode_subscribe(static_cast<PacketId>(id), sub_id, entries, profile_.version, bytes);
  send(bytes);
}

void Client::unsubscribe() {
  const auto filter = filter_text();
  const std::string_view view = filter;
  const auto id = fresh_id();
  left_[id] = 1;
  context_.trace(profile_.tenant, "/", profile_.id, " unsubscribes '", filter, "'");
  Bytes bytes;
  mqtt::encode_unsubscribe(static_cast<PacketId>(id), {&view, 1}, profile_.version, bytes);
  send(bytes);
}

void Client::ping() {
  ++pings_;
  Bytes bytes;
  mqtt::encode_pingreq(bytes);
  send(bytes);
}

// In the order in which they fell due [MQTT-4.6.0-2], [MQTT-4.6.0-3].
void Client::pay() {
  if (wire_ == nullptr || debts_.empty()) {
    return;
  }
  const auto debt = debts_.front();
  debts_.pop_front();
  send_ack(debt.type, debt.id);
  if (debt.type == PacketType::puback || debt.type == PacketType::pubcomp) {
    unpaid_.erase(debt.id);
  }
}

void Client::send_ack(PacketType type, std::uint16_t id) {
  Bytes bytes;
  mqtt::encode_ack(type, {.packet_id = static_cast<PacketId>(id)}, profile_.version, bytes);
  send(bytes);
}

void Client::send(const Bytes& bytes) {
  wire_->send(bytes);
}

std::uint16_t Client::fresh_id() {
  const auto used = [this](std::uint16_t id) {
    return asked_.contains(id) || left_.contains(id) ||
           std::any_of(in_flight_.begin(), in_flight_.end(),
                       [id](const auto& message) { return message.id == id; });
  };
  std::uint16_t id = 1;  // so each is used again soon
  while (used(id)) {
    ++id;
  }
  return id;
}

std::string Client::filter_text() {
  std::string filter(context_.random.one_of(kFilters));
  for (const auto& [mark, name] :
       {std::pair{'T', &profile_.tenant}, {'O', &profile_.other_tenant}}) {
    if (const auto place = filter.find(mark); place != std::string::npos) {
      filter.replace(place, 1, *name);
      break;
    }
  }
  return filter.empty() ? "#" : filter;
}

// The tenant's name is in every payload, and no two are equal.
std::string Client::new_payload() {
  auto payload = text_of(profile_.tenant, "|", profile_.id, "|", next_payload_++, "|");
  if (context_.random.chance(4)) {
    payload.append(context_.random.between(100, 8'000), '.');
  }
  return payload;
}

}  // namespace owb::simulation
