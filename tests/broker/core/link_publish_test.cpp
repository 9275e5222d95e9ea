// PUBLISH: what is denied, dropped, refused; aliases, rates, oversize packets, properties.
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

class Publishes : public testing::Test {
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

// F18, rule 4, [MQTT-3.3.5-2]
TEST_F(Publishes, OutsideTheTenantAreDeniedAndTheConnectionStays) {
  auto& alice = world.client("alice");
  auto& bob = world.client("bob");
  bob.connects();
  bob.subscribes("#");
  for (const auto version : {Version::v5, Version::v311, Version::v31}) {
    alice.connects({.version = version});
    const auto expected = version == Version::v5 ? Reason::not_authorized : Reason::success;
    for (const auto* topic : {"bob/a", "Alice/a", "/alice/a", "$SYS/broker/uptime", "alicex",
                              "$SYS/broker/connection/id/state", "alice/cloud/home",
                              "alice/cloud/denied", "alice/cloud"}) {
      SCOPED_TRACE(topic);
      EXPECT_EQ(alice.publishes(topic, "1"), expected);
      EXPECT_EQ(alice.publishes(topic, "1", {.qos = Qos::exactly_once, .retain = true}), expected);
      alice.publishes(topic, "1", {.qos = Qos::at_most_once});
    }
    EXPECT_TRUE(alice.connected());
  }
  EXPECT_THAT(bob.receives(), IsEmpty());
  EXPECT_EQ(world.realm().stats().denied, 3U * 9 * 3);
}

TEST_F(Publishes, DenialsAreToldToTheOwnerOnceASecond) {  // rule 4
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/cloud/denied");
  for (int i = 0; i < 100; ++i) {
    alice.publishes("bob/\"x\"\n", "1");
  }
  EXPECT_THAT(alice.receives(), IsEmpty());
  world.passes_ms(1'200);
  const auto messages = alice.receives();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0], R"(alice/cloud/denied={"count":100,"topic":"bob/\"x\"\u000a","since":)" +
                             std::to_string(world.now().wall_s - 1) + "} q1");
  world.passes_ms(5'000);
  EXPECT_THAT(alice.receives(), IsEmpty());
}

TEST_F(Publishes, ABridgesOwnStateIsTakenAndDropped) {  // rule 7
  auto& home = world.client("alice", "home");
  home.connects({.version = Version::v311, .bridge = true});
  home.publishes("$SYS/broker/connection/home/state", "1", {.retain = true});
  EXPECT_EQ(world.realm().stats().denied, 0U);
  for (const auto* topic : {"$SYS/broker/connection/other/state",
                            "$SYS/broker/connection/home/state/x", "$SYS/broker/connection/home"}) {
    home.publishes(topic, "1");
  }
  EXPECT_EQ(world.realm().stats().denied, 3U);
  auto& phone = world.client("alice", "phone");
  phone.connects();
  EXPECT_EQ(phone.publishes("$SYS/broker/connection/phone/state", "1"), Reason::not_authorized);
}

TEST_F(Publishes, SecretsAndDoorsGoNowhere) {  // rule 10
  auto& home = world.client("alice", "home", Role::home);
  auto& phone = world.client("alice", "phone");
  phone.connects();
  EXPECT_THAT(phone.subscribes_all({"alice/openWB/system/mqtt/secret", "#"}), ElementsAre(2, 2));
  home.connects();
  phone.receives();
  for (const auto* topic :
       {"alice/openWB/system/mqtt/secret", "alice/openWB/set/system/mqtt/bridge/1"}) {
    EXPECT_EQ(home.publishes(topic, "s3cret", {.retain = true}), Reason::success);
  }
  EXPECT_THAT(phone.receives(), IsEmpty());
  EXPECT_EQ(world.realm().stats().filtered, 2U);
  EXPECT_EQ(home.connects({.will = make_will("alice/openWB/system/mqtt/secret", "s3cret")}),
            Reason::success);
  home.drops();
  EXPECT_THAT(phone.receives(), IsEmpty());
}

TEST_F(Publishes, ResponseTopicsStayInside) {  // F24
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/#");
  EXPECT_EQ(alice.publishes("alice/a", "1", {.response_topic = "bob/answer"}),
            Reason::not_authorized);
  EXPECT_EQ(alice.publishes("alice/a", "2", {.response_topic = "alice/answer"}), Reason::success);
  const auto messages = alice.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].response_topic, "alice/answer");
}

