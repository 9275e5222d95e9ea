// Sessions: resumption, takeover, expiry, limits.
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

class Sessions : public testing::Test {
 protected:
  World world;
  const Connecting kPersistent{.version = Version::v311, .clean = false};
};

TEST_F(Sessions, KeepWhatComesWhileTheClientIsAway) {  // [MQTT-3.1.2-5]
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/#");
  home.drops();
  phone.connects();
  phone.publishes("alice/a", "0", {.qos = Qos::at_most_once});
  phone.publishes("alice/a", "1", {.qos = Qos::at_least_once});
  phone.publishes("alice/b", "2", {.qos = Qos::exactly_once});
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q1", "alice/b=2 q2"));
  EXPECT_EQ(world.hub("alice").session_count(), 2U);
}

TEST_F(Sessions, SayWhetherTheyWereThere) {  // [MQTT-3.2.2-2]
  auto& home = world.client("alice", "home");
  const auto present = [&](bool clean) {
    home.connects({.version = Version::v311, .clean = clean});
    const bool was = home.session_present;
    home.drops();
    return was;
  };
  EXPECT_FALSE(present(false));
  EXPECT_TRUE(present(false));
  EXPECT_FALSE(present(true));  // [MQTT-3.2.2-1]
  EXPECT_FALSE(present(false));
}

TEST_F(Sessions, ACleanStartBeginsAnew) {  // [MQTT-3.1.2-6]
  auto& home = world.client("alice", "home");
  home.connects(kPersistent);
  home.subscribes("alice/a");
  home.drops();
  home.connects({.version = Version::v311, .clean = true});
  home.publishes("alice/a", "1");
  EXPECT_THAT(home.receives(), IsEmpty());
  home.drops();
  EXPECT_EQ(world.hub("alice").session_count(), 0U);
}

TEST_F(Sessions, BelongToTenantAndId) {  // rule 5, F21
  auto& alice = world.client("alice", "openWB");
  auto& bob = world.client("bob", "openWB");
  alice.connects(kPersistent);
  alice.subscribes("#");
  for (const bool clean : {false, true}) {
    bob.connects({.version = Version::v311, .clean = clean});
    EXPECT_TRUE(alice.connected());
    bob.publishes("bob/a", "1");
    EXPECT_THAT(bob.receives(), IsEmpty());
    bob.drops();
  }
  EXPECT_THAT(alice.receives(), IsEmpty());
  EXPECT_EQ(world.hub("alice").session_count(), 1U);
}

TEST_F(Sessions, TheNewcomerTakesOver) {  // [MQTT-3.1.4-2], [MQTT5-3.1.4-3]
  auto& old = world.client("alice", "same");
  auto& young = world.client("alice", "same");
  old.connects({.expiry = 100});
  old.subscribes("alice/#");
  young.connects({.clean = false, .expiry = 100});
  EXPECT_TRUE(old.closed);
  EXPECT_EQ(old.last(PacketType::disconnect)->reason, Reason::session_taken_over);
  young.publishes("alice/a", "1");
  EXPECT_THAT(young.receives(), ElementsAre("alice/a=1 q1"));
}

