// Retained messages: kept, replaced, cleared, replayed, counted, expired.
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

class Retained : public testing::Test {
 protected:
  World world;
};

constexpr Publishing kRetain{.retain = true};

// [MQTT-3.3.1-6], [MQTT-3.3.1-8], [MQTT-3.8.4-6], [MQTT5-3.8.4-8]
TEST_F(Retained, ReachesWhoSubscribesLater) {
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  EXPECT_EQ(alice.publishes("alice/a", "1", kRetain), Reason::no_matching_subscribers);
  alice.publishes("alice/a", "2", {.qos = Qos::exactly_once, .retain = true});
  alice.publishes("alice/b", "3", {.qos = Qos::at_most_once, .retain = true});
  alice.publishes("alice/c", "4");
  phone.connects();
  EXPECT_EQ(phone.subscribes("alice/#"), 2U);
  EXPECT_THAT(phone.receives(), UnorderedElementsAre("alice/a=2 q2 r", "alice/b=3 r"));
  EXPECT_EQ(phone.subscribes("alice/a", {.qos = Qos::at_most_once}), 0U);
  EXPECT_THAT(phone.receives(), ElementsAre("alice/a=2 r"));
}

TEST_F(Retained, IsLiveForWhoIsThereAlready) {  // [MQTT-3.3.1-9]
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/a");
  alice.publishes("alice/a", "1", kRetain);
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=1 q1"));
}

TEST_F(Retained, ANewValueLeavesQueuedOnesAlone) {  // the old value's memory is used again
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  phone.connects({.version = Version::v311, .clean = false});
  phone.subscribes("alice/#");
  phone.drops();
  for (const auto* value : {"one", "two", "three", "a much longer value that needs more memory"}) {
    alice.publishes("alice/a", value, kRetain);
  }
  phone.connects({.version = Version::v311, .clean = false});
  EXPECT_THAT(phone.receives(),
              ElementsAre("alice/a=one q1", "alice/a=two q1", "alice/a=three q1",
                          "alice/a=a much longer value that needs more memory q1"));
  for (const auto* value : {"four", "five", ""}) {
    alice.publishes("alice/a", value, kRetain);
  }
  EXPECT_THAT(phone.receives(), ElementsAre("alice/a=four q1", "alice/a=five q1", "alice/a= q1"));
  EXPECT_EQ(world.hub("alice").retained_bytes(), 0U);
}

TEST_F(Retained, AnEmptyPayloadClears) {  // [MQTT-3.3.1-10], [MQTT-3.3.1-11]
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/a", "1", kRetain);
  EXPECT_EQ(world.hub("alice").retained_count(), 1U);
  alice.subscribes("alice/a");
  alice.receives();
  alice.publishes("alice/a", "", kRetain);
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a= q1"));
  EXPECT_EQ(world.hub("alice").retained_count(), 0U);
  EXPECT_EQ(world.hub("alice").retained_bytes(), 0U);
  alice.subscribes("alice/a");
  EXPECT_THAT(alice.receives(), IsEmpty());
}

TEST_F(Retained, OrdersAreNot) {  // rule 9
  auto& alice = world.client("alice");
  alice.connects({.listener = ListenerKind::tcp});
  for (const auto* topic :
       {"alice/openWB/set/ChargeMode", "alice/openWB/config/set/x", "alice/openWB/log/daily/1"}) {
    alice.publishes(topic, "1", kRetain);
  }
  EXPECT_EQ(world.hub("alice").retained_count(), 0U);
  alice.subscribes("alice/#", {.retain_as_published = true});
  EXPECT_THAT(alice.receives(), IsEmpty());
  alice.publishes("alice/openWB/set/ChargeMode", "1", kRetain);
  EXPECT_THAT(alice.receives(), ElementsAre("alice/openWB/set/ChargeMode=1 q1"));
}

TEST_F(Retained, RetainHandlingIsObeyed) {  // [MQTT5-3.3.1-9] to [MQTT5-3.3.1-11]
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/a", "1", kRetain);
  alice.subscribes("alice/+", {.retain_handling = 2});
  EXPECT_THAT(alice.receives(), IsEmpty());
  alice.subscribes("alice/+", {.retain_handling = 1});
  EXPECT_THAT(alice.receives(), IsEmpty());
  alice.subscribes("alice/+", {.retain_handling = 0});
  EXPECT_EQ(alice.receives().size(), 1U);
  alice.subscribes("alice/a", {.retain_handling = 1});
  EXPECT_EQ(alice.receives().size(), 1U);
}

TEST_F(Retained, StaysInsideTheTenant) {  // F18
  auto& alice = world.client("alice");
  auto& bob = world.client("bob");
  alice.connects();
  bob.connects();
  alice.publishes("alice/a", "1", kRetain);
  for (const auto* filter : {"#", "+/#", "+/a", "bob/#", "$SYS/#"}) {
    bob.subscribes(filter);
  }
  EXPECT_EQ(bob.subscribes("alice/#"), 0x87U);
  alice.publishes("alice/a", "2", kRetain);
  EXPECT_THAT(bob.receives(), IsEmpty());
}

TEST_F(Retained, NewerSharedSubscriptionsGetNone) {  // [MQTT5 4.8.2]
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/a", "1", kRetain);
  EXPECT_EQ(alice.subscribes("$share/g/alice/#"), 2U);
  EXPECT_THAT(alice.receives(), IsEmpty());
}

