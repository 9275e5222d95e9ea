// Rule 9: orders to a home go stale. F61.
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

constexpr auto kOrder = "alice/openWB/set/ChargeMode";

class Orders : public testing::Test {
 protected:
  World world;
  Client& home = world.client("alice", "home", Role::home);
  Client& phone = world.client("alice", "phone", Role::owner_web);
  const Connecting kPersistent{.version = Version::v311, .clean = false};

  void SetUp() override {
    home.connects(kPersistent);
    home.subscribes("alice/openWB/set/#");
    home.subscribes("alice/openWB/set/graph/#");
    phone.connects();
  }
};

TEST_F(Orders, ReachTheHomeOnce) {
  phone.publishes(kOrder, "1");
  EXPECT_THAT(home.receives(), ElementsAre("alice/openWB/set/ChargeMode=1 q1"));
  phone.publishes("alice/openWB/set/graph/RequestDayGraph", "20261120");
  EXPECT_EQ(home.receives().size(), 1U);  // overlapping filters of a bridge
}

TEST_F(Orders, WaitAMinuteForTheHome) {
  home.drops();
  phone.publishes(kOrder, "1");
  world.passes_ms(30'000);
  phone.publishes(kOrder, "2");
  world.passes_ms(31'000);
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), ElementsAre("alice/openWB/set/ChargeMode=2 q1"));
}