TEST_F(Sessions, F59_TwoDevicesWithOneIdDoNotTakeItFromEachOtherForEver) {
  auto& one = world.client("alice", "clone", Role::home);
  auto& two = world.client("alice", "clone", Role::home);
  auto& bob = world.client("bob", "clone", Role::home);
  auto& owner = world.client("alice", "phone");
  owner.connects();
  owner.subscribes("alice/cloud/denied");
  bob.connects({.version = Version::v311, .clean = false, .keep_alive = 0});
  std::size_t takeovers = 0;
  std::size_t refused = 0;
  for (int second = 0; second < 120; ++second) {
    auto& loser = one.connected() ? two : one;
    const auto reason = loser.connects(kPersistent);
    reason == Reason::success ? ++takeovers : ++refused;
    if (reason != Reason::success) {
      EXPECT_EQ(reason, Reason::server_unavailable);  // what 3.1.1 can say
    }
    EXPECT_NE(one.connected(), two.connected());
    world.passes_ms(1'000);
  }
  EXPECT_GT(takeovers, 20U);  // patience
  EXPECT_LT(takeovers, 35U);  // then one in ten seconds
  EXPECT_GT(refused, 80U);
  EXPECT_TRUE(bob.connected());
  const auto told = owner.receives();
  ASSERT_FALSE(told.empty());
  EXPECT_THAT(told.back(), testing::HasSubstr("two devices with the client id"));
  EXPECT_THAT(told.back(), testing::HasSubstr("clone"));

  // A device that comes back after a broken link is let in, however often it has been fought over.
  world.passes_ms(10'000);
  EXPECT_EQ(one.connects(kPersistent), Reason::success);
}

TEST_F(Sessions, F13_ATakeoverInTheMiddleOfQos2LeavesTheFlowToTheNewConnection) {
  auto& old = world.client("alice", "same");
  auto& young = world.client("alice", "same");
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.subscribes("alice/up");
  const Connecting kept{.clean = false, .expiry = 100};
  old.connects(kept);
  old.subscribes("alice/down");
  old.acknowledges = false;

  // Towards the client: one PUBLISH that was not answered, one that was received.
  phone.publishes("alice/down", "1", {.qos = Qos::exactly_once});
  phone.publishes("alice/down", "2", {.qos = Qos::exactly_once});
  const auto sent = old.messages();
  ASSERT_EQ(sent.size(), 2U);
  old.sends_ack(PacketType::pubrec, static_cast<std::uint16_t>(sent[1].id));
  // From the client: passed on, not released.
  old.publishes("alice/up", "3", {.qos = Qos::exactly_once, .id = 77});
  EXPECT_THAT(phone.receives(), ElementsAre("alice/up=3 q2"));

  young.acknowledges = false;
  young.connects(kept);
  EXPECT_TRUE(old.closed);
  const auto again = young.messages();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].id, sent[0].id);
  EXPECT_TRUE(again[0].dup);
  EXPECT_EQ(young.take(PacketType::pubrel).at(0).id, sent[1].id);
  young.publishes("alice/up", "3", {.qos = Qos::exactly_once, .dup = true, .id = 77});
  EXPECT_THAT(phone.receives(), IsEmpty());  // not a second time

  // What the old connection still says changes nothing.
  old.feeds(as_byte_view(std::string_view{"\x50\x02\x00\x01\x62\x02\x00\x4d", 8}));
  world.settles();
  EXPECT_THAT(young.take(PacketType::pubrel), IsEmpty());
  young.sends_ack(PacketType::pubrel, 77);
  EXPECT_EQ(young.last(PacketType::pubcomp)->reason, Reason::success);
  young.sends_ack(PacketType::pubrec, static_cast<std::uint16_t>(sent[0].id));
  young.sends_ack(PacketType::pubcomp, static_cast<std::uint16_t>(sent[0].id));
  young.sends_ack(PacketType::pubcomp, static_cast<std::uint16_t>(sent[1].id));
  EXPECT_EQ(young.link().session()->queued(), 0U);
}

