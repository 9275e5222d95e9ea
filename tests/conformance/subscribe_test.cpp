// Chapters 3.8 to 3.11 and 4.8: SUBSCRIBE, UNSUBSCRIBE, shared subscriptions.
#include <algorithm>

#include "tests/conformance/each_version.hpp"

namespace owb::core {
namespace {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;
using testing::ElementsAre;
using testing::IsEmpty;

class Subscribe : public EachVersion {
 protected:
  Client& home = world.client("alice", "home");
  Client& phone = world.client("alice", "phone");

  void SetUp() override {
    home.connects(lasting());
    phone.connects();
    home.everything();
  }

  Packet subscribes(PacketId id, const std::vector<mqtt::SubscribeEntry>& entries) {
    Bytes bytes;
    mqtt::encode_subscribe(id, 0, entries, version(), bytes);
    home.sends(bytes);
    auto packets = home.take(PacketType::suback);
    EXPECT_EQ(packets.size(), 1U);
    return packets.empty() ? Packet{} : packets[0];
  }

  Packet unsubscribes(PacketId id, const std::vector<std::string_view>& filters) {
    Bytes bytes;
    mqtt::encode_unsubscribe(id, filters, version(), bytes);
    home.sends(bytes);
    auto packets = home.take(PacketType::unsuback);
    EXPECT_EQ(packets.size(), 1U);
    return packets.empty() ? Packet{} : packets[0];
  }

