// Acknowledged is kept: what is said before the commit, and while the disk fails (F49).
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
using testing::SizeIs;

class SlowDisk : public testing::Test {
 protected:
  SlowDisk() { world.keeps = true; }

  void waits() { world.keeper.by_itself = false; }

  /// A client that was told of its subscription to alice/a, which has a message retained as in
  /// `how`, while a QoS 2 message on alice/b still waits for the commit of its packet id.
  Client& subscribes_while_more_is_held(const Publishing& how) {
    auto& home = world.client("alice", "home");
    auto& phone = world.client("alice", "phone");
    phone.connects();
    phone.publishes("alice/a", "1", how);
    home.connects(kPersistent);
    home.subscribes("alice/b");
    home.acknowledges = false;
    waits();
    home.subscribes("alice/a");
    world.keeper.commit();
    phone.publishes("alice/b", "2", {.qos = Qos::exactly_once});
    EXPECT_THAT(home.take(PacketType::suback), SizeIs(1));
    return home;
  }

  World world;
  const Connecting kPersistent{.version = Version::v311, .clean = false};
};

TEST_F(SlowDisk, HoldsBackPuback) {
  auto& home = world.client("alice", "home");
  home.connects();
  waits();
  home.publishes("alice/a", "1", {.retain = true});
  home.pings();
  EXPECT_THAT(home.take(PacketType::puback), IsEmpty());
  EXPECT_THAT(home.take(PacketType::pingresp), SizeIs(1));
  home.publishes("alice/b", "not retained, and nobody listens");
  EXPECT_THAT(home.take(PacketType::puback), IsEmpty());  // [MQTT-4.6.0-2]: in order
  world.commits();
  EXPECT_THAT(home.take(PacketType::puback), SizeIs(2));
  home.publishes("alice/b", "not kept");
  EXPECT_THAT(home.take(PacketType::puback), IsEmpty());  // World::publishes has taken it
}

TEST_F(SlowDisk, HoldsBackEveryStepOfQos2) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/a");
  home.acknowledges = false;
  phone.connects(kPersistent);
  phone.acknowledges = false;
  waits();
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once, .id = 5});
  EXPECT_THAT(phone.take(PacketType::pubrec), IsEmpty());
  EXPECT_THAT(home.messages(), IsEmpty());
  world.commits();
  EXPECT_THAT(phone.take(PacketType::pubrec), SizeIs(1));
  const auto sent = home.messages();
  ASSERT_THAT(sent, SizeIs(1));
  phone.sends_ack(PacketType::pubrel, 5);
  EXPECT_THAT(phone.take(PacketType::pubcomp), IsEmpty());
  home.sends_ack(PacketType::pubrec, static_cast<std::uint16_t>(sent[0].id));
  EXPECT_THAT(home.take(PacketType::pubrel), IsEmpty());
  world.commits();
  EXPECT_THAT(phone.take(PacketType::pubcomp), SizeIs(1));
  EXPECT_THAT(home.take(PacketType::pubrel), SizeIs(1));
}

TEST_F(SlowDisk, HoldsBackConnackAndSuback) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.publishes("alice/a", "1", {.qos = Qos::at_most_once, .retain = true});
  waits();
  home.connects(kPersistent);
  EXPECT_THAT(home.take(PacketType::connack), IsEmpty());
  home.subscribes("alice/a");
  world.commits();
  EXPECT_THAT(home.take(PacketType::suback), IsEmpty());
  EXPECT_THAT(home.receives(), IsEmpty());
  world.commits();
  EXPECT_THAT(home.take(PacketType::suback), SizeIs(1));
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 r"));
  home.unsubscribes("alice/a");
  EXPECT_THAT(home.take(PacketType::unsuback), IsEmpty());
  world.commits();
  EXPECT_THAT(home.take(PacketType::unsuback), SizeIs(1));
}

TEST_F(SlowDisk, RetainedMessagesFollowTheirSubackWhateverIsStillHeld) {
  auto& home = subscribes_while_more_is_held({.qos = Qos::at_most_once, .retain = true});
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 r"));
  world.commits();
  EXPECT_THAT(home.receives(), ElementsAre("alice/b=2 q2"));
}

