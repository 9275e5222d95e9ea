// What is acknowledged survives the process: every test ends it without a word.
#include <algorithm>
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

class Kept : public testing::Test {
 protected:
  Kept() { world.keeps = true; }

  World world;
  const Connecting kPersistent{.version = Version::v311, .clean = false};
  const Connecting kLong{.clean = false, .expiry = 1'000};
};

TEST_F(Kept, RetainedMessages) {  // F47
  auto& home = world.client("alice", "home");
  home.connects();
  home.publishes("alice/a", "1", {.retain = true});
  home.publishes("alice/b", "2", {.qos = Qos::exactly_once, .retain = true});
  home.publishes("alice/c", "3", {.retain = true});
  home.publishes("alice/c", "", {.retain = true});
  home.publishes("alice/a", "4", {.retain = true});
  world.crashes();
  home.connects();
  home.subscribes("alice/#");
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=4 q1 r", "alice/b=2 q2 r"));
  EXPECT_EQ(world.hub("alice").retained_count(), 2U);
}

TEST_F(Kept, RetainedQos0AfterTheInterval) {  // design 7
  auto& home = world.client("alice", "home");
  home.connects();
  home.publishes("alice/early", "1", {.qos = Qos::at_most_once, .retain = true});
  world.passes_ms(62'000);
  home.connects();
  home.publishes("alice/early", "2", {.qos = Qos::at_most_once, .retain = true});
  home.publishes("alice/late", "3", {.qos = Qos::at_most_once, .retain = true});
  world.crashes();
  home.connects();
  home.subscribes("alice/#");
  EXPECT_THAT(home.receives(), ElementsAre("alice/early=1 r"));
  home.publishes("alice/late", "4", {.qos = Qos::at_most_once, .retain = true});
  world.realm().shut_down();
  world.crashes();
  home.connects();
  home.subscribes("alice/#");
  EXPECT_THAT(home.receives(), ElementsAre("alice/early=1 r", "alice/late=4 r"));
}

TEST_F(Kept, TheBrokersOwnMessagesAreNot) {
  auto& home = world.client("alice", "home", Role::home);
  home.connects(kPersistent);
  world.crashes();
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.subscribes("alice/cloud/#");
  EXPECT_THAT(phone.receives(), IsEmpty());
}

TEST_F(Kept, SessionsWithSubscriptionsAndQueues) {  // F47
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/a", {.qos = Qos::at_least_once});
  home.subscribes("alice/b/+");
  home.subscribes("alice/gone");
  home.unsubscribes("alice/gone");
  home.drops();
  phone.connects();
  phone.publishes("alice/a", "1");
  phone.publishes("alice/b/x", "2", {.qos = Qos::exactly_once});
  world.crashes();
  phone.connects();
  phone.publishes("alice/a", "3");
  phone.publishes("alice/gone", "4");
  home.connects(kPersistent);
  EXPECT_TRUE(home.session_present);
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q1", "alice/b/x=2 q2", "alice/a=3 q1"));
  world.crashes();
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), IsEmpty());  // acknowledged
}

TEST_F(Kept, OptionsOfSubscriptions) {
  auto& home = world.client("alice", "home");
  home.connects(kLong);
  home.subscribes("alice/local", {.no_local = true, .id = 7});
  home.subscribes("alice/+", {.retain_as_published = true, .id = 8});
  world.crashes();
  home.connects(kLong);
  home.publishes("alice/local", "1", {.retain = true});
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.publishes("alice/local", "2", {.retain = true});
  const auto messages = home.messages();
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_TRUE(messages[0].retain);
  EXPECT_THAT(messages[0].subscription_ids, testing::ElementsAre(8U));
  EXPECT_THAT(messages[1].subscription_ids, testing::UnorderedElementsAre(7U, 8U));
}

