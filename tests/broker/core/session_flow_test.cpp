// What is on its way in a session: QoS flows, windows, queues.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace owb::core {
namespace {

using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;
using testing::ElementsAre;
using testing::IsEmpty;

class SessionFlows : public testing::Test {
 protected:
  World world;
  const Connecting kPersistent{.version = Version::v311, .clean = false};
};

std::vector<unsigned> ids_of(const std::vector<Packet>& packets) {
  std::vector<unsigned> ids;
  for (const auto& packet : packets) {
    ids.push_back(static_cast<unsigned>(packet.id));
  }
  return ids;
}

TEST_F(SessionFlows, RepeatUnacknowledgedMessagesWithDup) {  // [MQTT-4.4.0-1], [MQTT-3.3.1-1]
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/#");
  phone.connects();
  home.acknowledges = false;
  phone.publishes("alice/a", "1");
  phone.publishes("alice/b", "2", {.qos = Qos::exactly_once});
  const auto first = home.messages();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_FALSE(first[0].dup);
  home.drops();
  phone.publishes("alice/c", "3");
  home.connects(kPersistent);
  const auto again = home.messages();
  ASSERT_EQ(again.size(), 3U);
  EXPECT_TRUE(again[0].dup);
  EXPECT_TRUE(again[1].dup);
  EXPECT_FALSE(again[2].dup);
  EXPECT_EQ(again[0].id, first[0].id);
  EXPECT_EQ(again[1].id, first[1].id);
  EXPECT_EQ(again[2].payload, "3");
}

TEST_F(SessionFlows, ReleaseOnlyAfterPubrec) {  // F12: exactly once over a break
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/#");
  phone.connects();
  home.acknowledges = false;
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  const auto id = static_cast<std::uint16_t>(home.messages().at(0).id);
  home.sends_ack(PacketType::pubrec, id);
  EXPECT_EQ(home.take(PacketType::pubrel).size(), 1U);
  home.drops();
  home.connects(kPersistent);
  EXPECT_THAT(home.messages(), IsEmpty());  // the message is not repeated, PUBREL is
  EXPECT_THAT(ids_of(home.take(PacketType::pubrel)), ElementsAre(id));
  home.sends_ack(PacketType::pubcomp, id);
  home.drops();
  home.connects(kPersistent);
  EXPECT_THAT(home.take(PacketType::pubrel), IsEmpty());
}

TEST_F(SessionFlows, AReceivedIdIsKnownUntilReleased) {  // [MQTT-4.3.3-2], F10, F12
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.subscribes("alice/#");
  home.acknowledges = false;
  home.connects(kPersistent);
  const Publishing first{.qos = Qos::exactly_once, .id = 7};
  const Publishing again{.qos = Qos::exactly_once, .dup = true, .id = 7};
  home.publishes("alice/a", "1", first);
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(home.publishes("alice/a", "1", again), Reason::success);
  }
  home.drops();
  home.connects(kPersistent);
  home.publishes("alice/a", "1", again);
  EXPECT_EQ(phone.receives().size(), 1U);
  home.sends_ack(PacketType::pubrel, 7);
  EXPECT_EQ(home.take(PacketType::pubcomp).size(), 1U);
  home.publishes("alice/a", "2", first);
  EXPECT_EQ(phone.receives().size(), 1U);
}