TEST_F(SlowDisk, WhoWasToldOfItsSubscriptionGetsItsRetainedMessagesLater) {
  auto& home = subscribes_while_more_is_held({.retain = true});
  home.drops();
  world.commits();
  home.connects(kPersistent);
  world.commits();
  EXPECT_THAT(home.receives(), ElementsAre("alice/b=2 q2 dup", "alice/a=1 q1 r dup"));
}

TEST_F(SlowDisk, WhatWasNotCommittedWasNotSaid) {
  auto& home = world.client("alice", "home");
  home.connects(kPersistent);
  waits();
  home.publishes("alice/a", "1", {.retain = true});
  EXPECT_THAT(home.take(PacketType::puback), IsEmpty());
  world.crashes();
  world.keeper.by_itself = true;
  home.connects(kPersistent);
  home.subscribes("alice/a");
  EXPECT_THAT(home.receives(), IsEmpty());
}

TEST_F(SlowDisk, ATakenOverConnectionSaysNothingBeforeItsConnack) {  // [MQTT5-3.14.0-1]
  auto& home = world.client("alice", "home");
  auto& other = world.client("alice", "home");
  home.connects({.clean = false, .expiry = 10});
  home.drops();
  world.passes_ms(11'000);
  waits();
  home.connects({.clean = false, .expiry = 10});
  other.connects({.clean = false, .expiry = 10});
  EXPECT_TRUE(home.closed);
  EXPECT_THAT(home.take(PacketType::disconnect), IsEmpty());
  world.commits();
  EXPECT_THAT(other.take(PacketType::connack), testing::SizeIs(testing::Le(1U)));
  EXPECT_TRUE(other.connected());
}

TEST_F(SlowDisk, WhileItFailsLiveTrafficGoesOn) {  // F49
  auto& home = world.client("alice", "home");
  auto& old = world.client("alice", "old");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/#", {.qos = Qos::at_most_once});
  old.connects(kPersistent);
  phone.connects();
  world.keeper.fails = true;
  EXPECT_EQ(phone.publishes("alice/a", "1", {.retain = true}), Reason::quota_exceeded);
  EXPECT_EQ(phone.publishes("alice/a", "2", {.qos = Qos::exactly_once, .retain = true}),
            Reason::quota_exceeded);
  old.publishes("alice/b", "3", {.retain = true});
  EXPECT_THAT(old.take(PacketType::puback), IsEmpty());
  phone.publishes("alice/c", "4", {.qos = Qos::at_most_once});
  EXPECT_THAT(home.receives(), ElementsAre("alice/b=3", "alice/c=4"));
  home.drops();
  home.connects(kPersistent);  // a home gets in all the same
  EXPECT_TRUE(home.session_present);
  auto& fresh = world.client("alice", "fresh");
  EXPECT_EQ(fresh.connects(kPersistent), Reason::success);
  world.keeper.fails = false;
  world.commits();
  EXPECT_THAT(old.take(PacketType::puback), SizeIs(1));
  EXPECT_EQ(phone.publishes("alice/a", "5", {.retain = true}), Reason::success);
  world.crashes();
  phone.connects();
  phone.subscribes("alice/+");
  EXPECT_THAT(phone.receives(), ElementsAre("alice/a=5 q1 r", "alice/b=3 q1 r"));
}

TEST_F(SlowDisk, LiveTrafficGoesPastWhatIsHeld) {  // F49, design 1 and 7
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.publishes("alice/r", "0", {.qos = Qos::at_most_once, .retain = true});
  home.connects(kPersistent);
  world.commits();
  home.everything();
  world.keeper.fails = true;
  home.publishes("alice/b", "1", {.retain = true});  // 3.1.1: its PUBACK is held
  home.subscribes("alice/r", {.qos = Qos::at_most_once});
  home.subscribes("alice/a", {.qos = Qos::at_least_once});
  phone.publishes("alice/r", "2", {.qos = Qos::at_most_once});
  home.pings();
  std::vector<PacketType> types;
  for (const auto& packet : home.everything()) {
    types.push_back(packet.type);
  }
  EXPECT_THAT(types, ElementsAre(PacketType::publish, PacketType::publish, PacketType::pingresp));
  world.keeper.fails = false;
  world.commits();
  EXPECT_THAT(home.take(PacketType::puback), SizeIs(1));
  EXPECT_THAT(home.take(PacketType::suback), SizeIs(2));
}

TEST_F(SlowDisk, WhatWasPassedOnIsNotRefusedAfterwards) {  // F49, [MQTT5-4.3.3-10]
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  const Connecting how{.clean = false, .expiry = 1'000};
  home.connects();
  home.subscribes("alice/#");
  phone.connects(how);
  phone.acknowledges = false;
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once, .id = 5});
  phone.drops();
  world.keeper.fails = true;
  phone.connects(how);
  EXPECT_NE(phone.publishes("alice/a", "1", {.qos = Qos::exactly_once, .dup = true, .id = 5}),
            Reason::quota_exceeded);
  world.keeper.fails = false;
  world.commits();
  phone.sends_ack(PacketType::pubrel, 5);
  phone.publishes("alice/a", "2", {.qos = Qos::exactly_once, .id = 5});
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q2", "alice/a=2 q2"));
}

