// CONNECT: what is refused, what CONNACK says, waiting for the credential, keep alive, limits.
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

class Connects : public testing::Test {
 protected:
  World world;

  static Bytes bytes(std::initializer_list<int> values) {
    Bytes result;
    for (const auto value : values) {
      result.push_back(static_cast<std::byte>(value));
    }
    return result;
  }
};

TEST_F(Connects, AllVersions) {
  for (const auto version : {Version::v31, Version::v311, Version::v5}) {
    auto& alice = world.client("alice", "id" + std::to_string(static_cast<int>(version)));
    EXPECT_EQ(alice.connects({.version = version}), Reason::success);
    EXPECT_EQ(alice.connects({.version = version, .bridge = version != Version::v5}),
              Reason::success);
  }
}

TEST_F(Connects, NothingElseComesFirst) {  // [MQTT-3.1.0-1], [MQTT5-3.1.0-1], F1, F7
  for (const auto first : {0xC0, 0x30, 0x20, 0xE0, 0xF0, 0x00}) {
    SCOPED_TRACE(first);
    auto& alice = world.client("alice");
    alice.opens();
    alice.sends(bytes({first, 0}));
    EXPECT_TRUE(alice.closed);
    EXPECT_FALSE(alice.last(PacketType::connack));
  }
  Bytes disguised;  // a PUBLISH with all that belongs to a CONNECT
  mqtt::encode_connect({.version = Version::v5, .client_id = "id", .user_name = "alice"},
                       disguised);
  disguised[0] = std::byte{0x30};
  auto& alice = world.client("alice");
  alice.opens();
  alice.sends(disguised);
  EXPECT_TRUE(alice.closed);
  EXPECT_THAT(alice.everything(), IsEmpty());
}

TEST_F(Connects, AHugeConnectEndsAtItsHeader) {  // F1
  auto& alice = world.client("alice");
  alice.opens();
  alice.sends(bytes({0x10, 0xFF, 0xFF, 0xFF, 0x7F}));
  EXPECT_TRUE(alice.closed);
}

TEST_F(Connects, ASecondOneEndsTheConnection) {  // [MQTT-3.1.0-2], [MQTT5-3.1.0-2], F8
  auto& alice = world.client("alice");
  alice.connects();
  Bytes again;
  mqtt::encode_connect({.version = Version::v5, .client_id = "x"}, again);
  alice.sends(again);
  EXPECT_TRUE(alice.closed);
  EXPECT_EQ(alice.last(PacketType::disconnect)->reason, Reason::protocol_error);
}

TEST_F(Connects, UnknownLevelsGetConnack1) {  // [MQTT-3.1.2-2], design 4
  auto& alice = world.client("alice");
  alice.opens({.version = Version::v311});
  alice.sends(bytes({0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 6, 2, 0, 60, 0, 2, 'i', 'd'}));
  EXPECT_TRUE(alice.closed);
  const auto answer = alice.last(PacketType::connack);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->connack.reason, Reason::unsupported_protocol_version);
}

TEST_F(Connects, AreOfAVersionOfTheListener) {  // [MQTT-3.1.2-2], [MQTT5-3.1.2-2]
  for (const auto version : {Version::v31, Version::v311, Version::v5}) {
    const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(version));
    auto& alice = world.client("alice");
    EXPECT_EQ(alice.connects({.version = version, .versions = bit}), Reason::success);
    const auto others = static_cast<std::uint8_t>(0xFFU ^ bit);
    EXPECT_EQ(alice.connects({.version = version, .versions = others}),
              Reason::unsupported_protocol_version);
    EXPECT_TRUE(alice.closed);
  }
}