TEST_F(SessionFlows, StrayAcknowledgementsChangeNothing) {  // F11, [MQTT5-3.6.2-1], [MQTT5-3.7.2-1]
  auto& alice = world.client("alice");
  alice.acknowledges = false;
  alice.connects({.receive_maximum = 2});
  alice.subscribes("alice/#");
  for (int i = 0; i < 4; ++i) {
    alice.publishes("alice/a", std::to_string(i));
  }
  EXPECT_EQ(alice.messages().size(), 2U);
  for (std::uint16_t id = 77; id < 80; ++id) {
    alice.sends_ack(PacketType::puback, id);
    alice.sends_ack(PacketType::pubcomp, id);
  }
  EXPECT_THAT(alice.messages(), IsEmpty());
  alice.sends_ack(PacketType::pubrel, 99);
  EXPECT_EQ(alice.last(PacketType::pubcomp)->reason, Reason::packet_identifier_not_found);
  alice.sends_ack(PacketType::pubrec, 98);
  EXPECT_EQ(alice.last(PacketType::pubrel)->reason, Reason::packet_identifier_not_found);
  EXPECT_TRUE(alice.connected());
}

TEST_F(SessionFlows, KeepToTheReceiveMaximum) {  // [MQTT5-3.3.4-9]
  auto& alice = world.client("alice");
  alice.acknowledges = false;
  alice.connects({.receive_maximum = 3});
  alice.subscribes("alice/#");
  for (int i = 0; i < 10; ++i) {
    alice.publishes("alice/a", std::to_string(i),
                    {.qos = i % 2 == 0 ? Qos::at_least_once : Qos::exactly_once});
  }
  alice.publishes("alice/a", "q0", {.qos = Qos::at_most_once});  // never waits
  auto messages = alice.messages();
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[3].payload, "q0");
  // Acknowledged out of order: each makes room for one.
  alice.sends_ack(PacketType::puback, static_cast<std::uint16_t>(messages[2].id));
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=3 q2"));
  // PUBREC makes none, PUBCOMP does.
  const auto second = static_cast<std::uint16_t>(messages[1].id);
  alice.sends_ack(PacketType::pubrec, second);
  EXPECT_THAT(alice.receives(), IsEmpty());
  alice.sends_ack(PacketType::pubcomp, second);
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=4 q1"));
}

TEST_F(SessionFlows, ARefusingPubrecEndsTheFlow) {  // [MQTT5-4.3.3-4]
  auto& alice = world.client("alice");
  alice.acknowledges = false;
  alice.connects({.receive_maximum = 1});
  alice.subscribes("alice/#");
  alice.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  alice.publishes("alice/a", "2", {.qos = Qos::exactly_once});
  const auto id = static_cast<std::uint16_t>(alice.messages().at(0).id);
  alice.sends_ack(PacketType::pubrec, id, Reason::quota_exceeded);
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=2 q2"));
  EXPECT_THAT(alice.take(PacketType::pubrel), IsEmpty());
}

TEST_F(SessionFlows, OldClientsGetTwentyAtOnce) {  // design 4
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.acknowledges = false;
  home.connects(kPersistent);
  home.subscribes("alice/#");
  phone.connects();
  for (int i = 0; i < 30; ++i) {
    phone.publishes("alice/a", std::to_string(i));
  }
  EXPECT_EQ(home.messages().size(), 20U);
}

TEST_F(SessionFlows, OldClientsMayHaveManyUnreleased) {  // design 4: a home sends its whole queue
  auto& home = world.client("alice", "home");
  home.acknowledges = false;
  home.connects(kPersistent);
  for (std::uint16_t id = 1; id <= 5'000; ++id) {
    ASSERT_EQ(home.publishes("alice/a", "x", {.qos = Qos::exactly_once, .id = id}),
              Reason::success);
  }
  EXPECT_TRUE(home.connected());
}

TEST_F(SessionFlows, NewClientsKeepToOurReceiveMaximum) {  // [MQTT5-3.3.4-7], [MQTT5-3.3.4-8]
  world.settings.receive_maximum = 5;
  auto& home = world.client("alice", "home");
  home.acknowledges = false;
  home.connects();
  for (std::uint16_t id = 1; id <= 5; ++id) {
    home.publishes("alice/a", "x", {.qos = Qos::exactly_once, .id = id});
  }
  EXPECT_TRUE(home.connected());
  home.publishes("alice/a", "x", {.qos = Qos::exactly_once, .id = 6});
  EXPECT_EQ(home.last(PacketType::disconnect)->reason, Reason::receive_maximum_exceeded);
}

