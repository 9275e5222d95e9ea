// Sessions: QoS flows, resumption, takeover, windows, queues, expiry.
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

std::vector<unsigned> ids_of(const std::vector<Packet>& packets) {
  std::vector<unsigned> ids;
  for (const auto& packet : packets) {
    ids.push_back(static_cast<unsigned>(packet.id));
  }
  return ids;
}

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

TEST_F(Sessions, RepeatUnacknowledgedMessagesWithDup) {  // [MQTT-4.4.0-1], [MQTT-3.3.1-1]
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

TEST_F(Sessions, ReleaseOnlyAfterPubrec) {  // F12: exactly once over a break
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

TEST_F(Sessions, AReceivedIdIsKnownUntilReleased) {  // [MQTT-4.3.3-2], F10, F12
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

TEST_F(Sessions, StrayAcknowledgementsChangeNothing) {  // F11, [MQTT5-3.6.2-1], [MQTT5-3.7.2-1]
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

TEST_F(Sessions, KeepToTheReceiveMaximum) {  // [MQTT5-3.3.4-9]
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

TEST_F(Sessions, ARefusingPubrecEndsTheFlow) {  // [MQTT5-4.3.3-4]
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

TEST_F(Sessions, OldClientsGetTwentyAtOnce) {  // design 4
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

TEST_F(Sessions, OldClientsMayHaveManyUnreleased) {  // design 4: a home sends its whole queue
  auto& home = world.client("alice", "home");
  home.acknowledges = false;
  home.connects(kPersistent);
  for (std::uint16_t id = 1; id <= 5'000; ++id) {
    ASSERT_EQ(home.publishes("alice/a", "x", {.qos = Qos::exactly_once, .id = id}),
              Reason::success);
  }
  EXPECT_TRUE(home.connected());
}

TEST_F(Sessions, NewClientsKeepToOurReceiveMaximum) {  // [MQTT5-3.3.4-7], [MQTT5-3.3.4-8]
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

TEST_F(Sessions, AFullQueueDropsTheNewMessage) {  // F37, design 10
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

TEST_F(Sessions, AQueueIsLimitedInBytesToo) {
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

TEST_F(Sessions, ASlowReaderIsBoundedAndOthersGoOn) {  // F37
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

TEST_F(Sessions, QueuedMessagesExpire) {  // [MQTT5-3.3.2-5], [MQTT5-3.3.2-6]
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

TEST_F(Sessions, StayOrderedOverManyMessages) {  // [MQTT-4.6.0-6]
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