TEST_F(Kept, PlacesThatOrdersHaveTakenForGood) {  // rule 9
  auto& home = world.client("alice", "home", Role::home);
  auto& phone = world.client("alice", "phone");
  const auto send_orders = [&] {
    phone.connects();
    for (int i = 0; i < 40; ++i) {
      phone.publishes("alice/openWB/set/a", "x", {.qos = Qos::exactly_once});
    }
    return home.receives();
  };
  home.connects(kPersistent);
  home.subscribes("alice/openWB/set/#");
  home.acknowledges = false;
  EXPECT_THAT(send_orders(), SizeIs(10));
  home.drops();
  world.passes_ms(61'000);
  home.connects(kPersistent);
  world.crashes();
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), IsEmpty());
  const auto orders = send_orders();
  EXPECT_THAT(orders, SizeIs(10));  // of 20 places
  EXPECT_THAT(orders, testing::Each(testing::EndsWith(" q1")));
  home.drops();
  world.crashes();
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), testing::Each(testing::EndsWith(" q1 dup")));
}

// [MQTT-3.3.1-1], [MQTT5-3.3.1-1], [MQTT5-3.3.2-5]: classic mode gives packet ids ahead
TEST_F(Kept, WhetherAMessageWasEverSent) {
  world.settings.tenancy = false;
  auto& reader = world.client("", "reader");
  auto& source = world.client("", "source");
  const auto publishes = [&] {
    source.connects();
    source.publishes("t", "1");
    source.publishes("t", "2", {.qos = Qos::exactly_once});
    source.publishes("t", "short", {.expiry = 10});
  };
  reader.connects(kLong);
  reader.subscribes("#");
  reader.drops();
  publishes();
  world.crashes(20);
  reader.acknowledges = false;
  reader.connects(kLong);
  EXPECT_THAT(reader.receives(), ElementsAre("t=1 q1", "t=2 q2"));
  world.crashes();
  reader.acknowledges = true;
  reader.connects(kLong);
  EXPECT_THAT(reader.receives(), ElementsAre("t=1 q1 dup", "t=2 q2 dup"));
}

