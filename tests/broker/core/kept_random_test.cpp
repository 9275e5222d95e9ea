// kill -9 at any moment, commits at any moment: what was acknowledged is there, QoS 2 exactly once.
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace owb::core {
namespace {

using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Version;

/// Sends numbers and repeats what was not acknowledged, as the specification asks of a client.
class Sender {
 public:
  Sender(Client& client, Qos qos) : client_(client), qos_(qos) { client_.acknowledges = false; }

  void connects() {
    connack_seen_ = false;
    connack_came_ =
        client_.connects({.version = Version::v311, .clean = false}) == mqtt::Reason::success;
  }

  /// Takes in what the broker said; true once the connection is usable.
  bool listens() {
    if (!client_.connected()) {
      return false;
    }
    if (!connack_seen_ && !connack_came_ && client_.take(PacketType::connack).empty()) {
      return false;
    }
    if (!connack_seen_) {
      connack_seen_ = true;
      repeats();
    }
    const auto done = qos_ == Qos::at_least_once ? PacketType::puback : PacketType::pubcomp;
    for (const auto& packet : client_.take(PacketType::pubrec)) {
      if (const auto open = open_.find(id_of(packet)); open != open_.end()) {
        open->second.released = true;
        client_.sends_ack(PacketType::pubrel, id_of(packet));
      }
    }
    for (const auto& packet : client_.take(done)) {
      if (const auto open = open_.find(id_of(packet)); open != open_.end()) {
        acknowledged.push_back(open->second.number);
        open_.erase(open);
      }
    }
    return true;
  }

  void sends(const std::string& topic) {
    if (open_.size() >= 10) {
      return;
    }
    do {
      ++next_id_;
    } while (next_id_ == 0 || open_.contains(next_id_));
    topic_ = topic;
    open_[next_id_] = {.number = next_number_++, .order = next_order_++};
    publishes(next_id_, false);
  }

  bool idle() const { return open_.empty(); }

  int sent() const { return next_number_; }

  std::vector<int> acknowledged;

 private:
  struct Open {
    int number = 0;
    int order = 0;
    bool released = false;
  };

  static std::uint16_t id_of(const Packet& packet) { return static_cast<std::uint16_t>(packet.id); }

  void publishes(std::uint16_t id, bool dup) {
    Bytes bytes;
    const auto payload = std::to_string(open_.at(id).number);
    mqtt::encode_publish({.topic_prefix = topic_,
                          .payload = as_byte_view(payload),
                          .qos = qos_,
                          .dup = dup,
                          .packet_id = static_cast<mqtt::PacketId>(id)},
                         Version::v311, bytes);
    client_.sends(bytes);
  }

  void repeats() {
    std::map<int, std::uint16_t> in_order;
    for (const auto& [id, open] : open_) {
      in_order[open.order] = id;
    }
    for (const auto& [order, id] : in_order) {
      if (open_.at(id).released) {
        client_.sends_ack(PacketType::pubrel, id);
      } else {
        publishes(id, true);
      }
    }
  }

  Client& client_;
  Qos qos_;
  bool connack_came_ = false;
  bool connack_seen_ = false;
  std::string topic_;
  std::map<std::uint16_t, Open> open_;
  std::uint16_t next_id_ = 0;
  int next_number_ = 0;
  int next_order_ = 0;
};

/// Takes messages and keeps the ids of QoS 2, as the specification asks of a client.
class Receiver {
 public:
  explicit Receiver(Client& client) : client_(client) { client_.acknowledges = false; }

  void connects() { client_.connects({.version = Version::v311, .clean = false}); }

  void listens() {
    if (!client_.connected()) {
      return;
    }
    for (const auto& packet : client_.messages()) {
      const auto id = static_cast<std::uint16_t>(packet.id);
      if (packet.qos == Qos::exactly_once) {
        if (ids_.insert(id).second) {
          got[packet.topic].push_back(std::stoi(packet.payload));
        }
        client_.sends_ack(PacketType::pubrec, id);
      } else {
        got[packet.topic].push_back(std::stoi(packet.payload));
        client_.sends_ack(PacketType::puback, id);
      }
    }
    for (const auto& packet : client_.take(PacketType::pubrel)) {
      ids_.erase(static_cast<std::uint16_t>(packet.id));
      client_.sends_ack(PacketType::pubcomp, static_cast<std::uint16_t>(packet.id));
    }
  }

  std::map<std::string, std::vector<int>> got;

 private:
  Client& client_;
  std::set<std::uint16_t> ids_;
};

class KeptRandom : public testing::TestWithParam<std::uint32_t> {};

INSTANTIATE_TEST_SUITE_P(Seeds, KeptRandom, testing::Range(1U, 25U));

TEST_P(KeptRandom, WhatIsAcknowledgedSurvivesAndQos2ComesOnce) {  // F12, F47
  World world;
  world.keeps = true;
  std::mt19937 random(GetParam());
  const auto chance = [&random](unsigned percent) { return random() % 100 < percent; };
  auto& one = world.client("alice", "one");
  auto& two = world.client("alice", "two");
  auto& home = world.client("alice", "home");
  Sender sender1(one, Qos::at_least_once);
  Sender sender2(two, Qos::exactly_once);
  Receiver receiver(home);
  const auto connect_all = [&] {
    sender1.connects();
    sender2.connects();
    receiver.connects();
  };
  connect_all();
  home.subscribes("alice/#");
  world.keeper.by_itself = false;
  for (int step = 0; step < 600; ++step) {
    if (chance(2)) {
      world.crashes();
      connect_all();
    } else if (chance(3)) {
      home.drops();
      receiver.connects();
    } else if (chance(3)) {
      two.drops();
      sender2.connects();
    }
    if (chance(25)) {
      world.commits();
    }
    if (sender1.listens() && chance(30)) {
      sender1.sends("alice/one");
    }
    if (sender2.listens() && chance(30)) {
      sender2.sends("alice/two");
    }
    if (chance(40)) {
      receiver.listens();
    }
  }
  for (int step = 0; step < 400; ++step) {
    world.commits();
    sender1.listens();
    sender2.listens();
    receiver.listens();
  }
  ASSERT_TRUE(sender1.idle());
  ASSERT_TRUE(sender2.idle());
  ASSERT_GT(sender2.sent(), 20);
  std::vector<int> expected;
  for (int i = 0; i < sender2.sent(); ++i) {
    expected.push_back(i);
  }
  EXPECT_EQ(receiver.got["alice/two"], expected);
  const auto& at_least_once = receiver.got["alice/one"];
  EXPECT_EQ(std::set<int>(at_least_once.begin(), at_least_once.end()).size(),
            static_cast<std::size_t>(sender1.sent()));
}

}  // namespace
}  // namespace owb::core