TEST_F(Publishes, AliasesStandForTopics) {  // [MQTT5-3.3.2-8]
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/#");
  alice.publishes("alice/a", "1", {.alias = 3});
  alice.publishes("", "2", {.alias = 3});
  alice.publishes("alice/b", "3", {.alias = 3});
  alice.publishes("", "4", {.alias = 3});
  EXPECT_THAT(alice.receives(),
              ElementsAre("alice/a=1 q1", "alice/a=2 q1", "alice/b=3 q1", "alice/b=4 q1"));
}

TEST_F(Publishes, AnAliasOfAForeignTopicIsCheckedEachTime) {  // F24
  auto& alice = world.client("alice");
  alice.connects();
  EXPECT_EQ(alice.publishes("bob/a", "1", {.alias = 1}), Reason::not_authorized);
  EXPECT_EQ(alice.publishes("", "2", {.alias = 1}), Reason::not_authorized);
}

TEST_F(Publishes, WrongAliasesEndTheConnection) {  // F14, [MQTT5-3.3.2-9]

  struct Case {
    std::uint16_t alias;
    Reason reason;
  };

  for (const auto& [alias, reason] :
       {Case{0, Reason::topic_alias_invalid}, Case{11, Reason::topic_alias_invalid},
        Case{65'535, Reason::topic_alias_invalid}, Case{5, Reason::protocol_error}}) {
    SCOPED_TRACE(alias);
    auto& alice = world.client("alice");
    alice.connects();
    alice.publishes(alias == 5 ? "" : "alice/a", "1", {.alias = alias});
    EXPECT_TRUE(alice.closed);
    EXPECT_EQ(alice.last(PacketType::disconnect)->reason, reason);
  }
}

TEST_F(Publishes, AliasesEndWithTheConnection) {  // F14, [MQTT5-3.3.2-7]
  auto& alice = world.client("alice");
  alice.connects({.expiry = 100});
  alice.publishes("alice/a", "1", {.alias = 1});
  alice.drops();
  alice.connects({.clean = false, .expiry = 100});
  alice.publishes("", "2", {.alias = 1});
  EXPECT_TRUE(alice.closed);
}

// [MQTT5-3.1.2-26], [MQTT5-3.1.2-27], [MQTT5-3.3.2-8], [MQTT5-3.3.2-11]
TEST_F(Publishes, ClientsWithAliasesGetShortPackets) {
  auto& alice = world.client("alice");
  auto& plain = world.client("alice", "plain");
  alice.connects({.topic_alias_maximum = 2});
  plain.connects();
  alice.subscribes("alice/#");
  plain.subscribes("alice/#");
  for (const auto* topic : {"alice/a", "alice/b", "alice/c", "alice/a", "alice/b", "alice/c"}) {
    alice.publishes(topic, "1");
  }
  const auto messages = alice.messages();
  ASSERT_EQ(messages.size(), 6U);
  std::vector<std::string> seen;
  for (const auto& message : messages) {
    seen.push_back(message.topic + "@" + std::to_string(message.alias));
  }
  EXPECT_THAT(seen, ElementsAre("alice/a@1", "alice/b@2", "alice/c@0", "@1", "@2", "alice/c@0"));
  for (const auto& message : plain.messages()) {
    EXPECT_EQ(message.alias, 0);
    EXPECT_THAT(message.topic, testing::StartsWith("alice/"));
  }
}

TEST_F(Publishes, PacketsNeverExceedWhatTheClientTakes) {  // [MQTT5-3.1.2-24], [MQTT5-3.1.2-25]
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  phone.connects({.maximum_packet_size = 100, .topic_alias_maximum = 5});
  phone.subscribes("alice/#");
  // 2 bytes of header, 9 of topic, 2 of packet id, 1 of properties: 86 of payload fit.
  for (std::size_t size = 80; size <= 90; ++size) {
    const auto topic = std::string("alice/") + static_cast<char>('a' + static_cast<int>(size - 80));
    alice.publishes(topic, std::string(size, 'x'));
  }
  std::size_t largest = 0;
  for (const auto& message : phone.messages()) {
    largest = std::max(largest, message.payload.size());
    EXPECT_LE(message.wire_size, 100U);
  }
  EXPECT_EQ(largest, 86U);
  alice.publishes("alice/a", "ok");
  EXPECT_EQ(phone.receives().size(), 1U);
  EXPECT_TRUE(phone.connected());
}

TEST_F(Publishes, PassOnWhatBelongsToTheMessage) {
  auto& alice = world.client("alice");
  auto& old = world.client("alice", "old");
  alice.connects();
  old.connects({.version = Version::v311});
  alice.subscribes("alice/#");
  old.subscribes("alice/#");
  // content type "t", alias 1 (not passed on), user properties a=1 and a=2
  alice.sends(bytes({0x32, 35, 0, 7,   'a', 'l', 'i', 'c',  'e', '/', 'a', 0, 9,       //
                     21,                                                               //
                     3,    0,  1, 't',                                                 //
                     0x23, 0,  1,                                                      //
                     0x26, 0,  1, 'a', 0,   1,   '1', 0x26, 0,   1,   'a', 0, 1, '2',  //
                     'x',  'y'}));
  const auto messages = alice.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(messages[0].user_properties, ElementsAre("a=1", "a=2"));  // [MQTT5-3.3.2-18]
  EXPECT_EQ(messages[0].payload, "xy");
  EXPECT_EQ(messages[0].alias, 0);
  EXPECT_THAT(old.receives(), ElementsAre("alice/a=xy q1"));
}

TEST_F(Publishes, SubscriptionIdsAreNotForClients) {  // [MQTT5-3.3.4-6]
  auto& alice = world.client("alice");
  alice.connects();
  alice.sends(bytes({0x30, 10, 0, 5, 'a', 'l', 'i', 'c', 'e', 2, 0x0B, 1}));
  EXPECT_EQ(alice.last(PacketType::disconnect)->reason, Reason::protocol_error);
}

TEST_F(Publishes, AboveTheMaximumQosEndTheConnection) {  // [MQTT5-3.2.2-11]
  world.settings.maximum_qos = Qos::at_least_once;
  auto& alice = world.client("alice");
  alice.connects();
  EXPECT_EQ(alice.subscribes("alice/#"), 1U);
  alice.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  EXPECT_EQ(alice.last(PacketType::disconnect)->reason, Reason::qos_not_supported);
}

TEST_F(Publishes, BeyondTheRateArePaused) {  // F38, design 10
  world.registers("alice", 1, false, 1, "message_rate=10 message_burst=20");
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  auto& bob = world.client("bob");
  bob.connects();
  phone.connects();
  phone.subscribes("alice/x");
  alice.connects({.keep_alive = 2});
  Bytes many;
  for (int i = 0; i < 100; ++i) {
    mqtt::encode_publish(mqtt::Publish{.topic = "alice/x", .payload = as_byte_view("1")},
                         Version::v5, many);
  }
  alice.sends(many);
  EXPECT_EQ(phone.messages().size(), 21U);
  EXPECT_TRUE(alice.reading_paused);
  EXPECT_EQ(bob.publishes("bob/a", "1"), Reason::no_matching_subscribers);
  EXPECT_FALSE(bob.reading_paused);
  std::size_t more = 0;
  for (int second = 1; second <= 10; ++second) {
    world.passes_ms(1'000);
    more += phone.messages().size();
    EXPECT_LE(more, static_cast<std::size_t>(second) * 10 + 2) << second;
  }
  EXPECT_EQ(more, 79U);
  EXPECT_TRUE(alice.connected());  // its keep alive stood still
  EXPECT_FALSE(alice.reading_paused);
}

TEST_F(Publishes, BytesArePausedToo) {
  world.registers("alice", 1, false, 1, "byte_rate=1000 byte_burst=10000");
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/x", std::string(12'000, 'x'));
  EXPECT_TRUE(alice.reading_paused);
  world.passes_ms(1'800);
  EXPECT_TRUE(alice.reading_paused);
  world.passes_ms(500);
  EXPECT_FALSE(alice.reading_paused);
  alice.publishes("alice/x", std::string(60'000, 'x'));
  world.passes_ms(5'200);
  EXPECT_FALSE(alice.reading_paused);  // 5 s at most at a time
}

TEST_F(Publishes, TooLargeOnesOfOldClientsAreReadAndDropped) {  // design 4
  world.registers("alice", 1, false, 1, "packet_bytes=10000");
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.subscribes("alice/#", {.retain_handling = 2});
  phone.subscribes("alice/cloud/denied");
  for (const std::size_t size : {10'001U, 16'400U, 100'000U, 2'097'160U, 3'000'000U}) {
    for (const auto qos : {Qos::at_most_once, Qos::at_least_once, Qos::exactly_once}) {
      SCOPED_TRACE(size);
      auto& home = world.client("alice", "home");
      home.connects({.version = Version::v311});
      EXPECT_EQ(home.publishes("alice/big", std::string(size, 'x'), {.qos = qos, .retain = true}),
                Reason::success);
      home.pings();
      world.passes_ms(60'000);
      EXPECT_EQ(home.take(PacketType::pingresp).size(), 1U);
      EXPECT_TRUE(home.connected());
      home.publishes("alice/small", "1");
      const auto texts = phone.receives();
      EXPECT_THAT(texts, testing::Contains("alice/small=1 q1"));
      EXPECT_THAT(texts, testing::Contains(HasSubstr("\"topic\":\"alice/big\"")));
      EXPECT_EQ(texts.size(), 2U);
    }
  }
}

TEST_F(Publishes, TooLargeOnesComeInPieces) {
  world.registers("alice", 1, false, 1, "packet_bytes=10000");
  auto& home = world.client("alice", "home");
  home.connects({.version = Version::v311});
  Bytes packet;
  const std::string payload(20'000, 'x');
  mqtt::encode_publish(mqtt::Publish{.qos = Qos::at_least_once,
                                     .topic = "alice/big",
                                     .packet_id = mqtt::PacketId{77},
                                     .payload = as_byte_view(payload)},
                       Version::v311, packet);
  mqtt::encode_pingreq(packet);
  for (const auto one : packet) {
    home.feeds({&one, 1});
  }
  world.settles();
  EXPECT_EQ(home.last(PacketType::puback)->id, mqtt::PacketId{77});
  EXPECT_EQ(home.take(PacketType::pingresp).size(), 1U);
}

TEST_F(Publishes, TooLargeOnesEndEveryConnectionInClassicMode) {  // [MQTT-4.8.0-2]
  world.settings.tenancy = false;
  world.settings.max_packet_size = 10'000;
  for (const auto version : {Version::v31, Version::v311, Version::v5}) {
    auto& client = world.client("");
    client.connects({.version = version});
    client.publishes("big", std::string(10'001, 'x'));
    EXPECT_TRUE(client.closed);
  }
}

TEST_F(Publishes, TooLargeOnesEndOtherConnections) {  // [MQTT-4.8.0-2]
  world.registers("alice", 1, false, 1, "packet_bytes=10000");
  auto& alice = world.client("alice");
  alice.connects();
  alice.publishes("alice/big", std::string(10'001, 'x'));
  EXPECT_EQ(alice.last(PacketType::disconnect)->reason, Reason::packet_too_large);
  auto& home = world.client("alice", "home");
  home.connects({.version = Version::v311});
  home.publishes("alice/big", std::string(17U << 20U, 'x'));
  EXPECT_TRUE(home.closed);
}

TEST_F(Publishes, TwoTenantsNeverMeet) {  // F18 to F24 at once
  auto& alice = world.client("alice", "same");
  auto& bob = world.client("bob", "same");
  alice.connects();
  bob.connects();
  for (auto* client : {&alice, &bob}) {
    client->subscribes_all({"#", "+/#", "+/a", "$share/g/#", "$share/g/+/a", "alice/#", "bob/#"});
  }
  alice.publishes("alice/a", "from alice", {.retain = true});
  bob.publishes("bob/a", "from bob", {.retain = true});
  alice.publishes("bob/a", "from alice");
  bob.publishes("alice/a", "from bob");
  for (const auto& message : alice.messages()) {
    EXPECT_EQ(message.topic, "alice/a");
    EXPECT_EQ(message.payload, "from alice");
  }
  for (const auto& message : bob.messages()) {
    EXPECT_EQ(message.topic, "bob/a");
    EXPECT_EQ(message.payload, "from bob");
  }
}

}  // namespace
}  // namespace owb::core