TEST_F(Kept, NothingOfWhatExpiredBehindTheWindow) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects({.clean = false, .expiry = 1'000, .receive_maximum = 1});
  home.subscribes("alice/a");
  home.acknowledges = false;
  phone.connects();
  phone.publishes("alice/a", "1");
  phone.publishes("alice/a", "2", {.expiry = 10});
  const auto kept = [&] {
    return std::count_if(world.keeper.entries.begin(), world.keeper.entries.end(),
                         [](const auto& entry) { return entry.first.kind == KeptKind::queued; });
  };
  EXPECT_EQ(kept(), 2);
  world.passes_ms(20'000);
  home.acknowledges = true;
  home.sends_ack(PacketType::puback, static_cast<std::uint16_t>(home.messages().at(0).id));
  EXPECT_THAT(home.receives(), IsEmpty());
  EXPECT_EQ(kept(), 0);
}

TEST_F(Kept, SharedSubscriptions) {
  auto& one = world.client("alice", "one");
  auto& two = world.client("alice", "two");
  one.connects(kLong);
  two.connects(kLong);
  one.subscribes("$share/g/alice/#");
  two.subscribes("$share/g/alice/#");
  world.crashes();
  one.connects(kLong);
  two.connects(kLong);
  for (int i = 0; i < 4; ++i) {
    one.publishes("alice/a", std::to_string(i));
  }
  EXPECT_THAT(one.messages(), SizeIs(2));
  EXPECT_THAT(two.messages(), SizeIs(2));
}

TEST_F(Kept, WhatWasSentIsRepeatedWithItsId) {  // [MQTT-4.4.0-1], [MQTT-3.3.1-1]
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/a");
  home.acknowledges = false;
  phone.connects();
  phone.publishes("alice/a", "1");
  phone.publishes("alice/a", "2", {.qos = Qos::exactly_once});
  const auto before = home.messages();
  ASSERT_THAT(before, SizeIs(2));
  world.crashes();
  home.connects(kPersistent);
  const auto after = home.messages();
  ASSERT_THAT(after, SizeIs(2));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(after[i].id, before[i].id);
    EXPECT_TRUE(after[i].dup);
  }
  phone.connects();
  phone.publishes("alice/a", "3");
  const auto fresh = home.messages();
  ASSERT_THAT(fresh, SizeIs(1));
  EXPECT_NE(fresh[0].id, after[0].id);
  EXPECT_NE(fresh[0].id, after[1].id);
}

TEST_F(Kept, Qos2TowardsTheClientIsDeliveredOnce) {  // F12
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/a");
  home.acknowledges = false;
  phone.connects();
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  const auto sent = home.messages();
  ASSERT_THAT(sent, SizeIs(1));
  const auto id = static_cast<std::uint16_t>(sent[0].id);
  home.sends_ack(PacketType::pubrec, id);
  world.crashes();
  home.connects(kPersistent);
  EXPECT_THAT(home.messages(), IsEmpty());
  const auto pubrel = home.take(PacketType::pubrel);
  ASSERT_THAT(pubrel, SizeIs(1));
  EXPECT_EQ(static_cast<std::uint16_t>(pubrel[0].id), id);
  home.sends_ack(PacketType::pubcomp, id);
  world.crashes();
  home.connects(kPersistent);
  EXPECT_THAT(home.take(PacketType::pubrel), IsEmpty());
}

TEST_F(Kept, Qos2FromTheClientIsPassedOnOnce) {  // F12
  auto& phone = world.client("alice", "phone");
  auto& home = world.client("alice", "home");
  phone.connects(kPersistent);
  phone.subscribes("alice/a");
  home.connects(kPersistent);
  home.acknowledges = false;
  home.publishes("alice/a", "1", {.qos = Qos::exactly_once, .id = 5});
  EXPECT_THAT(phone.messages(), SizeIs(1));
  world.crashes();
  phone.connects(kPersistent);
  home.connects(kPersistent);
  home.publishes("alice/a", "1", {.qos = Qos::exactly_once, .dup = true, .id = 5});
  EXPECT_THAT(phone.messages(), IsEmpty());
  home.sends_ack(PacketType::pubrel, 5);
  EXPECT_THAT(home.take(PacketType::pubcomp), SizeIs(1));
  world.crashes();
  home.connects(kPersistent);
  phone.connects(kPersistent);
  home.publishes("alice/a", "2", {.qos = Qos::exactly_once, .id = 5});
  EXPECT_THAT(phone.receives(), ElementsAre("alice/a=2 q2"));
}

TEST_F(Kept, TimeAwayCounts) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects({.clean = false, .expiry = 100});
  home.subscribes("alice/#");
  home.drops();
  phone.connects();
  phone.publishes("alice/short", "1", {.expiry = 20});
  phone.publishes("alice/long", "2", {.retain = true, .expiry = 70});
  world.crashes(50);
  home.connects({.clean = false, .expiry = 100});
  EXPECT_TRUE(home.session_present);
  auto messages = home.messages();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].payload, "2");
  ASSERT_TRUE(messages[0].expiry);
  EXPECT_NEAR(*messages[0].expiry, 20U, 1U);
  home.drops();
  world.crashes(101);
  home.connects({.clean = false, .expiry = 100});
  EXPECT_FALSE(home.session_present);
  home.subscribes("alice/#");
  EXPECT_THAT(home.receives(), IsEmpty());
}

