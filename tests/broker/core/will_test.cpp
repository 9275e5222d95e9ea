// Wills: when they are sent, when not, and to whom.
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

class Wills : public testing::Test {
 protected:
  World world;
  Client& home = world.client("alice", "home");
  Client& phone = world.client("alice", "phone");

  void SetUp() override {
    phone.connects({.keep_alive = 0});
    phone.subscribes("alice/#");
  }
};

TEST_F(Wills, AreSentWhenTheConnectionBreaks) {  // [MQTT-3.1.2-8], F42
  home.connects({.will = make_will("alice/gone", "1")});
  EXPECT_THAT(phone.receives(), IsEmpty());
  home.drops();
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1"));
}

// [MQTT-3.1.2-10], [MQTT-3.14.4-3], [MQTT5-3.14.4-3]: with reason 0 only
TEST_F(Wills, AreNotSentAfterDisconnect) {
  home.connects({.will = make_will("alice/gone", "1")});
  home.leaves();
  EXPECT_THAT(phone.receives(), IsEmpty());
  home.connects({.will = make_will("alice/gone", "1")});
  home.leaves(Reason::disconnect_with_will);
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1"));
}

TEST_F(Wills, AreSentAfterAProtocolError) {
  home.connects({.will = make_will("alice/gone", "1")});
  home.sends(std::vector<std::byte>{std::byte{0xF0}, std::byte{0}});
  EXPECT_TRUE(home.closed);
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1"));
}