TEST_F(SessionFlows, AFullQueueDropsTheNewMessage) {  // F37, design 10
  world.settings.file_user_limits.queue_messages = 5;
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/#");
  home.drops();
  phone.connects();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(phone.publishes("alice/a", std::to_string(i)), Reason::success);
  }
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=0 q1", "alice/a=1 q1", "alice/a=2 q1",
                                           "alice/a=3 q1", "alice/a=4 q1"));
  EXPECT_EQ(world.realm().stats().messages_dropped, 5U);
  phone.publishes("alice/a", "x");
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=x q1"));
}

TEST_F(SessionFlows, AQueueIsLimitedInBytesToo) {
  world.settings.file_user_limits.queue_bytes = 1'000;
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/#");
  home.drops();
  phone.connects();
  for (int i = 0; i < 10; ++i) {
    phone.publishes("alice/a", std::string(298, 'x'));
  }
  home.connects(kPersistent);
  EXPECT_EQ(home.messages().size(), 3U);
}

TEST_F(SessionFlows, ASlowReaderIsBoundedAndOthersGoOn) {  // F37
  world.settings.file_user_limits.queue_bytes = 100'000;
  auto& tab = world.client("alice", "tab");
  auto& phone = world.client("alice", "phone");
  tab.connects();
  tab.subscribes("alice/#", {.qos = Qos::at_most_once});
  phone.connects();
  phone.subscribes("alice/#", {.qos = Qos::at_most_once});
  tab.reads = false;
  for (int i = 0; i < 3'000; ++i) {
    phone.publishes("alice/a", std::string(100, 'x'), {.qos = Qos::at_most_once});
  }
  EXPECT_EQ(phone.messages().size(), 3'000U);
  EXPECT_LT(tab.link().backlog(), 101'000U);
  EXPECT_GT(world.realm().stats().messages_dropped, 0U);
  tab.reads = true;
  world.settles();
  EXPECT_GT(tab.messages().size(), 500U);
  phone.publishes("alice/a", "fresh", {.qos = Qos::at_most_once});
  EXPECT_THAT(tab.receives(), ElementsAre("alice/a=fresh"));
}

TEST_F(SessionFlows, QueuedMessagesExpire) {  // [MQTT5-3.3.2-5], [MQTT5-3.3.2-6]
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects({.expiry = 1'000});
  home.subscribes("alice/#");
  home.drops();
  phone.connects();
  phone.publishes("alice/a", "1", {.expiry = 10});
  phone.publishes("alice/b", "2", {.expiry = 100});
  world.passes_ms(20'000);
  home.connects({.clean = false, .expiry = 1'000});
  const auto messages = home.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].payload, "2");
  EXPECT_EQ(messages[0].expiry, 80U);
}

TEST_F(SessionFlows, StayOrderedOverManyMessages) {  // [MQTT-4.6.0-6]
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  world.settings.file_user_limits.queue_messages = 0;
  home.connects(kPersistent);
  home.subscribes("alice/#");
  phone.connects();
  int sent = 0;
  for (int round = 0; round < 20; ++round) {
    home.acknowledges = round % 3 != 0;
    for (int i = 0; i < 37; ++i) {
      phone.publishes("alice/a", std::to_string(sent++),
                      {.qos = i % 2 == 0 ? Qos::at_least_once : Qos::exactly_once});
    }
    home.drops();
    home.acknowledges = true;
    home.connects(kPersistent);
  }
  phone.publishes("alice/a", "end");
  EXPECT_THAT(home.receives(), testing::Contains("alice/a=end q1"));
  EXPECT_EQ(home.link().session()->queued(), 0U);
  EXPECT_EQ(home.link().session()->in_flight(), 0U);
}

}  // namespace
}  // namespace owb::core