TEST_F(Kept, WillsThatWait) {  // [MQTT5-3.1.3-9]
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects(kLong);
  phone.subscribes("alice/will");
  home.connects({.clean = false, .expiry = 500, .will = make_will("alice/will", "gone", 30)});
  home.drops();
  world.crashes(10);
  phone.connects(kLong);
  EXPECT_THAT(phone.receives(), IsEmpty());
  world.passes_ms(21'000);
  EXPECT_THAT(phone.receives(), ElementsAre("alice/will=gone q1"));
  world.crashes();
  phone.connects(kLong);
  world.passes_ms(31'000);
  EXPECT_THAT(phone.receives(), IsEmpty());
}

TEST_F(Kept, CleanSessionsAreNot) {
  auto& home = world.client("alice", "home");
  home.connects({.version = Version::v311});
  home.subscribes("alice/a");
  home.publishes("alice/a", "1");
  EXPECT_THAT(world.keeper.entries, IsEmpty());
  home.drops();
  home.connects(kPersistent);
  home.subscribes("alice/a");
  home.drops();
  home.connects({.version = Version::v311});  // ends the kept one
  world.crashes();
  home.connects(kPersistent);
  EXPECT_FALSE(home.session_present);
}

TEST_F(Kept, NothingOfADeletedTenant) {  // rule 6, F25
  world.registers("alice", 1);
  auto& home = world.client("alice", "home");
  home.connects(kPersistent);
  home.subscribes("alice/a");
  home.publishes("alice/a", "1", {.retain = true});
  world.deletes("alice");
  EXPECT_THAT(world.keeper.entries, IsEmpty());
  world.registers("alice", 2);
  home.connects(kPersistent);
  EXPECT_FALSE(home.session_present);
  world.crashes();
  home.connects(kPersistent);
  EXPECT_TRUE(home.session_present);
  home.subscribes("alice/a");
  EXPECT_THAT(home.receives(), IsEmpty());
}

// F26, F27: what waited on the disk is judged by the rights of the day on which it is delivered.
TEST_F(Kept, WhatWaitsIsNotDeliveredAfterItsRightIsGone) {
  world.settings.tenancy = false;
  const auto allow = [this](std::string_view text) {
    Acl::Problem problem;
    auto acl = Acl::parse(text, problem);
    ASSERT_TRUE(acl) << problem.what;
    world.realm().set_acls({std::make_shared<const Acl>(std::move(*acl))});
  };
  auto& home = world.client("", "home");
  auto& giver = world.client("", "giver");
  allow("pattern readwrite #\n");
  home.connects(kPersistent);
  home.subscribes("#");
  home.drops();
  giver.connects();
  for (const auto* topic : {"secret/a", "open/a"}) {
    giver.publishes(topic, "1");
    giver.publishes(topic, "2", {.qos = Qos::exactly_once});
  }
  world.crashes();
  allow("pattern readwrite open/#\n");
  home.connects(kPersistent);
  EXPECT_TRUE(home.session_present);
  std::vector<std::string> got;
  for (const auto& message : home.messages()) {
    got.push_back(message.topic + "=" + message.payload);
  }
  EXPECT_THAT(got, ElementsAre("open/a=1", "open/a=2"));
  world.crashes();  // and it does not wait for the right to come back
  allow("pattern readwrite #\n");
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), IsEmpty());
}

// F26: suspended, the broker restarted, released again: nothing came meanwhile, nothing is lost.
TEST_F(Kept, ASuspendedTenantsQueueWaitsOnTheDisk) {
  world.registers("alice", 1);
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/a");
  home.drops();
  phone.connects();
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  world.registers("alice", 1, true, 2);
  EXPECT_FALSE(phone.connected());
  world.crashes();
  world.registers("alice", 1, false, 3);
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q2"));
}

