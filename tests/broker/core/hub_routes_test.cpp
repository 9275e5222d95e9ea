// Who gets a message: overlapping and shared subscriptions, no-local, options, caches.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace owb::core {
namespace {

using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Routes : public testing::Test {
 protected:
  World world;
};

TEST_F(Routes, DeliversOnceAtTheHighestQos) {  // [MQTT-3.3.5-1], [MQTT5-3.3.4-2]
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/#", {.qos = Qos::at_most_once});
  alice.subscribes("alice/+", {.qos = Qos::exactly_once});
  alice.subscribes("alice/a", {.qos = Qos::at_least_once});
  alice.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  alice.publishes("alice/a", "2", {.qos = Qos::at_least_once});
  alice.publishes("alice/a/b", "3", {.qos = Qos::exactly_once});
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=1 q2", "alice/a=2 q1", "alice/a/b=3"));
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.publishes("alice/a", "4", {.qos = Qos::exactly_once});
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=4 q2"));
}

TEST_F(Routes, TellsEverySubscriptionIdentifier) {  // [MQTT5-3.3.4-3], [MQTT5-3.3.4-4]
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/#", {.id = 1});
  alice.subscribes("alice/a", {.id = 300});
  alice.subscribes("alice/+");
  alice.publishes("alice/a", "1");
  const auto messages = alice.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(messages[0].subscription_ids, UnorderedElementsAre(1, 300));
  alice.subscribes("alice/#", {.id = 7});  // replaced [MQTT-3.8.4-3]
  alice.receives();
  alice.publishes("alice/b", "1");
  EXPECT_THAT(alice.messages().at(0).subscription_ids, ElementsAre(7));
  alice.subscribes("alice/#");
  alice.publishes("alice/b", "1");
  EXPECT_THAT(alice.messages().at(0).subscription_ids, IsEmpty());
}

TEST_F(Routes, ForeignFiltersAreRefusedOneByOne) {  // F18, F19
  auto& alice = world.client("alice");
  alice.connects();
  EXPECT_THAT(alice.subscribes_all({"alice/a", "bob/#", "#", "$share/g/bob/#", "$share/g/alice/#",
                                    "$SYS/#", "/alice/#"}),
              ElementsAre(2, 0x87, 2, 0x87, 2, 2, 0x87));
  EXPECT_TRUE(alice.connected());
}

TEST_F(Routes, EachVersionHearsOfARefusalInItsWay) {  // rule 3
  for (const auto& [version, code] :
       {std::pair{Version::v5, 0x87U}, std::pair{Version::v311, 0x80U},
        std::pair{Version::v31, 0x02U}}) {
    auto& alice = world.client("alice", "id" + std::to_string(static_cast<int>(version)));
    alice.connects({.version = version});
    EXPECT_EQ(alice.subscribes("bob/#"), code);
  }
}

// F16, [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT5-4.7.1-1], [MQTT5-4.7.1-2], [MQTT5-4.8.2-1],
// [MQTT5-4.8.2-2]
TEST_F(Routes, MalformedFiltersEndTheConnection) {
  for (const auto* filter : {"alice/#/a", "alice/a+", "$share//alice/a", "$share/g", "$share/g+/t",
                             "$share/g/alice/#/a"}) {
    SCOPED_TRACE(filter);
    auto& alice = world.client("alice");
    alice.connects();
    EXPECT_EQ(alice.subscribes(filter), 0xFFU);
    EXPECT_FALSE(alice.connected());
    EXPECT_EQ(alice.last(mqtt::PacketType::disconnect)->reason, Reason::malformed_packet);
  }
}

TEST_F(Routes, DeepAndLongFiltersAreRefused) {  // F17
  world.settings.file_user_limits.topic_levels = 16;
  world.settings.file_user_limits.topic_bytes = 512;
  auto& alice = world.client("alice");
  alice.connects();
  EXPECT_EQ(alice.subscribes("alice" + std::string(60'000, '/')), 0x8FU);
  EXPECT_EQ(alice.subscribes("alice/" + std::string(600, 'x')), 0x8FU);
  EXPECT_TRUE(alice.connected());
}

TEST_F(Routes, CloudIsSeenByItsNameOnly) {  // rule 2
  auto& alice = world.client("alice", "home", Role::home);
  alice.connects();
  for (const auto* filter : {"#", "alice/#", "alice/+/home", "+/+/+"}) {
    alice.subscribes(filter);
  }
  EXPECT_THAT(alice.receives(), IsEmpty());
  for (const auto* filter : {"alice/cloud/#", "alice/cloud/home", "+/cloud/+"}) {
    SCOPED_TRACE(filter);
    alice.subscribes(filter);
    EXPECT_EQ(alice.receives().size(), 1U);
  }
}

TEST_F(Routes, NoLocalKeepsOnesOwnAway) {  // [MQTT5-3.8.3-3]
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  phone.connects();
  alice.subscribes("alice/#", {.no_local = true});
  phone.subscribes("alice/#");
  alice.publishes("alice/a", "1");
  phone.publishes("alice/b", "2");
  EXPECT_THAT(alice.receives(), ElementsAre("alice/b=2 q1"));
  EXPECT_THAT(phone.receives(), ElementsAre("alice/a=1 q1", "alice/b=2 q1"));
  // Another subscription of the same client asks for it.
  alice.subscribes("alice/a", {.qos = Qos::at_most_once});
  alice.publishes("alice/a", "3");
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=3"));
}

TEST_F(Routes, NoLocalCountsForRetainedMessagesToo) {
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  phone.connects();
  alice.publishes("alice/a", "1", {.retain = true});
  phone.publishes("alice/b", "2", {.retain = true});
  alice.subscribes("alice/#", {.no_local = true});
  EXPECT_THAT(alice.receives(), ElementsAre("alice/b=2 q1 r"));
}

TEST_F(Routes, NoLocalWithASharedFilterIsAProtocolError) {  // F15, [MQTT5-3.8.3-4]
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("$share/g/alice/#", {.no_local = true});
  EXPECT_EQ(alice.last(mqtt::PacketType::disconnect)->reason, Reason::protocol_error);
  EXPECT_FALSE(alice.connected());
}

TEST_F(Routes, RetainAsPublishedKeepsTheFlag) {  // [MQTT5-3.3.1-12], [MQTT5-3.3.1-13]
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/a", {.retain_as_published = true});
  alice.subscribes("alice/b");
  alice.publishes("alice/a", "1", {.retain = true});
  alice.publishes("alice/b", "2", {.retain = true});
  alice.publishes("alice/a", "3");
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=1 q1 r", "alice/b=2 q1", "alice/a=3 q1"));
}

TEST_F(Routes, BridgesGetNoLocalAndRetainAsPublished) {  // rule 7
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects({.version = Version::v311, .bridge = true});
  phone.connects();
  home.subscribes("alice/#");
  home.publishes("alice/a", "1", {.retain = true});
  phone.publishes("alice/b", "2", {.retain = true});
  EXPECT_THAT(home.receives(), ElementsAre("alice/b=2 q1 r"));
  home.subscribes("alice/#");  // nor what is retained of its own
  EXPECT_THAT(home.receives(), ElementsAre("alice/b=2 q1 r"));
}

TEST_F(Routes, TheHomeSecretGivesNoLocalWithoutTheBit) {  // rule 7
  auto& home = world.client("alice", "home", Role::home);
  home.connects({.version = Version::v311});
  home.subscribes("alice/#");
  home.publishes("alice/openWB/set/ChargeMode", "1");
  EXPECT_THAT(home.receives(), IsEmpty());
}

TEST_F(Routes, ASessionThatReturnsAsABridgeGetsNoLocal) {
  auto& home = world.client("alice", "home");
  home.connects({.version = Version::v311, .clean = false});
  home.subscribes("alice/#");
  home.publishes("alice/a", "1");
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q1"));
  home.drops();
  home.connects({.version = Version::v311, .clean = false, .bridge = true});
  home.publishes("alice/a", "2");
  EXPECT_THAT(home.receives(), IsEmpty());
  home.drops();
  home.connects({.version = Version::v311, .clean = false});
  home.publishes("alice/a", "3");
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=3 q1"));
}

TEST_F(Routes, FollowSubscribingAndUnsubscribing) {
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  phone.connects();
  const auto arrives = [&](const char* topic) {
    alice.publishes(topic, "x");
    return phone.receives().size();
  };
  EXPECT_EQ(arrives("alice/a"), 0U);
  phone.subscribes("alice/a");
  EXPECT_EQ(arrives("alice/a"), 1U);
  phone.subscribes("alice/+");
  EXPECT_EQ(arrives("alice/a"), 1U);
  EXPECT_EQ(phone.unsubscribes("alice/a"), Reason::success);
  EXPECT_EQ(arrives("alice/a"), 1U);
  EXPECT_EQ(phone.unsubscribes("alice/+"), Reason::success);
  EXPECT_EQ(arrives("alice/a"), 0U);
  EXPECT_EQ(phone.unsubscribes("alice/+"), Reason::no_subscription_existed);
  phone.subscribes("alice/a");
  EXPECT_EQ(arrives("alice/a"), 1U);
  phone.leaves();
  phone.connects();
  EXPECT_EQ(arrives("alice/a"), 0U);
}

TEST_F(Routes, ATopicsOwnSubscriptionChangesNoOtherTopic) {
  auto& alice = world.client("alice", "a");
  auto& all = world.client("alice", "all");
  auto& one = world.client("alice", "one");
  auto& two = world.client("alice", "two");
  for (auto* client : {&alice, &all, &one, &two}) {
    client->connects();
  }
  all.subscribes("alice/#");
  const auto publish_all = [&] {
    for (const auto* topic : {"alice/1", "alice/2", "alice/3"}) {
      alice.publishes(topic, "x");
    }
  };
  publish_all();  // one route for three topics
  one.subscribes("alice/1");
  publish_all();
  two.subscribes("alice/2");
  publish_all();
  EXPECT_EQ(all.receives().size(), 9U);
  EXPECT_THAT(one.receives(), ElementsAre("alice/1=x q1", "alice/1=x q1"));
  EXPECT_THAT(two.receives(), ElementsAre("alice/2=x q1"));
  one.unsubscribes("alice/1");
  publish_all();
  one.subscribes("alice/3");
  publish_all();
  EXPECT_EQ(all.receives().size(), 6U);
  EXPECT_THAT(one.receives(), ElementsAre("alice/3=x q1"));
  EXPECT_THAT(two.receives(), ElementsAre("alice/2=x q1", "alice/2=x q1"));
}

TEST_F(Routes, StayRightWhenThereAreMoreOfThemThanAreShared) {
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  phone.connects();
  constexpr int kFilters = 150;
  for (int i = 0; i < kFilters; ++i) {
    phone.subscribes("alice/" + std::to_string(i) + "/+");
  }
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kFilters; ++i) {
      alice.publishes("alice/" + std::to_string(i) + "/" + std::to_string(round), "x");
      alice.publishes("alice/" + std::to_string(kFilters) + "/" + std::to_string(i), "x");
    }
    EXPECT_EQ(phone.receives().size(), static_cast<std::size_t>(kFilters));
  }
}

TEST_F(Routes, TellThePublisherWhenNobodyListens) {
  auto& alice = world.client("alice");
  alice.connects();
  EXPECT_EQ(alice.publishes("alice/a", "1"), Reason::no_matching_subscribers);
  alice.subscribes("alice/a");
  EXPECT_EQ(alice.publishes("alice/a", "1"), Reason::success);
}

// Rule 7: what a home has said does not come back to it, also not by the end of another member.
TEST_F(Routes, WhatAMemberLeavesUndoneDoesNotGoBackToTheHomeItCameFrom) {
  auto& home = world.client("alice", "home", Role::home);
  auto& phone = world.client("alice", "phone");
  home.connects();
  phone.connects();
  home.subscribes("$share/g/alice/#");
  phone.subscribes("$share/g/alice/#");
  phone.acknowledges = false;
  home.publishes("alice/a", "1");
  EXPECT_THAT(phone.receives(), ElementsAre("alice/a=1 q1"));
  phone.drops();
  EXPECT_THAT(home.receives(), IsEmpty());
}

TEST_F(Routes, ASharedSubscriptionTakesTurns) {  // [MQTT5 4.8.2]
  auto& alice = world.client("alice", "a");
  auto& first = world.client("alice", "first");
  auto& second = world.client("alice", "second");
  for (auto* client : {&alice, &first, &second}) {
    client->connects();
  }
  first.subscribes("$share/g/alice/+");
  second.subscribes("$share/g/alice/+");
  alice.subscribes("alice/+");
  for (int i = 0; i < 10; ++i) {
    alice.publishes("alice/a", std::to_string(i));
  }
  EXPECT_EQ(first.receives().size(), 5U);
  EXPECT_EQ(second.receives().size(), 5U);
  EXPECT_EQ(alice.receives().size(), 10U);
  second.leaves();
  for (int i = 0; i < 4; ++i) {
    alice.publishes("alice/a", std::to_string(i));
  }
  EXPECT_EQ(first.receives().size(), 4U);
  first.unsubscribes("$share/g/alice/+");
  alice.publishes("alice/a", "x");
  EXPECT_THAT(first.receives(), IsEmpty());
}

TEST_F(Routes, GroupsOfTenantsAndOfOtherFiltersAreApart) {  // rule 5
  auto& alice = world.client("alice", "a");
  auto& other = world.client("alice", "b");
  auto& bob = world.client("bob", "a");
  for (auto* client : {&alice, &other, &bob}) {
    client->connects();
  }
  alice.subscribes("$share/g/alice/#");
  other.subscribes("$share/g/alice/+");
  bob.subscribes("$share/g/#");
  for (int i = 0; i < 4; ++i) {
    alice.publishes("alice/a", "1");
  }
  EXPECT_EQ(alice.receives().size(), 4U);
  EXPECT_EQ(other.receives().size(), 4U);
  EXPECT_THAT(bob.receives(), IsEmpty());
}

TEST_F(Routes, WhatAGoneMemberDidNotAcknowledgeGoesToAnother) {
  auto& alice = world.client("alice", "a");
  auto& first = world.client("alice", "first");
  auto& second = world.client("alice", "second");
  for (auto* client : {&alice, &first, &second}) {
    client->connects();
  }
  first.subscribes("$share/g/alice/+", {.qos = Qos::at_least_once});
  second.subscribes("$share/g/alice/+", {.qos = Qos::at_least_once});
  first.acknowledges = second.acknowledges = false;
  alice.publishes("alice/a", "1");
  alice.publishes("alice/a", "2");
  EXPECT_EQ(first.receives().size(), 1U);
  EXPECT_EQ(second.receives().size(), 1U);
  first.drops();
  EXPECT_EQ(second.receives().size(), 1U);
}

TEST_F(Routes, AViewerTakesNothingFromAGroup) {  // rule 11
  auto& alice = world.client("alice", "a");
  auto& guest = world.client("alice", "guest", Role::viewer);
  alice.connects();
  guest.connects();
  guest.subscribes("$share/g/alice/#");
  alice.subscribes("$share/g/alice/#");
  for (int i = 0; i < 4; ++i) {
    alice.publishes("alice/secret", "1");
  }
  EXPECT_EQ(alice.receives().size(), 4U);
  EXPECT_THAT(guest.receives(), IsEmpty());
}

TEST_F(Routes, ManyTopicsWithoutRetainDoNotPileUp) {  // F39
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/#", {.qos = Qos::at_most_once});
  for (int i = 0; i < 20'000; ++i) {
    alice.publishes("alice/" + std::to_string(i), "x", {.qos = Qos::at_most_once});
  }
  EXPECT_EQ(alice.receives().size(), 20'000U);
  EXPECT_LT(world.realm().topics().size(), 10'000U);
}

TEST_F(Routes, SubscriptionsAreLimited) {
  world.settings.file_user_limits.subscriptions = 3;
  auto& alice = world.client("alice");
  alice.connects();
  EXPECT_THAT(alice.subscribes_all({"alice/1", "alice/2", "alice/3", "alice/4", "alice/1"}),
              ElementsAre(2, 2, 2, 0x97, 2));
  alice.unsubscribes("alice/2");
  EXPECT_EQ(alice.subscribes("alice/4"), 2U);
}

TEST_F(Routes, ClassicModeIsOneHubForAll) {
  world.settings.tenancy = false;
  auto& one = world.client("", "one");
  auto& two = world.client("bob", "two");
  one.connects();
  two.connects();
  one.subscribes("#");
  EXPECT_EQ(two.publishes("any/topic", "1"), Reason::success);
  two.publishes("openWB/set/ChargeMode", "1", {.retain = true});
  EXPECT_THAT(one.receives(), ElementsAre("any/topic=1 q1", "openWB/set/ChargeMode=1 q1"));
  one.subscribes("openWB/#");
  EXPECT_THAT(one.receives(), ElementsAre("openWB/set/ChargeMode=1 q1 r"));
  EXPECT_EQ(two.publishes("$SYS/x", "1"), Reason::not_authorized);
}

}  // namespace
}  // namespace owb::core