TEST_F(SlowDisk, BeyondTheBoundPublishersAreNotReadFrom) {  // F49
  world.settings.file_user_limits.packet_bytes = 0;
  auto& home = world.client("alice", "home");
  home.connects(kPersistent);
  world.keeper.fails = true;
  const std::string large(4U << 20U, 'x');
  for (int i = 0; i < 20 && !home.reading_paused; ++i) {
    home.publishes("alice/" + std::to_string(i), large, {.retain = true});
  }
  EXPECT_TRUE(home.reading_paused);
  EXPECT_LT(world.keeper.uncommitted_bytes(), 80U << 20U);
  world.passes_ms(20'000);  // not one more a second either
  EXPECT_TRUE(home.reading_paused);
  world.keeper.fails = false;
  world.commits();
  world.passes_ms(1'200);
  EXPECT_FALSE(home.reading_paused);
}

// F49: telemetry is never held up, but what waits for the disk has a bound all the same.
TEST_F(SlowDisk, BeyondTheBoundQos0IsCoalescedInItsPlace) {
  world.settings.file_user_limits.packet_bytes = 0;
  auto& home = world.client("alice", "home");
  home.connects({.keep_alive = 0});
  world.keeper.fails = true;
  for (int minute = 0; minute < 40; ++minute) {
    for (int topic = 0; topic < 4; ++topic) {
      home.publishes("alice/" + std::to_string(topic),
                     std::string(1U << 20U, static_cast<char>('a' + minute % 26)),
                     {.qos = Qos::at_most_once, .retain = true});
    }
    home.pings();
    EXPECT_FALSE(home.reading_paused);
    world.passes_ms(62'000);
  }
  EXPECT_LT(world.keeper.uncommitted_bytes(), 80U << 20U);
  home.publishes("alice/0", "last", {.qos = Qos::at_most_once, .retain = true});
  world.keeper.fails = false;
  world.commits();
  world.passes_ms(63'000);
  world.crashes();
  home.connects();
  home.subscribes("alice/0");
  EXPECT_THAT(home.receives(), ElementsAre("alice/0=last r"));
}

// Nothing is read meanwhile, so the keep alive says nothing about the client.
TEST_F(SlowDisk, StopsTheKeepAlive) {
  auto& home = world.client("alice", "home");
  home.connects({.version = Version::v311, .clean = false, .keep_alive = 10});
  waits();
  EXPECT_EQ(home.subscribes("alice/#"), 0xFFU);  // no SUBACK yet
  for (int i = 0; i < 8; ++i) {
    world.passes_ms(5'000);
    home.pings();
  }
  EXPECT_TRUE(home.connected());
  world.commits();
  EXPECT_THAT(home.take(PacketType::suback), SizeIs(1));
  EXPECT_THAT(home.take(PacketType::pingresp), SizeIs(8));
  world.passes_ms(14'000);
  EXPECT_TRUE(home.connected());
  world.passes_ms(2'000);
  EXPECT_FALSE(home.connected());
}

}  // namespace
}  // namespace owb::core