TEST_F(Connects, MustComeInTime) {  // F35
  auto& alice = world.client("alice");
  alice.opens();
  alice.sends(bytes({0x10}));
  world.passes_ms(9'900);
  alice.sends(bytes({14}));
  EXPECT_FALSE(alice.closed);
  world.passes_ms(300);
  EXPECT_TRUE(alice.closed);
}

TEST_F(Connects, InPieces) {
  auto& alice = world.client("alice");
  alice.opens();
  Bytes connect;
  mqtt::encode_connect({.version = Version::v5, .client_id = "id", .user_name = "alice"}, connect);
  mqtt::encode_pingreq(connect);
  for (const auto one : connect) {
    alice.feeds({&one, 1});
  }
  world.settles();
  EXPECT_TRUE(alice.connected());
  EXPECT_EQ(alice.take(PacketType::pingresp).size(), 1U);
}

TEST_F(Connects, PacketsBehindItAreHandledInOrder) {
  auto& alice = world.client("alice");
  alice.opens();
  Bytes all;
  mqtt::encode_connect({.version = Version::v5, .client_id = "id", .user_name = "alice"}, all);
  const mqtt::SubscribeEntry entry{.filter = "alice/#"};
  mqtt::encode_subscribe(mqtt::PacketId{1}, 0, {&entry, 1}, Version::v5, all);
  mqtt::encode_publish(mqtt::Publish{.topic = "alice/a", .payload = as_byte_view("1")}, Version::v5,
                       all);
  alice.sends(all);
  EXPECT_THAT(alice.receives(), ElementsAre("alice/a=1"));
}

TEST_F(Connects, WaitForTheCredential) {
  world.logins_wait = true;
  auto& alice = world.client("alice");
  EXPECT_EQ(alice.connects(), Reason::unspecified_error);  // no answer yet
  EXPECT_TRUE(alice.reading_paused);
  Bytes ping;
  mqtt::encode_pingreq(ping);
  alice.sends(ping);  // was under way already
  ASSERT_EQ(world.waiting.size(), 1U);
  world.answers_login(world.waiting[0], true);
  EXPECT_FALSE(alice.reading_paused);
  EXPECT_TRUE(alice.connected());
  EXPECT_EQ(alice.take(PacketType::connack).size(), 1U);
  EXPECT_EQ(alice.take(PacketType::pingresp).size(), 1U);
  world.answers_login(world.waiting[0], false);  // nobody asks any more
  EXPECT_TRUE(alice.connected());
}

TEST_F(Connects, AreRefusedByTheCredential) {
  world.logins_wait = true;
  for (const auto version : {Version::v5, Version::v311}) {
    auto& alice = world.client("alice");
    alice.connects({.version = version, .will = make_will("alice/gone", "1")});
    world.answers_login(world.waiting.back(), false);
    EXPECT_TRUE(alice.closed);
    EXPECT_EQ(alice.last(PacketType::connack)->connack.reason, Reason::bad_user_name_or_password);
  }
  EXPECT_EQ(world.realm().find_hub("alice"), nullptr);
}

TEST_F(Connects, ABrokenConnectionIsForgotten) {
  world.logins_wait = true;
  auto& alice = world.client("alice");
  alice.connects();
  alice.drops();
  EXPECT_EQ(world.forgotten, world.waiting);
  world.answers_login(world.waiting[0], true);
  EXPECT_FALSE(alice.connected());
}

TEST_F(Connects, DoNotWaitForEver) {  // design 8: the queue of hashes is full
  world.logins_wait = true;
  auto& alice = world.client("alice");
  alice.connects();
  world.passes_ms(29'900);
  EXPECT_FALSE(alice.closed);
  world.passes_ms(300);
  EXPECT_TRUE(alice.closed);
  EXPECT_EQ(alice.last(PacketType::connack)->connack.reason, Reason::server_busy);
  EXPECT_EQ(world.forgotten, world.waiting);
}

TEST_F(Connects, AreEndedWhileTheyWait) {
  world.logins_wait = true;
  auto& alice = world.client("alice");
  alice.connects();
  world.realm().shut_down();
  world.settles();
  EXPECT_TRUE(alice.closed);
  EXPECT_EQ(alice.last(PacketType::connack)->connack.reason, Reason::server_unavailable);
  EXPECT_EQ(world.forgotten, world.waiting);
}

TEST_F(Connects, EmptyClientIdsGetOne) {  // [MQTT5-3.1.3-6], [MQTT5-3.2.2-16], [MQTT-3.1.3-8]
  auto& first = world.client("alice", "");
  auto& second = world.client("alice", "");
  EXPECT_EQ(first.connects(), Reason::success);
  EXPECT_EQ(second.connects({.clean = false}), Reason::success);
  EXPECT_TRUE(first.connected());
  EXPECT_NE(first.assigned_id, "");
  EXPECT_NE(first.assigned_id, second.assigned_id);
  auto& third = world.client("alice", "");
  EXPECT_EQ(third.connects({.version = Version::v311}), Reason::success);
  EXPECT_EQ(third.connects({.version = Version::v311, .clean = false}),
            Reason::client_identifier_not_valid);
  EXPECT_EQ(third.connects({.version = Version::v31}), Reason::client_identifier_not_valid);
}

TEST_F(Connects, ConnackTellsOurLimits) {
  world.settings.max_packet_size = 5'000;
  world.settings.receive_maximum = 123;
  world.settings.max_topic_alias = 4;
  world.settings.max_keepalive = 100;
  world.settings.maximum_qos = Qos::at_least_once;
  world.settings.retain_available = false;
  auto& alice = world.client("alice");
  alice.connects({.keep_alive = 0, .expiry = 50});
  const auto& said = alice.connack;
  EXPECT_EQ(said.maximum_packet_size, 5'000U);
  EXPECT_EQ(said.receive_maximum, 123);
  EXPECT_EQ(said.topic_alias_maximum, 4);
  EXPECT_EQ(said.server_keep_alive, 100);
  EXPECT_EQ(said.maximum_qos, Qos::at_least_once);
  EXPECT_EQ(said.retain_available, false);
  EXPECT_EQ(said.session_expiry, std::nullopt);  // as asked
}

TEST_F(Connects, TheServersKeepAliveHolds) {  // [MQTT5 3.2.2.3.14]
  world.settings.max_keepalive = 100;
  for (const std::uint16_t asked : std::initializer_list<std::uint16_t>{0, 101, 65'535}) {
    auto& alice = world.client("alice");
    alice.connects({.keep_alive = asked});
    EXPECT_EQ(alice.connack.server_keep_alive, 100);
    world.passes_ms(149'800);
    EXPECT_TRUE(alice.connected());
    world.passes_ms(400);
    EXPECT_TRUE(alice.closed);
    EXPECT_EQ(alice.last(PacketType::disconnect)->reason, Reason::keep_alive_timeout);
  }
}

TEST_F(Connects, TheSessionExpiryIsCutToTheTenants) {  // [MQTT5 3.2.2.3.2], design 10
  world.registers("alice", 1, false, 1, "session_expiry_home=100s");
  auto& home = world.client("alice", "home", Role::home);
  auto& browser = world.client("alice", "browser", Role::owner_web);
  home.connects({.expiry = 1'000});
  EXPECT_EQ(home.connack.session_expiry, 100U);
  browser.connects({.expiry = 1'000});
  EXPECT_EQ(browser.connack.session_expiry, 0U);
}

TEST_F(Connects, ASilentClientIsDropped) {  // [MQTT-3.1.2-24]
  auto& alice = world.client("alice");
  alice.connects({.version = Version::v311, .keep_alive = 10});
  for (int i = 0; i < 5; ++i) {
    world.passes_ms(14'000);
    alice.pings();
  }
  EXPECT_EQ(alice.take(PacketType::pingresp).size(), 5U);
  world.passes_ms(15'200);
  EXPECT_TRUE(alice.closed);
}

TEST_F(Connects, SomeAreWatchedByTcpInstead) {  // design 4
  for (const auto& [keep_alive, watched] :
       {std::pair<std::uint16_t, bool>{0, true}, {300, false}, {301, true}, {60, false}}) {
    auto& alice = world.client("alice");
    alice.connects({.version = Version::v311, .keep_alive = keep_alive});
    EXPECT_EQ(alice.watched, watched) << keep_alive;
  }
}

TEST_F(Connects, ConnectionsAreLimitedAndTheHomeKeepsASlot) {  // design 10
  world.registers("alice", 1, false, 1, "connections=3 viewer_connections=1");
  auto& home = world.client("alice", "home", Role::home);
  auto& a = world.client("alice", "a");
  auto& b = world.client("alice", "b");
  auto& c = world.client("alice", "c");
  auto& guest = world.client("alice", "guest", Role::viewer);
  auto& guest2 = world.client("alice", "guest2", Role::viewer);
  EXPECT_EQ(a.connects(), Reason::success);
  EXPECT_EQ(b.connects(), Reason::success);
  EXPECT_EQ(c.connects(), Reason::quota_exceeded);
  EXPECT_EQ(home.connects(), Reason::success);
  EXPECT_EQ(c.connects(), Reason::quota_exceeded);
  EXPECT_EQ(guest.connects(), Reason::success);
  EXPECT_EQ(guest2.connects(), Reason::quota_exceeded);
  b.leaves();
  EXPECT_EQ(c.connects(), Reason::success);
  EXPECT_EQ(c.connects(), Reason::success);  // takes its own place over
}

TEST_F(Connects, ThePortalsLoginsDoNotCount) {
  world.registers("alice", 1, false, 1, "connections=1");
  auto& a = world.client("alice", "a", Role::home);
  auto& login = world.client("alice", "login");
  a.connects();
  EXPECT_EQ(login.connects({.version = Version::v311, .listener = ListenerKind::login}),
            Reason::success);
}

TEST_F(Connects, ACookieEndsItsConnection) {
  auto& browser = world.client("alice", "b", Role::owner_web);
  browser.connects({.cookie_expires = world.now().wall_s + 3'600});
  for (int i = 0; i < 59; ++i) {
    world.passes_ms(60'000);
    browser.pings();
  }
  EXPECT_TRUE(browser.connected());
  world.passes_ms(61'000);
  EXPECT_TRUE(browser.closed);
  EXPECT_EQ(browser.last(PacketType::disconnect)->reason, Reason::not_authorized);
}

TEST_F(Connects, PacketsOfServersEndTheConnection) {  // F7
  for (const auto type : {0x20, 0x90, 0xB0, 0xD0}) {
    SCOPED_TRACE(type);
    auto& alice = world.client("alice");
    alice.connects();
    alice.sends(bytes({type, 2, 0, 0}));
    EXPECT_TRUE(alice.closed);
  }
}

TEST_F(Connects, AuthIsRefused) {  // F8, [MQTT5-4.12.0-6]
  auto& alice = world.client("alice");
  alice.connects();
  alice.sends(bytes({0xF0, 0}));
  EXPECT_EQ(alice.last(PacketType::disconnect)->reason, Reason::protocol_error);
  auto& bob = world.client("bob");
  bob.opens();
  Bytes connect;
  mqtt::encode_connect({.version = Version::v5, .client_id = "x", .authentication_method = "SCRAM"},
                       connect);
  bob.sends(connect);
  EXPECT_EQ(bob.last(PacketType::connack)->connack.reason, Reason::bad_authentication_method);
}

}  // namespace
}  // namespace owb::core
