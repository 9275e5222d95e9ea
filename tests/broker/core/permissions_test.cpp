// Roles (rule 11), the registry's changes (rule 6), webparm (rule 13), the home's state (rule 8).
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
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Permissions : public testing::Test {
 protected:
  World world;

  bool may(Client& client, const char* topic) {
    const auto reason = client.publishes(topic, "1");
    EXPECT_TRUE(reason == Reason::not_authorized || !mqtt::is_error(reason));
    return reason != Reason::not_authorized;
  }
};

TEST_F(Permissions, EachRolePublishesItsTopics) {  // rule 11

  struct Case {
    const char* topic;
    bool home;
    bool owner;
    bool web;
    bool viewer;
  };

  auto& home = world.client("alice", "home", Role::home);
  auto& owner = world.client("alice", "owner", Role::owner);
  auto& web = world.client("alice", "web", Role::owner_web);
  auto& viewer = world.client("alice", "viewer", Role::viewer);
  for (auto* client : {&home, &owner, &web, &viewer}) {
    ASSERT_EQ(client->connects(), Reason::success);
  }
  for (const auto& one : {
           Case{"alice/a", true, true, false, false},
           Case{"alice/openWB/global/ChargeMode", true, true, false, false},
           Case{"alice/openWB/set/ChargeMode", true, true, true, false},
           Case{"alice/openWB/set/system/reboot", true, true, false, false},
           Case{"alice/openWB/set/chargepoint/0/set/charge_template", true, true, true, false},
           Case{"alice/openWB/set/graph/RequestDayGraph", true, true, true, true},
           Case{"alice/openWB/set/command/x/todo/getChargeLog", true, true, true, true},
           Case{"alice/cloud/home", false, false, false, false},
           Case{"bob/openWB/set/ChargeMode", false, false, false, false},
           Case{"alice/webparm/id", true, true, false, false},  // not of the registry
       }) {
    SCOPED_TRACE(one.topic);
    EXPECT_EQ(may(home, one.topic), one.home);
    EXPECT_EQ(may(owner, one.topic), one.owner);
    EXPECT_EQ(may(web, one.topic), one.web);
    EXPECT_EQ(may(viewer, one.topic), one.viewer);
  }
}

TEST_F(Permissions, ViewersAskSixTimesAMinute) {  // rule 11
  world.registers("alice", 1);
  auto& viewer = world.client("alice", "viewer", Role::viewer);
  viewer.connects();
  const auto asks = [&] { return may(viewer, "alice/openWB/set/graph/RequestDayGraph"); };
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(asks());
  }
  EXPECT_FALSE(asks());
  world.passes_ms(60'000);
  EXPECT_TRUE(asks());
}

TEST_F(Permissions, ViewersReceiveOnlyWhatIsForThem) {  // rule 11
  world.registers("alice", 1);
  auto& home = world.client("alice", "home", Role::home);
  auto& viewer = world.client("alice", "viewer", Role::viewer);
  home.connects();
  home.publishes("alice/openWB/evu/W", "1", {.retain = true});
  home.publishes("alice/openWB/system/ip_address", "2", {.retain = true});
  viewer.connects();
  EXPECT_THAT(viewer.subscribes_all({"#", "alice/webparm/#", "alice/cloud/#"}),
              ElementsAre(2, 2, 2));
  auto seen = viewer.receives();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_THAT(seen, testing::Contains("alice/openWB/evu/W=1 q1 r"));
  EXPECT_THAT(seen, testing::Contains(HasSubstr("alice/cloud/home=")));
  home.publishes("alice/openWB/evu/W", "3");
  home.publishes("alice/openWB/set/ChargeMode", "3");
  home.publishes("alice/private", "3");
  EXPECT_THAT(viewer.receives(), ElementsAre("alice/openWB/evu/W=3 q1"));
}

TEST_F(Permissions, WebparmComesFromTheRegistry) {  // rule 13
  world.registers("alice", 7);
  auto& login = world.client("alice", "login");
  login.connects({.version = Version::v311});
  login.subscribes_all({"alice/webparm/#", "alice/webpara/#"});
  EXPECT_THAT(login.receives(),
              UnorderedElementsAre("alice/webparm/id=7 q1 r", "alice/webparm/thema=standard q1 r",
                                   "alice/webpara/id=7 q1 r", "alice/webpara/thema=standard q1 r"));
  auto& home = world.client("alice", "home", Role::home);
  home.connects();
  for (const auto* topic : {"alice/webparm/id", "alice/webpara/thema", "alice/webparm/x"}) {
    EXPECT_FALSE(may(home, topic));
  }
}