TEST_F(Retained, CountsAreMetByAQuota) {  // F39
  world.settings.file_user_limits.retained_messages = 2;
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/#");
  alice.publishes("alice/a", "1", kRetain);
  alice.publishes("alice/b", "1", kRetain);
  alice.receives();
  EXPECT_EQ(alice.publishes("alice/c", "1", kRetain), Reason::quota_exceeded);
  EXPECT_THAT(alice.receives(), IsEmpty());
  EXPECT_EQ(alice.publishes("alice/a", "2", kRetain), Reason::success);
  alice.publishes("alice/b", "", kRetain);
  EXPECT_EQ(alice.publishes("alice/c", "1", kRetain), Reason::success);
  EXPECT_EQ(world.hub("alice").retained_count(), 2U);
  world.passes_ms(2'000);
  alice.receives();
  alice.subscribes("alice/cloud/denied");
  const auto denied = alice.receives();
  ASSERT_EQ(denied.size(), 1U);
  EXPECT_THAT(denied[0], testing::HasSubstr("\"topic\":\"alice/c\""));
}

TEST_F(Retained, BytesAreMetByAQuota) {
  world.settings.file_user_limits.retained_bytes = 100;
  auto& alice = world.client("alice");
  alice.connects();
  EXPECT_EQ(alice.publishes("alice/a", std::string(90, 'x'), kRetain),
            Reason::no_matching_subscribers);
  EXPECT_EQ(alice.publishes("alice/b", std::string(20, 'x'), kRetain), Reason::quota_exceeded);
  EXPECT_EQ(alice.publishes("alice/a", std::string(120, 'x'), kRetain), Reason::quota_exceeded);
  EXPECT_EQ(alice.publishes("alice/a", "x", kRetain), Reason::no_matching_subscribers);
  EXPECT_EQ(alice.publishes("alice/b", std::string(20, 'x'), kRetain),
            Reason::no_matching_subscribers);
  EXPECT_EQ(world.hub("alice").retained_bytes(), 2U * 2 + 21);
}

TEST_F(Retained, ExpiresAndIsSweptAway) {  // [MQTT5-3.3.2-5], [MQTT5-3.3.2-6]
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/a", "1", {.retain = true, .expiry = 100});
  world.passes_ms(40'000);
  alice.subscribes("alice/a");
  auto messages = alice.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].expiry, 60U);
  world.passes_ms(59'900);
  EXPECT_EQ(world.hub("alice").retained_count(), 1U);
  world.passes_ms(2'000);
  EXPECT_EQ(world.hub("alice").retained_count(), 0U);
  EXPECT_EQ(world.hub("alice").retained_bytes(), 0U);
}

TEST_F(Retained, IsNotSentOnceItHasExpired) {  // [MQTT5-3.3.2-5]: swept or not
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/a", "1", {.retain = true, .expiry = 100});
  world.passes_ms(500);
  for (const auto qos : {Qos::at_most_once, Qos::at_least_once}) {
    const auto* topic = qos == Qos::at_most_once ? "alice/b" : "alice/c";
    alice.publishes(topic, "2", {.qos = qos, .retain = true, .expiry = 1});
  }
  world.passes_ms(1'200);
  EXPECT_EQ(world.hub("alice").retained_count(), 3U);  // looked through each second
  alice.subscribes("alice/b");
  alice.subscribes("alice/c");
  alice.subscribes("alice/+");
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=1 q1 r"));
}

TEST_F(Retained, ReplacingTakesTheExpiryAway) {
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/a", "1", {.retain = true, .expiry = 10});
  alice.publishes("alice/a", "2", kRetain);
  world.passes_ms(20'000);
  EXPECT_EQ(world.hub("alice").retained_count(), 1U);
}

TEST_F(Retained, ManyReachASlowReaderInPortions) {  // F37, F40
  world.settings.file_user_limits.queue_messages = 100;
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  for (int i = 0; i < 5'000; ++i) {
    alice.publishes("alice/" + std::to_string(i), std::string(50, 'x'),
                    {.qos = Qos::at_most_once, .retain = true});
  }
  phone.connects();
  phone.reads = false;
  EXPECT_EQ(phone.subscribes("alice/#"), 0xFFU);  // not seen yet
  EXPECT_LT(phone.link().backlog(), 100'000U);
  phone.pings();
  phone.reads = true;
  world.settles();
  EXPECT_EQ(phone.messages().size(), 5'000U);
  EXPECT_EQ(phone.take(mqtt::PacketType::pingresp).size(), 1U);
}

TEST_F(Retained, ManyOfQos2ReachAReaderWithASmallWindow) {
  world.settings.file_user_limits.queue_messages = 10;
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  for (int i = 0; i < 300; ++i) {
    alice.publishes("alice/" + std::to_string(i), "x", {.qos = Qos::exactly_once, .retain = true});
  }
  phone.connects({.receive_maximum = 3});
  phone.subscribes("alice/#");
  EXPECT_EQ(phone.messages().size(), 300U);
}

TEST_F(Retained, ThePingAnswersWhenTheReplayIsGivenUp) {
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  for (int i = 0; i < 5'000; ++i) {
    alice.publishes("alice/" + std::to_string(i), std::string(50, 'x'),
                    {.qos = Qos::at_most_once, .retain = true});
  }
  phone.connects();
  phone.reads = false;
  phone.subscribes("alice/#");
  phone.pings();
  phone.unsubscribes("alice/#");
  phone.reads = true;
  world.settles();
  EXPECT_EQ(phone.take(mqtt::PacketType::pingresp).size(), 1U);
}

}  // namespace
}  // namespace owb::core