TEST_F(Orders, ThatWereSentAndNotAcknowledgedAreDroppedToo) {
  std::vector<mqtt::PacketId> dropped;
  for (const auto qos : {Qos::at_least_once, Qos::exactly_once}) {
    home.acknowledges = false;
    phone.publishes(kOrder, "1", {.qos = qos});
    const auto messages = home.messages();
    ASSERT_EQ(messages.size(), 1U);
    dropped.push_back(messages[0].id);
    home.drops();
    world.passes_ms(61'000);
    home.connects(kPersistent);
    EXPECT_THAT(home.receives(), IsEmpty());
    EXPECT_EQ(home.link().session()->queued(), 0U);
  }
  // Their ids are not used again: the home may still hold its half of the flow.
  home.acknowledges = true;
  for (int i = 0; i < 65'600; ++i) {
    phone.publishes(kOrder, "x", {.qos = Qos::at_least_once});
    const auto messages = home.messages();
    ASSERT_EQ(messages.size(), 1U);
    ASSERT_THAT(dropped, testing::Not(testing::Contains(messages[0].id)));
  }
}

TEST_F(Orders, F61_ThatWereGivenUpAreNeverReleased) {
  // The home had the PUBLISH, and its PUBREC comes after the link was mended: a PUBREL would make
  // it act. In 5.0 as in 3.1.1.
  for (const auto version : {Version::v311, Version::v5}) {
    const Connecting again{.version = version, .clean = false, .expiry = 86'400};
    home.connects(again);
    home.acknowledges = false;
    phone.publishes(kOrder, "1", {.qos = Qos::exactly_once});
    const auto id = static_cast<std::uint16_t>(home.messages().at(0).id);
    home.drops();
    world.passes_ms(61'000);
    home.connects(again);
    home.sends_ack(PacketType::pubrec, id);
    EXPECT_THAT(home.take(PacketType::pubrel), IsEmpty());
    EXPECT_TRUE(home.connected());
  }
}

TEST_F(Orders, F61_ThatWaitBehindASmallerWindowGoStaleThereToo) {
  home.acknowledges = false;
  phone.publishes(kOrder, "1", {.qos = Qos::exactly_once});
  phone.publishes(kOrder, "2", {.qos = Qos::exactly_once});
  home.drops();
  home.receives();
  home.connects({.version = Version::v5, .clean = false, .expiry = 86'400, .receive_maximum = 1});
  const auto first = home.messages();
  ASSERT_EQ(first.size(), 1U);
  world.passes_ms(61'000);
  home.acknowledges = true;
  home.sends_ack(PacketType::pubrec, static_cast<std::uint16_t>(first[0].id));
  EXPECT_THAT(home.receives(), IsEmpty());
  EXPECT_EQ(home.link().session()->queued(), 0U);
}

// The home has them, but not the word to carry them out: each keeps a place of the 20 it has.
class GivenUpOrders : public Orders {
 protected:
  void SetUp() override {
    Orders::SetUp();
    home.acknowledges = false;
  }

  void send_orders(int count) {
    for (int i = 0; i < count; ++i) {
      phone.publishes(kOrder, std::to_string(i), {.qos = Qos::exactly_once});
    }
  }

  /// The link dies before a PUBREC comes; returns how many orders the home had got, by QoS.
  std::pair<std::size_t, std::size_t> gives_up(int count) {
    send_orders(count);
    std::pair<std::size_t, std::size_t> got;
    for (const auto& message : home.messages()) {
      ++(message.qos == Qos::exactly_once ? got.second : got.first);
    }
    home.drops();
    world.passes_ms(61'000);
    home.connects(kPersistent);
    EXPECT_THAT(home.messages(), IsEmpty());
    return got;
  }
};

TEST_F(GivenUpOrders, NeverTakeMoreThanHalfOfTheHomesPlaces) {
  EXPECT_EQ(gives_up(8), std::pair(std::size_t{0}, std::size_t{8}));
  EXPECT_EQ(gives_up(40), std::pair(std::size_t{0}, std::size_t{2}));
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(gives_up(40), std::pair(std::size_t{10}, std::size_t{0}));
  }
}

TEST_F(GivenUpOrders, LeaveTheOtherPlacesToWhatComesAfter) {
  home.subscribes("alice/note");
  auto& owner = world.client("alice", "owner");
  owner.connects({.keep_alive = 0});
  gives_up(3);
  for (int i = 0; i < 40; ++i) {
    owner.publishes("alice/note", "x", {.qos = Qos::exactly_once});
  }
  EXPECT_EQ(home.receives().size(), 17U);
}

TEST_F(GivenUpOrders, DoNotStopThoseThatFollow) {
  gives_up(40);
  home.acknowledges = true;
  send_orders(200);
  const auto messages = home.receives();
  EXPECT_EQ(messages.size(), 200U);
  EXPECT_THAT(messages, testing::Each(testing::EndsWith(" q1")));
}

TEST_F(GivenUpOrders, AreNotFearedByThoseThatArrive) {
  home.acknowledges = true;
  send_orders(200);
  const auto messages = home.receives();
  EXPECT_EQ(messages.size(), 200U);
  EXPECT_THAT(messages, testing::Each(testing::EndsWith(" q2")));
}

TEST_F(Orders, ThatAreFreshAreRepeated) {
  home.acknowledges = false;
  phone.publishes(kOrder, "1");
  home.receives();
  home.drops();
  world.passes_ms(30'000);
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), ElementsAre("alice/openWB/set/ChargeMode=1 q1 dup"));
}

TEST_F(Orders, ThatWereReceivedAreReleasedHoweverOld) {
  home.acknowledges = false;
  phone.publishes(kOrder, "1", {.qos = Qos::exactly_once});
  home.sends_ack(PacketType::pubrec, static_cast<std::uint16_t>(home.messages().at(0).id));
  home.drops();
  world.passes_ms(61'000);
  home.connects(kPersistent);
  EXPECT_THAT(home.messages(), IsEmpty());
  EXPECT_EQ(home.take(PacketType::pubrel).size(), 1U);
}

TEST_F(Orders, OtherMessagesWaitLonger) {
  home.subscribes("alice/note");
  home.drops();
  auto& owner = world.client("alice", "owner");
  owner.connects();
  owner.publishes("alice/note", "1");
  world.passes_ms(3'600'000);
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), ElementsAre("alice/note=1 q1"));
}

TEST_F(Orders, AsWillsGoStaleToo) {
  home.drops();
  auto& owner = world.client("alice", "owner");
  owner.connects({.will = make_will(kOrder, "3")});
  owner.drops();
  world.passes_ms(61'000);
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), IsEmpty());
}

TEST_F(Orders, HaveAShorterExpiryIfTheirSenderSaysSo) {
  home.drops();
  phone.publishes(kOrder, "1", {.expiry = 10});
  phone.publishes(kOrder, "2", {.expiry = 1'000});
  world.passes_ms(11'000);
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), ElementsAre("alice/openWB/set/ChargeMode=2 q1"));
  home.drops();
  phone.publishes(kOrder, "3", {.expiry = 1'000});
  world.passes_ms(61'000);
  home.connects(kPersistent);
  EXPECT_THAT(home.receives(), IsEmpty());
}

}  // namespace
}  // namespace owb::core