TEST_F(Permissions, OfFileUsersWebparmIsTheirOwn) {  // rule 13, F46
  auto& alice = world.client("alice");
  alice.connects();
  EXPECT_TRUE(may(alice, "alice/webparm/id"));
}

TEST_F(Permissions, SuspensionEndsEverything) {  // rule 6, F26
  world.registers("alice", 1);
  auto& bob = world.client("bob");
  bob.connects();
  auto& home = world.client("alice", "home", Role::home);
  auto& web = world.client("alice", "web", Role::owner_web);
  auto& old = world.client("alice", "old");
  home.connects();
  web.connects({.cookie_session = "s"});
  old.connects({.version = Version::v311});
  home.subscribes("alice/#");
  world.registers("alice", 1, true, 2);
  for (auto* client : {&home, &web, &old}) {
    EXPECT_TRUE(client->closed);
  }
  EXPECT_EQ(home.last(PacketType::disconnect)->reason, Reason::administrative_action);
  EXPECT_FALSE(old.last(PacketType::disconnect));
  EXPECT_TRUE(bob.connected());
}

TEST_F(Permissions, ANewPasswordEndsConnectionsButNotCookies) {  // rule 6
  world.registers("alice", 1);
  auto& home = world.client("alice", "home");
  auto& web = world.client("alice", "web", Role::owner_web);
  home.connects({.expiry = 1'000});
  web.connects({.cookie_session = "s"});
  home.publishes("alice/a", "1", {.retain = true});
  world.registers("alice", 1, false, 2);
  EXPECT_TRUE(home.closed);
  EXPECT_TRUE(web.connected());  // the portal revokes what it must
  home.connects({.clean = false, .expiry = 1'000});
  EXPECT_TRUE(home.session_present);
  home.subscribes("alice/a");
  EXPECT_EQ(home.receives().size(), 1U);
}

TEST_F(Permissions, NewLimitsCountAtOnce) {
  world.registers("alice", 1);
  auto& home = world.client("alice", "home", Role::home);
  home.connects();
  world.registers("alice", 1, false, 1, "retained_messages=1");
  EXPECT_TRUE(home.connected());
  EXPECT_EQ(home.publishes("alice/b", "1", {.retain = true}), Reason::quota_exceeded);
}

TEST_F(Permissions, ADeletedTenantLeavesNothing) {  // F25, rule 6
  world.registers("alice", 1);
  auto& home = world.client("alice", "home", Role::home);
  auto& away = world.client("alice", "away");
  home.connects({.expiry = 1'000});
  home.subscribes("alice/#");
  away.connects({.expiry = 1'000, .will = make_will("alice/gone", "1", 100)});
  away.subscribes("$share/g/alice/#");
  away.drops();
  home.publishes("alice/a", "secret", {.retain = true});
  home.publishes("bob/a", "denied");
  world.deletes("alice");
  EXPECT_TRUE(home.closed);
  EXPECT_EQ(home.last(PacketType::disconnect)->reason, Reason::not_authorized);
  auto& hub = world.hub("alice");
  EXPECT_EQ(hub.session_count(), 0U);
  EXPECT_EQ(hub.retained_count(), 0U);
  EXPECT_EQ(hub.retained_bytes(), 0U);

  world.registers("alice", 2);
  home.connects({.clean = false, .expiry = 1'000});
  EXPECT_FALSE(home.session_present);
  home.subscribes("alice/#");
  EXPECT_THAT(home.receives(), testing::Each(HasSubstr("/webpar")));
  home.subscribes("alice/cloud/denied");
  EXPECT_THAT(home.receives(), IsEmpty());
  world.passes_ms(200'000);
  EXPECT_THAT(home.receives(), IsEmpty());
}

TEST_F(Permissions, ANameThatIsAddedAnewStartsEmpty) {  // F25: both changes seen at once
  world.registers("alice", 1);
  auto& home = world.client("alice", "home", Role::home);
  home.connects({.expiry = 1'000});
  home.publishes("alice/a", "secret", {.retain = true});
  world.registers("alice", 2);
  EXPECT_TRUE(home.closed);
  home.connects({.clean = false});
  EXPECT_FALSE(home.session_present);
  home.subscribes("alice/a");
  EXPECT_THAT(home.receives(), IsEmpty());
}

TEST_F(Permissions, TheRegistryTakesAFileUserOver) {
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/webparm/id", "999", {.retain = true});
  alice.publishes("alice/a", "kept", {.retain = true});
  world.registers("alice", 5);
  EXPECT_TRUE(alice.closed);  // the file's password counts no longer
  alice.connects();
  alice.subscribes("alice/#");
  EXPECT_THAT(alice.receives(),
              testing::IsSupersetOf({"alice/webparm/id=5 q1 r", "alice/a=kept q1 r"}));
  EXPECT_FALSE(may(alice, "alice/webparm/id"));
}

TEST_F(Permissions, ARevokedCookieEndsItsConnectionsOnly) {  // rule 6
  world.registers("alice", 1);
  auto& first = world.client("alice", "first", Role::owner_web);
  auto& second = world.client("alice", "second", Role::owner_web);
  auto& home = world.client("alice", "home", Role::home);
  first.connects({.cookie_session = "one"});
  second.connects({.cookie_session = "two"});
  home.connects();
  world.realm().sessions_revoked({"one", "other"});
  world.settles();
  EXPECT_TRUE(first.closed);
  EXPECT_EQ(first.last(PacketType::disconnect)->reason, Reason::not_authorized);
  EXPECT_TRUE(second.connected());
  EXPECT_TRUE(home.connected());
}

class HomeState : public Permissions {
 protected:
  Client& watcher = world.client("alice", "watcher");

  void SetUp() override {
    watcher.connects({.keep_alive = 0, .listener = ListenerKind::tcp});
    watcher.subscribes("alice/cloud/home");
  }

  /// The last state told, cut to its flags.
  std::string told() {
    const auto messages = watcher.messages();
    if (messages.empty()) {
      return "nothing";
    }
    const auto& text = messages.back().payload;
    std::string flags;
    for (const auto* flag : {"connected", "writable", "bridge_bit"}) {
      if (text.find("\"" + std::string(flag) + "\":true") != std::string::npos) {
        flags += std::string(flag) + " ";
      }
    }
    return flags;
  }
};

TEST_F(HomeState, FollowsTheHome) {  // rule 8
  auto& home = world.client("alice", "home", Role::home);
  home.connects({.version = Version::v311});
  EXPECT_EQ(told(), "connected ");
  home.subscribes("alice/openWB/set/#");
  EXPECT_EQ(told(), "connected writable ");
  home.unsubscribes("alice/openWB/set/#");
  EXPECT_EQ(told(), "connected ");
  home.subscribes("alice/openWB/set/chargepoint/+/set/charge_template");
  EXPECT_EQ(told(), "connected writable ");
  home.drops();
  EXPECT_EQ(told(), "");
  home.connects({.version = Version::v311, .bridge = true});
  EXPECT_EQ(told(), "connected bridge_bit ");
}

TEST_F(HomeState, KnowsABridgeByItsBitAndOthersByTheirStatus) {  // rule 8
  auto& bridge = world.client("alice", "bridge");
  bridge.connects({.version = Version::v311, .bridge = true});
  EXPECT_EQ(told(), "connected bridge_bit ");
  bridge.drops();
  told();
  auto& script = world.client("alice", "script");
  script.connects({.version = Version::v311});
  EXPECT_EQ(told(), "nothing");
  script.publishes("alice/openWB/set/ChargeMode", "1");
  EXPECT_EQ(told(), "nothing");
  script.publishes("alice/openWB/evu/W", "1");
  EXPECT_EQ(told(), "connected ");
  auto& browser = world.client("alice", "browser", Role::owner_web);
  script.drops();
  told();
  browser.connects();
  EXPECT_EQ(told(), "nothing");
}

TEST_F(HomeState, SaysSinceWhen) {
  auto& home = world.client("alice", "home", Role::home);
  home.connects({.version = Version::v311, .keep_alive = 0});
  const auto begin = world.now().wall_s;
  world.passes_ms(100'000);
  home.drops();
  const auto end = world.now().wall_s;
  EXPECT_EQ(end - begin, 100);
  EXPECT_EQ(watcher.messages().back().payload,
            R"({"connected":false,"since":)" + std::to_string(end) + R"(,"last":)" +
                std::to_string(end) + R"(,"writable":false,"bridge_bit":false})");
}

}  // namespace
}  // namespace owb::core