  bool arrives(const char* topic) {
    phone.publishes(topic, "x", {.qos = Qos::at_most_once});
    return !home.receives().empty();
  }
};

// [MQTT-3.8.4-1], [MQTT-3.8.4-2], [MQTT-2.3.1-7], [MQTT5-3.8.4-1], [MQTT5-3.8.4-2],
// [MQTT5-2.2.1-6]
TEST_P(Subscribe, IsAnsweredWithItsId) {
  for (const std::uint16_t id : std::initializer_list<std::uint16_t>{1, 255, 256, 65'535}) {
    EXPECT_EQ(subscribes(PacketId{id}, {{.filter = "alice/a"}}).id, PacketId{id});
    EXPECT_EQ(unsubscribes(PacketId{id}, {"alice/a"}).id, PacketId{id});
  }
}

// [MQTT-3.8.4-4], [MQTT-3.8.4-5], [MQTT-3.9.3-1], [MQTT-3.9.3-2],
// [MQTT5-3.8.4-5] to [MQTT5-3.8.4-7], [MQTT5-3.9.3-1]
TEST_P(Subscribe, OfManyFiltersIsAnsweredForEachInOrder) {
  const auto answer = subscribes(PacketId{1}, {{.filter = "alice/a", .options = {Qos{1}}},
                                               {.filter = "bob/a", .options = {Qos{2}}},
                                               {.filter = "alice/b", .options = {Qos{0}}},
                                               {.filter = "alice/+", .options = {Qos{2}}},
                                               {.filter = "alice/a", .options = {Qos{0}}}});
  EXPECT_THAT(answer.codes, ElementsAre(1, v5() ? 0x87 : 0x80, 0, 2, 0));
  // The last one of "alice/a" holds, as if they had come one after the other.
  unsubscribes(PacketId{2}, {"alice/+"});
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1"));
}

// [MQTT-3.8.4-6], [MQTT5-3.8.4-8]
TEST_P(Subscribe, DeliversAtTheLowerQos) {
  const std::vector<Qos> all{Qos::at_most_once, Qos::at_least_once, Qos::exactly_once};
  for (const auto granted : all) {
    EXPECT_EQ(home.subscribes("alice/a", {.qos = granted}), static_cast<unsigned>(granted));
    for (const auto published : all) {
      phone.publishes("alice/a", "x", {.qos = published});
      const auto messages = home.messages();
      ASSERT_EQ(messages.size(), 1U);
      EXPECT_EQ(messages[0].qos, std::min(granted, published));
    }
  }
}

// [MQTT-3.8.4-3], [MQTT5-3.8.4-3], [MQTT5-3.8.4-4]
TEST_P(Subscribe, AgainReplacesAndLosesNothing) {
  home.acknowledges = false;
  home.subscribes("alice/#", {.qos = Qos::at_least_once});
  phone.publishes("alice/a", "kept", {.retain = true});
  for (int i = 0; i < 30; ++i) {  // more than are in flight at once
    phone.publishes("alice/b", std::to_string(i));
  }
  std::vector<std::string> seen = payloads_of(home.messages());
  home.acknowledges = true;
  home.subscribes("alice/#", {.qos = Qos::at_most_once});
  phone.publishes("alice/b", "30");
  home.drops();
  home.connects(lasting());
  std::vector<std::string> retained;
  std::vector<std::string> live;
  for (const auto& message : home.messages()) {
    (message.retain ? retained : live).push_back(message.payload);
  }
  EXPECT_EQ(live.size(), 31U);  // "kept" as a live message and all of "b"; QoS 0 came before
  home.subscribes("alice/#", {.qos = Qos::at_most_once});
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=kept r"));
  phone.publishes("alice/b", "31");
  EXPECT_THAT(home.receives(), ElementsAre("alice/b=31"));  // one subscription, at its new QoS
}

// [MQTT-3.10.4-1], [MQTT-3.10.4-4], [MQTT-3.10.4-5], [MQTT5-3.10.4-1], [MQTT5-3.10.4-4],
// [MQTT5-3.10.4-5]
TEST_P(Subscribe, IsEndedByTheSameCharactersOnly) {
  home.subscribes("alice/+/b");
  for (const auto* other :
       {"alice/#", "alice/+/+", "alice/+/B", "alice/+/b/", "+/+/b", "alice/a/b"}) {
    const auto answer = unsubscribes(PacketId{5}, {other});
    EXPECT_EQ(answer.id, PacketId{5});
    EXPECT_EQ(answer.codes.size(), v5() ? 1U : 0U);
    EXPECT_TRUE(arrives("alice/a/b")) << other;
  }
  EXPECT_EQ(unsubscribes(PacketId{6}, {"alice/+/b"}).id, PacketId{6});
  EXPECT_FALSE(arrives("alice/a/b"));
}

// [MQTT-3.10.4-6], [MQTT5-3.10.4-6], [MQTT5-3.11.3-1]
TEST_P(Subscribe, ManyAreEndedAtOnce) {
  home.subscribes_all({"alice/a", "alice/b", "alice/c"});
  const auto answer = unsubscribes(PacketId{5}, {"alice/c", "alice/x", "alice/a", "alice/a"});
  if (v5()) {
    EXPECT_THAT(answer.codes, ElementsAre(0, 0x11, 0, 0x11));
  }
  EXPECT_FALSE(arrives("alice/a"));
  EXPECT_TRUE(arrives("alice/b"));
  EXPECT_FALSE(arrives("alice/c"));
}

// [MQTT-3.10.4-2], [MQTT-3.10.4-3], [MQTT5-3.10.4-2], [MQTT5-3.10.4-3]
TEST_P(Subscribe, WhatHasBegunIsFinishedAfterItsEnd) {
  home.acknowledges = false;
  home.subscribes("alice/#");
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  phone.publishes("alice/a", "2", {.qos = Qos::at_least_once});
  const auto begun = home.messages();
  ASSERT_EQ(begun.size(), 2U);
  unsubscribes(PacketId{5}, {"alice/#"});
  phone.publishes("alice/a", "3", {.qos = Qos::exactly_once});
  EXPECT_THAT(home.messages(), IsEmpty());
  home.sends_ack(PacketType::pubrec, static_cast<std::uint16_t>(begun[0].id));
  EXPECT_EQ(home.last(PacketType::pubrel)->id, begun[0].id);
  home.drops();
  home.connects(lasting());
  EXPECT_EQ(home.last(PacketType::pubrel)->id, begun[0].id);
  EXPECT_THAT(payloads_of(home.messages()), ElementsAre("2"));
}

// ---- identifiers, no local ----

class SubscribeV5 : public testing::Test {
 protected:
  World world;
};

// [MQTT5-3.3.4-3], [MQTT5-3.3.4-4]: all of them
TEST_F(SubscribeV5, HasAnyNumberOfIdentifiersInAMessage) {
  auto& alice = world.client("alice");
  alice.connects();
  std::vector<std::uint32_t> expected;
  std::string topic = "alice";
  std::string filter = "alice";
  for (std::uint32_t id = 1; id <= 100; ++id) {
    topic += "/a";
    alice.subscribes(filter + "/#", {.id = id});
    filter += "/+";
    expected.push_back(id);
  }
  alice.publishes(topic, "1");
  const auto messages = alice.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(messages[0].subscription_ids, testing::UnorderedElementsAreArray(expected));
}

// [MQTT5-3.3.4-3], [MQTT5-3.3.4-4]: also of what was retained
TEST_F(SubscribeV5, IsNamedInRetainedMessages) {
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/a", "1", {.retain = true});
  for (const auto* filter : {"alice/+", "alice/a"}) {
    for (const std::uint32_t id : {7U, 300U, 0U}) {
      alice.subscribes(filter, {.id = id});
      const auto messages = alice.messages();
      ASSERT_EQ(messages.size(), 1U);
      EXPECT_EQ(messages[0].subscription_ids,
                id != 0 ? std::vector{id} : std::vector<std::uint32_t>{});
    }
  }
}

// [MQTT5-3.8.3-3], [MQTT5-3.3.4-3]: a subscription that does not let it through is not named
TEST_F(SubscribeV5, WithNoLocalIsNotNamedInOnesOwnMessages) {
  auto& alice = world.client("alice");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  phone.connects();
  alice.subscribes("alice/#", {.no_local = true, .id = 1});
  alice.subscribes("alice/a", {.id = 2});
  alice.publishes("alice/a", "own");
  phone.publishes("alice/a", "other");
  const auto messages = alice.messages();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_THAT(messages[0].subscription_ids, ElementsAre(2));
  EXPECT_THAT(messages[1].subscription_ids, testing::UnorderedElementsAre(1, 2));
}

// ---- shared ----

class Shared : public testing::Test {
 protected:
  void SetUp() override {
    for (auto* client : {&first, &second}) {
      client->connects({.clean = false, .expiry = 100});
      client->acknowledges = false;
    }
    source.connects({.keep_alive = 0});
  }

  World world;
  Client& source = world.client("alice", "source");
  Client& first = world.client("alice", "first");
  Client& second = world.client("alice", "second");
};

// [MQTT5-4.8.2-3]; retain as [MQTT5-3.3.1-12] asks
TEST_F(Shared, EachMemberHasItsOwnQos) {
  first.subscribes("$share/g/alice/a", {.qos = Qos::at_most_once});
  second.subscribes("$share/g/alice/a", {.qos = Qos::at_least_once});
  for (int i = 0; i < 4; ++i) {
    source.publishes("alice/a", "x", {.qos = Qos::exactly_once, .retain = true});
  }
  EXPECT_THAT(first.receives(), ElementsAre("alice/a=x", "alice/a=x"));
  EXPECT_THAT(second.receives(), ElementsAre("alice/a=x q1", "alice/a=x q1"));
}

// [MQTT5-3.3.4-5]: a shared subscription brings a copy of its own; with retain as that one asks
// [MQTT5-3.3.1-13]
TEST_F(Shared, NamesItsIdentifierBesideTheMembersOwn) {
  first.subscribes("alice/#", {.id = 1});
  first.subscribes("alice/+", {.id = 2});
  first.subscribes("$share/g/alice/a", {.retain_as_published = true, .id = 3});
  source.publishes("alice/a", "x", {.retain = true});
  source.publishes("alice/a", "y");
  std::vector<std::vector<std::uint32_t>> ids;
  std::vector<bool> retained;
  for (auto& message : first.messages()) {
    std::sort(message.subscription_ids.begin(), message.subscription_ids.end());
    ids.push_back(message.subscription_ids);
    retained.push_back(message.retain);
  }
  using Ids = std::vector<std::uint32_t>;
  EXPECT_THAT(ids, ElementsAre(Ids{1, 2}, Ids{3}, Ids{1, 2}, Ids{3}));
  EXPECT_THAT(retained, ElementsAre(false, true, false, false));
}

// [MQTT5 4.8.2]: who is away gets none as long as another is there
TEST_F(Shared, MembersThatAreAwayAreSkipped) {
  for (auto* client : {&first, &second}) {
    client->acknowledges = true;
    client->subscribes("$share/g/alice/a");
  }
  first.drops();
  for (int i = 0; i < 4; ++i) {
    source.publishes("alice/a", "x");
  }
  EXPECT_EQ(second.receives().size(), 4U);
  second.drops();
  source.publishes("alice/a", "y");
  for (auto* client : {&first, &second}) {
    client->connects({.clean = false, .expiry = 100});
  }
  auto late = first.receives();
  for (const auto& message : second.receives()) {
    late.push_back(message);
  }
  EXPECT_THAT(late, ElementsAre("alice/a=y q1"));  // one of them, when nobody was there
}

// [MQTT5-4.8.2-4], [MQTT5-4.8.2-5]
TEST_F(Shared, Qos2ThatHasBegunStaysWithItsMember) {
  first.subscribes("$share/g/alice/a");
  source.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  second.subscribes("$share/g/alice/a");
  ASSERT_EQ(first.messages().size(), 1U);
  first.drops();
  EXPECT_THAT(second.messages(), IsEmpty());
  first.connects({.clean = false, .expiry = 100});
  EXPECT_THAT(first.receives(), ElementsAre("alice/a=1 q2 dup"));
  first.drops();
  world.passes_ms(20'000);
  second.pings();
  world.passes_ms(50'000);
  second.pings();
  world.passes_ms(40'000);
  EXPECT_EQ(world.hub("alice").session_count(), 2U);  // the first one has ended
  EXPECT_TRUE(second.connected());
  EXPECT_THAT(second.messages(), IsEmpty());
}

// [MQTT5-4.8.2-6]
TEST_F(Shared, WhatAMemberRefusesGoesToNobodyElse) {
  first.subscribes("$share/g/alice/a");
  source.publishes("alice/a", "1", {.qos = Qos::at_least_once});
  source.publishes("alice/a", "2", {.qos = Qos::exactly_once});
  second.subscribes("$share/g/alice/a");
  const auto messages = first.messages();
  ASSERT_EQ(messages.size(), 2U);
  first.sends_ack(PacketType::puback, static_cast<std::uint16_t>(messages[0].id),
                  Reason::not_authorized);
  first.sends_ack(PacketType::pubrec, static_cast<std::uint16_t>(messages[1].id),
                  Reason::not_authorized);
  first.leaves(Reason::success, 0);
  EXPECT_THAT(second.messages(), IsEmpty());
}

// What is written the same behind two mount points of classic mode is not the same filter.
TEST(SharedBehindMountPoints, IsTwoGroups) {
  World world;
  world.settings.tenancy = false;
  auto& one = world.client("", "one");
  auto& two = world.client("", "two");
  auto& source = world.client("", "source");
  one.connects({.mount_point = "m1/"});
  two.connects({.mount_point = "m2/"});
  source.connects();
  one.subscribes("$share/g/a");
  two.subscribes("$share/g/a");
  for (int i = 0; i < 3; ++i) {
    source.publishes("m1/a", "x", {.qos = Qos::at_most_once});
  }
  EXPECT_THAT(one.receives(), ElementsAre("a=x", "a=x", "a=x"));
  EXPECT_THAT(two.receives(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Mqtt, Subscribe, kVersions, name_of_version);

}  // namespace
}  // namespace owb::core