TEST_F(Wills, AreSentWhenTheKeepAliveIsOver) {  // [MQTT-3.1.2-24]
  home.connects({.keep_alive = 10, .will = make_will("alice/gone", "1")});
  world.passes_ms(14'900);
  EXPECT_THAT(phone.receives(), IsEmpty());
  world.passes_ms(300);
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1"));
  EXPECT_EQ(home.last(PacketType::disconnect)->reason, Reason::keep_alive_timeout);
}

TEST_F(Wills, AreSentAtTakeover) {  // [MQTT-3.1.2-8], [MQTT5-3.1.2-8]
  auto& twin = world.client("alice", "home");
  home.connects({.will = make_will("alice/gone", "1")});
  twin.connects();
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1"));
}

TEST_F(Wills, AreRetainedIfAsked) {  // [MQTT-3.1.2-17]
  auto will = make_will("alice/gone", "1");
  will.retain = true;
  home.connects({.will = will});
  home.drops();
  phone.receives();
  phone.subscribes("alice/gone");
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1 r"));
}

TEST_F(Wills, WaitForTheirDelay) {  // [MQTT5-3.1.2-8]
  home.connects({.expiry = 100, .will = make_will("alice/gone", "1", 30)});
  home.drops();
  world.passes_ms(29'900);
  EXPECT_THAT(phone.receives(), IsEmpty());
  world.passes_ms(300);
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1"));
  world.passes_ms(100'000);
  EXPECT_THAT(phone.receives(), IsEmpty());
}

TEST_F(Wills, AreForgottenWhenTheClientIsBackInTime) {  // [MQTT5-3.1.3-9]
  home.connects({.expiry = 100, .will = make_will("alice/gone", "1", 30)});
  home.drops();
  world.passes_ms(20'000);
  home.connects({.clean = false, .expiry = 100});
  world.passes_ms(40'000);
  EXPECT_THAT(phone.receives(), IsEmpty());
}

TEST_F(Wills, DoNotOutliveTheSession) {  // [MQTT5-3.1.2-8]: whichever comes first
  home.connects({.expiry = 10, .will = make_will("alice/gone", "1", 30)});
  home.drops();
  world.passes_ms(10'200);
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1"));
  home.connects({.expiry = 0, .will = make_will("alice/gone", "2", 30)});
  home.drops();
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=2 q1"));
}

TEST_F(Wills, ACleanStartEndsTheSessionAndSendsItsWill) {  // [MQTT5-3.1.2-8]
  home.connects({.expiry = 100, .will = make_will("alice/gone", "1", 30)});
  home.drops();
  home.connects({.clean = true, .expiry = 100});
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1"));
}

TEST_F(Wills, AreSentWhenTheirSessionIsEvicted) {
  world.registers("bob", 2, false, 1, "sessions=2");
  auto& watcher = world.client("bob", "watcher");
  auto& gone = world.client("bob", "gone");
  auto& third = world.client("bob", "third");
  watcher.connects();
  watcher.subscribes("bob/gone");
  gone.connects({.expiry = 1'000, .will = make_will("bob/gone", "1", 500)});
  gone.drops();
  EXPECT_EQ(third.connects(), Reason::success);
  EXPECT_THAT(watcher.receives(), ElementsAre("bob/gone=1 q1"));
}

TEST_F(Wills, ForeignTopicsRefuseTheConnection) {  // F22, rule 4
  for (const auto* topic :
       {"bob/a", "$CONTROL/dynamic-security/v1", "$SYS/broker/uptime",
        "$SYS/broker/connection/home/state", "alice/cloud/home", "/alice/a", "Alice/a"}) {
    SCOPED_TRACE(topic);
    EXPECT_EQ(home.connects({.will = make_will(topic, "1")}), Reason::not_authorized);
    EXPECT_TRUE(home.closed);
    EXPECT_EQ(home.connects({.version = Version::v311, .will = make_will(topic, "1")}),
              Reason::not_authorized);
  }
  EXPECT_EQ(world.hub("alice").session_count(), 1U);
}

TEST_F(Wills, ForeignResponseTopicsRefuseTheConnection) {  // F24
  auto will = make_will("alice/gone", "1");
  will.properties.response_topic = "bob/a";
  EXPECT_EQ(home.connects({.will = will}), Reason::not_authorized);
}

TEST_F(Wills, ABridgesOwnStateIsTakenAndDropped) {  // rule 7, F22
  const Connecting bridge{.version = Version::v311,
                          .bridge = true,
                          .will = make_will("$SYS/broker/connection/home/state", "0")};
  EXPECT_EQ(home.connects(bridge), Reason::success);
  home.drops();
  EXPECT_THAT(phone.receives(), IsEmpty());
  auto other = bridge;
  other.will = make_will("$SYS/broker/connection/other/state", "0");
  EXPECT_EQ(home.connects(other), Reason::not_authorized);
}

TEST_F(Wills, OfBrowsersObeyTheirRole) {  // rule 11
  auto& browser = world.client("alice", "browser", Role::owner_web);
  EXPECT_EQ(browser.connects({.will = make_will("alice/note", "1")}), Reason::not_authorized);
  EXPECT_EQ(browser.connects({.will = make_will("alice/openWB/set/ChargeMode", "3")}),
            Reason::success);
}

TEST_F(Wills, OfTheSuspendedAndDeletedAreNotSent) {  // F23
  for (const bool deleted : {false, true}) {
    world.registers("carol", 3);
    auto& device = world.client("carol", "device");
    auto& away = world.client("carol", "away");
    device.connects({.will = make_will("carol/gone", "1")});
    away.connects({.expiry = 1'000, .will = make_will("carol/away", "1", 60)});
    away.drops();
    const auto before = world.realm().stats().messages_sent;
    if (deleted) {
      world.deletes("carol");
    } else {
      world.registers("carol", 3, true, 2);
    }
    EXPECT_TRUE(device.closed);
    world.registers("carol", 3, false, 3);
    auto& watcher = world.client("carol", "watcher");
    watcher.connects({.keep_alive = 0});
    watcher.subscribes("carol/#", {.retain_handling = 2});
    world.passes_ms(120'000);
    EXPECT_THAT(watcher.receives(), IsEmpty());
    EXPECT_EQ(device.messages().size(), 0U);
    EXPECT_GE(world.realm().stats().messages_sent, before);
    world.deletes("carol");
  }
}

TEST_F(Wills, AreSentAtShutdown) {
  home.connects({.will = make_will("alice/gone", "1")});
  world.realm().shut_down();
  world.settles();
  EXPECT_EQ(home.last(PacketType::disconnect)->reason, Reason::server_shutting_down);
  EXPECT_TRUE(phone.closed);
}

}  // namespace
}  // namespace owb::core
