// What peers can make grow, stays bounded; and what was cut short goes on.
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

class Bounds : public testing::Test {
 protected:
  void retains(Client& client, int count, std::size_t bytes) {
    for (int i = 0; i < count; ++i) {
      client.publishes("alice/t" + std::to_string(i), std::string(bytes, 'x'), {.retain = true});
    }
  }

  World world;
  const Connecting kPersistent{.version = Version::v311, .clean = false};
};

TEST_F(Bounds, EveryPingIsAnsweredWhenTheReplayIsDone) {  // [MQTT-3.12.4-1]
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects();
  retains(home, 200, 1'000);
  phone.connects();
  phone.reads = false;
  phone.subscribes("alice/#", {.qos = Qos::at_most_once});
  for (int i = 0; i < 3; ++i) {
    phone.pings();
  }
  phone.reads = true;
  world.settles();
  EXPECT_THAT(phone.messages(), SizeIs(200));
  EXPECT_THAT(phone.take(PacketType::pingresp), SizeIs(3));
}

TEST_F(Bounds, PingsThatWaitForAReplayAreCounted) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects();
  retains(home, 200, 1'000);
  phone.connects();
  phone.reads = false;
  phone.subscribes("alice/#", {.qos = Qos::at_most_once});
  Bytes pings;
  for (int i = 0; i < 1'001; ++i) {
    mqtt::encode_pingreq(pings);
  }
  phone.sends(pings);
  EXPECT_TRUE(phone.closed);
}

TEST_F(Bounds, WhoDoesNotReadAnswersIsNotReadFrom) {
  auto& rude = world.client("alice", "rude");
  rude.connects();
  rude.reads = false;
  Bytes pings;
  constexpr std::size_t kPings = 100'000;
  for (std::size_t i = 0; i < kPings; ++i) {
    mqtt::encode_pingreq(pings);
  }
  rude.feeds(pings);
  EXPECT_TRUE(rude.reading_paused);
  EXPECT_LT(rude.link().backlog(), 80'000U);
  rude.reads = true;
  world.settles();
  EXPECT_FALSE(rude.reading_paused);
  EXPECT_THAT(rude.take(PacketType::pingresp), SizeIs(kPings));
}

TEST_F(Bounds, AnUnacknowledgedMessageDoesNotKeepThoseAfterIt) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects();
  phone.connects();
  phone.subscribes("alice/a");
  phone.acknowledges = false;
  home.publishes("alice/a", "first");
  const auto first = phone.messages();
  ASSERT_THAT(first, SizeIs(1));
  phone.acknowledges = true;
  for (int i = 0; i < 1'000; ++i) {
    home.publishes("alice/a", std::to_string(i));
  }
  EXPECT_THAT(phone.messages(), SizeIs(1'000));
  EXPECT_LE(phone.link().session()->queued(), 130U);
  EXPECT_EQ(phone.link().session()->in_flight(), 1U);
  phone.sends_ack(PacketType::puback, static_cast<std::uint16_t>(first[0].id));
  EXPECT_EQ(phone.link().session()->queued(), 0U);
}

TEST_F(Bounds, RetainedMessagesWaitForRoomInBytes) {
  world.registers("alice", 1, false, 1, "queue_bytes=20000");
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects();
  retains(home, 100, 1'000);
  phone.connects({.version = Version::v311, .clean = false});
  phone.reads = false;
  phone.subscribes("alice/+");
  world.settles();
  phone.reads = true;
  world.settles();
  EXPECT_THAT(phone.messages(), SizeIs(100));
  EXPECT_EQ(phone.link().session()->dropped(), 0U);
}

TEST_F(Bounds, AnUnfinishedReplayGoesOnInThePersistentSession) {  // [MQTT-3.3.1-6]
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects();
  retains(home, 300, 1'000);
  phone.connects(kPersistent);
  phone.reads = false;
  phone.subscribes("alice/#");
  phone.drops();
  phone.reads = true;
  phone.connects(kPersistent);
  std::size_t fresh = 0;
  for (const auto& message : phone.messages()) {
    fresh += message.dup ? 0U : 1U;
  }
  EXPECT_GE(fresh, 200U);
  EXPECT_LE(fresh, 300U);
  EXPECT_EQ(phone.link().session()->dropped(), 0U);
}

TEST_F(Bounds, TheQuotaOfQos2CountsThisConnectionOnly) {  // [MQTT5-3.3.4-7], [MQTT5-4.9.0-1]
  world.settings.receive_maximum = 2;
  auto& phone = world.client("alice", "phone");
  const Connecting how{.clean = false, .expiry = 1'000};
  phone.acknowledges = false;
  phone.connects(how);
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once, .id = 1});
  phone.publishes("alice/a", "2", {.qos = Qos::exactly_once, .id = 2});
  phone.drops();
  phone.connects(how);
  phone.publishes("alice/a", "3", {.qos = Qos::exactly_once, .id = 3});
  phone.publishes("alice/a", "4", {.qos = Qos::exactly_once, .id = 4});
  EXPECT_TRUE(phone.connected());
  phone.sends_ack(PacketType::pubrel, 3);
  phone.publishes("alice/a", "5", {.qos = Qos::exactly_once, .id = 5});
  EXPECT_TRUE(phone.connected());
  phone.publishes("alice/a", "6", {.qos = Qos::exactly_once, .id = 6});
  ASSERT_TRUE(phone.closed);
  EXPECT_EQ(phone.last(PacketType::disconnect)->reason, Reason::receive_maximum_exceeded);
}

TEST_F(Bounds, AMemberThatEndsPassesOnOnlyWhatIsStillFresh) {  // [MQTT5-3.3.2-5]
  auto& one = world.client("alice", "one");
  auto& two = world.client("alice", "two");
  auto& home = world.client("alice", "home");
  home.connects();
  one.connects({.clean = false, .expiry = 10});
  one.subscribes("$share/g/alice/a", {.qos = Qos::at_least_once});
  one.drops();
  home.publishes("alice/a", "old", {.expiry = 2});
  home.publishes("alice/a", "new", {.expiry = 100});
  two.connects();
  two.subscribes("$share/g/alice/a", {.qos = Qos::at_least_once});
  world.passes_ms(11'000);
  EXPECT_THAT(two.receives(), ElementsAre("alice/a=new q1"));
}

TEST_F(Bounds, AMemberThatEndsPassesOnQos2ThatWasNeverSent) {  // [MQTT5-4.8.2-5]
  auto& one = world.client("alice", "one");
  auto& two = world.client("alice", "two");
  auto& home = world.client("alice", "home");
  home.connects();
  one.connects({.clean = false, .expiry = 10, .receive_maximum = 1});
  one.subscribes("$share/g/alice/a");
  one.acknowledges = false;
  home.publishes("alice/a", "sent", {.qos = Qos::exactly_once});
  home.publishes("alice/a", "waits", {.qos = Qos::exactly_once});
  one.drops();
  two.connects();
  two.subscribes("$share/g/alice/a");
  world.passes_ms(11'000);
  EXPECT_THAT(two.receives(), ElementsAre("alice/a=waits q2"));
}

TEST_F(Bounds, GroupsAreTheirFiltersAsWritten) {  // [MQTT5 4.8.2]
  auto& one = world.client("alice", "one");
  auto& two = world.client("alice", "two");
  one.connects();
  two.connects();
  one.subscribes("$share/g/alice/a");
  two.subscribes("$share/g/+/a");
  one.publishes("alice/a", "1");
  EXPECT_THAT(one.receives(), SizeIs(1));
  EXPECT_THAT(two.receives(), SizeIs(1));
}

TEST_F(Bounds, ALoginBeforeTheNewsOfARecreatedTenantStartsEmpty) {  // rule 6, F25
  world.registers("alice", 1);
  auto& before = world.client("alice", "home");
  before.connects();
  before.publishes("alice/a", "secret", {.retain = true});
  world.records("alice", 2);
  auto& after = world.client("alice", "phone");
  after.connects();
  EXPECT_TRUE(before.closed);
  after.subscribes("alice/a");
  EXPECT_THAT(after.receives(), IsEmpty());
  world.registers("alice", 2);  // the news comes second, and ends nobody
  EXPECT_TRUE(after.connected());
}

TEST_F(Bounds, ALoginCheckedBeforeTheTenantWasDeletedProvesNothing) {  // rule 6, F25
  world.registers("alice", 1);
  auto& home = world.client("alice", "home");
  home.connects();
  auto& phone = world.client("alice", "phone");
  world.logins_wait = true;
  phone.connects();
  world.deletes("alice");
  world.answers_login(world.waiting.at(0), true);
  EXPECT_TRUE(phone.closed);
  EXPECT_EQ(world.hub("alice").link_count(), 0U);
}

// Looking through the whole queue for each of them takes minutes here (F11).
TEST_F(Bounds, StrayAcknowledgementsBesideALongQueue) {
  constexpr std::uint16_t kUnknown = 50'000;
  constexpr int kQueued = 60'000;
  constexpr int kStray = 300'000;
  world.settings.max_queued_messages = world.settings.file_user_limits.queue_messages = 0;
  world.settings.max_inflight = 0;
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects({.clean = false, .expiry = 1'000, .receive_maximum = 20});
  home.subscribes("alice/a");
  home.acknowledges = false;
  phone.connects();
  Bytes bytes;
  for (int i = 0; i < kQueued; ++i) {
    mqtt::encode_publish({.qos = Qos::at_least_once,
                          .topic = "alice/a",
                          .packet_id = static_cast<mqtt::PacketId>(1),
                          .payload = as_byte_view("x")},
                         Version::v5, bytes);
  }
  phone.sends(bytes);
  const auto sent = home.messages();
  ASSERT_THAT(sent, SizeIs(20));
  bytes.clear();
  for (int i = 0; i < kStray; ++i) {
    const auto type = i % 2 == 0 ? PacketType::puback : PacketType::pubcomp;
    mqtt::encode_ack(type, {.packet_id = static_cast<mqtt::PacketId>(kUnknown)}, Version::v5,
                     bytes);
  }
  home.sends(bytes);
  EXPECT_TRUE(home.connected());
  EXPECT_EQ(home.link().session()->queued(), std::size_t{kQueued});
  for (std::size_t i = sent.size(); i-- > 0;) {  // in any order
    home.sends_ack(PacketType::puback, static_cast<std::uint16_t>(sent[i].id));
  }
  EXPECT_THAT(home.messages(), SizeIs(20));
  EXPECT_EQ(home.link().session()->queued(), std::size_t{kQueued} - 20);
}

}  // namespace
}  // namespace owb::core