// F52: what is shed leaves the disk as well, and what a restart brings back is counted.
TEST_F(Kept, WhatIsShedForMemoryDoesNotComeBack) {
  constexpr std::size_t kLimit = 400'000;
  const std::string kilobyte(1'000, 'x');
  world.settings.memory_limit = kLimit;
  world.settings.file_user_limits = tenants::Limits::unlimited();
  world.settings.max_queued_messages = 0;
  const auto fill = [&](const std::string& tenant, int count) {
    auto& phone = world.client(tenant, "phone");
    phone.connects(kPersistent);
    phone.subscribes(tenant + "/#");
    phone.drops();
    auto& home = world.client(tenant, "home");
    home.connects();
    for (int i = 0; i < count; ++i) {
      home.publishes(tenant + "/a", kilobyte, {.qos = i % 2 == 0 ? Qos::at_least_once
                                                                 : Qos::exactly_once});
    }
    home.leaves();
  };
  const auto rows = [&](std::string_view tenant) {
    return std::ranges::count_if(world.keeper.entries, [&](const auto& entry) {
      return entry.first.tenant == tenant && entry.first.kind == KeptKind::queued;
    });
  };
  fill("alice", 600);
  const auto before = rows("alice");
  fill("bob", 150);
  EXPECT_LT(rows("alice"), before);
  EXPECT_EQ(rows("bob"), 150);
  const auto used = world.realm().memory().used();
  const auto alices = rows("alice");
  world.crashes();
  EXPECT_LE(world.realm().memory().used(), kLimit);
  EXPECT_GT(world.realm().memory().used(), used / 2);
  for (const auto* tenant : {"alice", "bob"}) {
    auto& phone = world.client(tenant, "phone");
    phone.connects(kPersistent);
    EXPECT_TRUE(phone.session_present);
    EXPECT_EQ(static_cast<long>(phone.messages().size()),
              std::string_view(tenant) == "bob" ? 150 : alices);
    phone.drops();
  }
  EXPECT_EQ(rows("alice") + rows("bob"), 0);
}

TEST_F(Kept, NothingOfATenantThatWasReplacedMeanwhile) {  // rule 6, F25
  world.registers("alice", 1);
  world.registers("carol", 7);
  for (const auto* name : {"alice", "carol"}) {
    auto& home = world.client(name, "home");
    home.connects(kPersistent);
    home.subscribes("+/a");
    home.publishes(std::string(name) + "/a", "1", {.retain = true});
  }
  world.records("alice", 2);
  world.forgets("carol");
  world.crashes();
  EXPECT_THAT(world.keeper.entries, IsEmpty());
  auto& home = world.client("alice", "home");
  home.connects(kPersistent);
  EXPECT_FALSE(home.session_present);
  home.subscribes("alice/a");
  EXPECT_THAT(home.receives(), IsEmpty());
}

TEST_F(Kept, WhatAFileUserHadWhenTheRegistryTakesOver) {
  auto& home = world.client("alice", "home");
  home.connects(kPersistent);
  home.publishes("alice/a", "1", {.retain = true});
  world.records("alice", 3);
  world.crashes();
  home.connects(kPersistent);
  EXPECT_TRUE(home.session_present);
  home.publishes("alice/b", "2", {.retain = true});
  world.crashes();  // now it is known as the registry's
  home.connects({.version = Version::v311});
  home.subscribes("alice/+");
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q1 r", "alice/b=2 q1 r"));
}

TEST_F(Kept, OrdersKeepTheirAge) {  // rule 9, F61
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/openWB/set/#");
  home.drops();
  phone.connects();
  phone.publishes("alice/openWB/set/ChargeMode", "1");
  world.crashes(30);
  phone.connects();
  phone.publishes("alice/openWB/set/ChargeMode", "2");
  world.crashes(40);
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), ElementsAre("alice/openWB/set/ChargeMode=2 q1"));
}

TEST_F(Kept, LeavesNothingBehindWhenSessionsEnd) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects({.clean = false, .expiry = 10});
  home.subscribes("alice/#");
  home.acknowledges = false;
  home.publishes("alice/x", "0", {.qos = Qos::exactly_once, .id = 9});
  phone.connects();
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  home.drops();
  phone.publishes("alice/a", "2");
  EXPECT_GT(world.keeper.entries.size(), 4U);
  world.passes_ms(11'000);
  EXPECT_THAT(world.keeper.entries, SizeIs(1));  // whose they were
}

}  // namespace
}  // namespace owb::core