TEST_F(Sessions, F60_OrphansOfANewBridgeAreEvictedOldestFirst) {
  // openWB draws a new client id at every save of its settings; the old sessions stay behind.
  world.registers("bob", 2, false, 1, "sessions=3 queue_bytes=8MB");
  auto& owner = world.client("bob", "owner");
  owner.connects();
  for (int save = 0; save < 5; ++save) {
    auto& bridge = world.client("bob", "openwbBridgecloud-" + std::to_string(save), Role::home);
    EXPECT_EQ(bridge.connects(kPersistent), Reason::success);
    bridge.subscribes("bob/#");
    bridge.drops();
    world.passes_ms(1'000);
    owner.publishes("bob/a", std::string(100'000, 'x'));
    EXPECT_LE(world.hub("bob").session_count(), 3U);
  }
  auto& first = world.client("bob", "openwbBridgecloud-0", Role::home);
  auto& last = world.client("bob", "openwbBridgecloud-4", Role::home);
  last.connects(kPersistent);
  EXPECT_TRUE(last.session_present);
  EXPECT_THAT(last.receives(), testing::SizeIs(1));
  first.connects(kPersistent);
  EXPECT_FALSE(first.session_present);
}

TEST_F(Sessions, F51_AJumpOfTheWallClockExpiresNothing) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  auto& gone = world.client("alice", "gone");
  for (const std::int64_t jump : {3'600, -3'600, 86'400 * 365, -86'400 * 365}) {
    SCOPED_TRACE(jump);
    phone.connects({.keep_alive = 10});
    phone.subscribes("alice/will");
    home.connects({.clean = false, .keep_alive = 10, .expiry = 60});
    home.subscribes("alice/a");
    home.drops();
    gone.connects({.expiry = 60, .will = make_will("alice/will", "1", 30)});
    gone.drops();
    phone.publishes("alice/a", "1", {.expiry = 60});
    phone.publishes("alice/r", "2", {.retain = true, .expiry = 60});
    world.wall_clock_jumps(jump);
    world.passes_ms(5'000);
    EXPECT_TRUE(phone.connected());
    EXPECT_THAT(phone.receives(), IsEmpty());  // no will before its time
    EXPECT_EQ(home.connects({.clean = false, .keep_alive = 10, .expiry = 60}), Reason::success);
    EXPECT_TRUE(home.session_present);
    const auto messages = home.messages();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].expiry, 55U);
    home.subscribes("alice/r");
    ASSERT_EQ(home.messages().size(), 1U);
    home.connects({.clean = true});
    home.drops();
    gone.connects({.clean = true});
    gone.drops();
    phone.drops();
    phone.receives();
  }
}

TEST_F(Sessions, BrowsersCannotTakeOverAHome) {
  auto& home = world.client("alice", "same", Role::home);
  auto& browser = world.client("alice", "same", Role::owner_web);
  auto& guest = world.client("alice", "same", Role::viewer);
  EXPECT_EQ(home.connects(), Reason::success);
  EXPECT_EQ(browser.connects(), Reason::success);
  EXPECT_EQ(guest.connects(), Reason::success);
  EXPECT_TRUE(home.connected());
  EXPECT_TRUE(browser.connected());
}

TEST_F(Sessions, EndWithTheirExpiry) {  // [MQTT5-3.1.2-23], [MQTT5-4.1.0-2]
  auto& home = world.client("alice", "home");
  home.connects({.expiry = 60});
  home.drops();
  world.passes_ms(59'900);
  EXPECT_EQ(world.hub("alice").session_count(), 1U);
  world.passes_ms(300);
  EXPECT_EQ(world.hub("alice").session_count(), 0U);
}

TEST_F(Sessions, NeverEndWhenAskedTo) {
  auto& home = world.client("alice", "home");
  home.connects({.expiry = 0xFFFF'FFFF});
  home.drops();
  world.realm().advance({.mono_ms = world.now().mono_ms + std::int64_t{400} * 86'400'000,
                         .wall_s = world.now().wall_s});
  EXPECT_EQ(world.hub("alice").session_count(), 1U);
}

TEST_F(Sessions, AReturnStopsTheClock) {
  auto& home = world.client("alice", "home");
  home.connects({.expiry = 60});
  home.drops();
  world.passes_ms(50'000);
  home.connects({.clean = false, .expiry = 60});
  EXPECT_TRUE(home.connected());
  world.passes_ms(30'000);
  home.pings();
  home.drops();
  world.passes_ms(50'000);
  EXPECT_EQ(world.hub("alice").session_count(), 1U);
  world.passes_ms(11'000);
  EXPECT_EQ(world.hub("alice").session_count(), 0U);
}

TEST_F(Sessions, DisconnectMayChangeTheExpiry) {  // [MQTT5 3.14.2.2.2], [MQTT5-3.1.2-23]
  auto& home = world.client("alice", "home");
  home.connects({.expiry = 60});
  home.leaves(Reason::success, 0);
  EXPECT_EQ(world.hub("alice").session_count(), 0U);
  home.connects();
  home.leaves(Reason::success, 100);
  EXPECT_EQ(home.last(PacketType::disconnect)->reason, Reason::protocol_error);
}

// Design 10; the oldest one that is away makes room, never one that is connected [MQTT-4.1.0-2],
// [MQTT5-4.1.0-1].
TEST_F(Sessions, AreLimitedByTheTenant) {
  world.registers("alice", 1, false, 1, "sessions=3 connections=10 session_expiry_home=100s");
  std::vector<Client*> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(&world.client("alice", "id" + std::to_string(i)));
  }
  const Connecting persistent{.version = Version::v311, .clean = false};
  for (int i = 0; i < 3; ++i) {
    clients[static_cast<std::size_t>(i)]->connects(persistent);
  }
  EXPECT_EQ(clients[3]->connects({}), Reason::quota_exceeded);
  clients[1]->drops();
  world.passes_ms(1'000);
  clients[0]->drops();
  EXPECT_EQ(clients[3]->connects(persistent), Reason::success);  // in place of id1
  EXPECT_EQ(world.hub("alice").session_count(), 3U);
  world.passes_ms(101'000);
  EXPECT_EQ(world.hub("alice").session_count(), 2U);
}

}  // namespace
}  // namespace owb::core
