// Chapters 3.3 to 3.7 and 4.3: PUBLISH to the server and its answers; flow control, aliases.
#include "tests/conformance/publish_fixture.hpp"

namespace owb::core {
namespace {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using testing::ElementsAre;
using testing::IsEmpty;

// [MQTT-3.3.4-1], [MQTT-2.3.1-6], [MQTT-4.3.2-2], [MQTT5-3.3.4-1], [MQTT5-2.2.1-5],
// [MQTT5-4.3.2-4], [MQTT5-4.3.3-8], [MQTT5-4.3.3-11]
TEST_P(Publish, IsAnsweredByItsQosWithItsId) {
  phone.acknowledges = false;
  phone.connects(clean());
  phone.everything();
  phone.publishes("alice/a", "1", {.qos = Qos::at_most_once});
  EXPECT_THAT(phone.everything(), IsEmpty());
  for (const std::uint16_t id : std::initializer_list<std::uint16_t>{1, 255, 256, 65'535}) {
    const auto answer = [&](Qos qos) {
      Bytes bytes;
      mqtt::encode_publish(mqtt::Publish{.qos = qos, .topic = "alice/a", .packet_id = PacketId{id}},
                           version(), bytes);
      phone.sends(bytes);
      return phone.everything();
    };
    const auto first = answer(Qos::at_least_once);
    EXPECT_THAT(types_of(first), ElementsAre(PacketType::puback));
    EXPECT_THAT(ids_of(first), ElementsAre(id));
    const auto second = answer(Qos::exactly_once);
    EXPECT_THAT(types_of(second), ElementsAre(PacketType::pubrec));
    EXPECT_THAT(ids_of(second), ElementsAre(id));
    phone.sends_ack(PacketType::pubrel, id);
    const auto third = phone.everything();
    EXPECT_THAT(types_of(third), ElementsAre(PacketType::pubcomp));
    EXPECT_THAT(ids_of(third), ElementsAre(id));
  }
}

// [MQTT-4.3.2-2], [MQTT5-4.3.2-5]
TEST_P(Publish, OfQos1IsNewAfterItsPuback) {
  home_listens();
  phone.publishes("alice/a", "1", {.id = 7});
  phone.publishes("alice/a", "2", {.dup = true, .id = 7});
  EXPECT_THAT(payloads_of(home.messages()), ElementsAre("1", "2"));
}

// [MQTT-4.3.3-2], [MQTT5-4.3.3-10] to [MQTT5-4.3.3-12]
TEST_P(Publish, OfQos2IsPassedOnOnceUntilReleased) {
  home_listens();
  phone.acknowledges = false;
  phone.connects(lasting());
  const Publishing again{.qos = Qos::exactly_once, .dup = true, .id = 7};
  EXPECT_EQ(phone.publishes("alice/a", "1", {.qos = Qos::exactly_once, .id = 7}), Reason::success);
  EXPECT_EQ(phone.publishes("alice/a", "1", again), Reason::success);
  phone.drops();
  phone.connects(lasting());
  EXPECT_EQ(phone.publishes("alice/a", "1", again), Reason::success);
  EXPECT_THAT(payloads_of(home.messages()), ElementsAre("1"));
  phone.sends_ack(PacketType::pubrel, 7);
  EXPECT_THAT(ids_of(phone.take(PacketType::pubcomp)), ElementsAre(7));
  phone.sends_ack(PacketType::pubrel, 7);  // repeated: PUBCOMP was lost
  EXPECT_THAT(ids_of(phone.take(PacketType::pubcomp)), ElementsAre(7));
  phone.publishes("alice/a", "2", {.qos = Qos::exactly_once, .id = 7});
  EXPECT_THAT(payloads_of(home.messages()), ElementsAre("2"));
}

// [MQTT5-4.3.3-9]
TEST_F(PublishV5, OfQos2IsNewAfterARefusingPubrec) {
  auto& alice = world.client("alice");
  alice.acknowledges = false;
  alice.connects();
  alice.subscribes("alice/#");
  EXPECT_EQ(alice.publishes("bob/a", "1", {.qos = Qos::exactly_once, .id = 7}),
            Reason::not_authorized);
  EXPECT_EQ(alice.publishes("alice/a", "2", {.qos = Qos::exactly_once, .id = 7}), Reason::success);
  EXPECT_THAT(payloads_of(alice.messages()), ElementsAre("2"));
}

// [MQTT-4.3.3-2], [MQTT5-4.3.3-10] to [MQTT5-4.3.3-12]: also where the message waits for its PUBREL
// (method A, classic mode)
TEST_P(Held, IsPassedOnOnceByItsPubrel) {
  world.settings.tenancy = false;
  auto& home = world.client("", "home");
  auto& phone = world.client("", "phone");
  home.connects(clean());
  home.subscribes("#");
  phone.acknowledges = false;
  phone.connects(lasting());
  const Publishing first{.qos = Qos::exactly_once, .id = 7};
  const Publishing again{.qos = Qos::exactly_once, .dup = true, .id = 7};
  EXPECT_EQ(phone.publishes("a", "1", first), Reason::success);
  EXPECT_EQ(phone.publishes("a", "1", again), Reason::success);
  phone.drops();
  phone.connects(lasting());
  EXPECT_EQ(phone.publishes("a", "1", again), Reason::success);
  EXPECT_THAT(home.receives(), IsEmpty());
  phone.sends_ack(PacketType::pubrel, 7);
  EXPECT_THAT(ids_of(phone.take(PacketType::pubcomp)), ElementsAre(7));
  EXPECT_THAT(home.receives(), ElementsAre("a=1 q2"));
  phone.sends_ack(PacketType::pubrel, 7);  // repeated: PUBCOMP was lost
  EXPECT_THAT(ids_of(phone.take(PacketType::pubcomp)), ElementsAre(7));
  EXPECT_THAT(home.receives(), IsEmpty());
  EXPECT_EQ(phone.publishes("a", "2", first), Reason::success);
  phone.sends_ack(PacketType::pubrel, 7);
  EXPECT_THAT(home.receives(), ElementsAre("a=2 q2"));
}

// As mosquitto has it: another message of the same id takes its place, and the same is repeated
// once on a connection, on which nothing can have been lost.
TEST_P(Held, IsTheLastOneOfItsId) {
  world.settings.tenancy = false;
  auto& home = world.client("", "home");
  auto& phone = world.client("", "phone");
  home.connects(clean());
  home.subscribes("#");
  phone.acknowledges = false;
  phone.connects(lasting());
  const Publishing how{.qos = Qos::exactly_once, .id = 7};
  EXPECT_EQ(phone.publishes("a", "1", how), Reason::success);
  EXPECT_EQ(phone.publishes("a", "2", how), Reason::success);
  phone.sends_ack(PacketType::pubrel, 7);
  EXPECT_THAT(home.receives(), ElementsAre("a=2 q2"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(phone.connected());
    phone.publishes("a", "3", how);
  }
  EXPECT_TRUE(phone.closed);
}

// [MQTT5-4.3.3-9]: what is refused takes no place in our receive maximum, by either method
TEST(Refused, Qos2LeavesTheQuotaAlone) {
  for (const bool holds : {false, true}) {
    SCOPED_TRACE(holds);
    World world;
    world.settings.receive_maximum = 2;
    world.settings.tenancy = !holds;
    auto& alice = world.client(holds ? "" : "alice");
    alice.acknowledges = false;
    alice.connects();
    for (std::uint16_t id = 1; id <= 5; ++id) {
      EXPECT_EQ(alice.publishes("$SYS/a", "1", {.qos = Qos::exactly_once, .id = id}),
                Reason::not_authorized);
    }
    for (std::uint16_t id = 6; id <= 7; ++id) {
      EXPECT_FALSE(
          mqtt::is_error(alice.publishes("alice/a", "1", {.qos = Qos::exactly_once, .id = id})));
    }
    EXPECT_TRUE(alice.connected());
    alice.publishes("alice/a", "1", {.qos = Qos::exactly_once, .id = 8});
    EXPECT_EQ(alice.last(PacketType::disconnect)->reason, Reason::receive_maximum_exceeded);
  }
}

// [MQTT5-4.3.3-13]
TEST_F(PublishV5, OfQos2GoesOnThoughItHasExpired) {
  auto& alice = world.client("alice");
  alice.acknowledges = false;
  alice.connects({.keep_alive = 0});
  const Publishing how{.qos = Qos::exactly_once, .id = 7, .expiry = 1};
  alice.publishes("alice/a", "1", how);
  world.passes_ms(5'000);
  EXPECT_FALSE(mqtt::is_error(alice.publishes("alice/a", "1", how)));
  alice.sends_ack(PacketType::pubrel, 7);
  EXPECT_EQ(alice.last(PacketType::pubcomp)->reason, Reason::success);
}

// [MQTT-4.6.0-2] to [MQTT-4.6.0-4]
TEST_P(Publish, IsAcknowledgedInOrder) {
  phone.acknowledges = false;
  phone.connects(clean());
  for (const auto qos : {Qos::at_least_once, Qos::exactly_once}) {
    Bytes all;
    for (const std::uint16_t id : std::initializer_list<std::uint16_t>{5, 3, 9, 1}) {
      mqtt::encode_publish(mqtt::Publish{.qos = qos, .topic = "alice/a", .packet_id = PacketId{id}},
                           version(), all);
    }
    phone.sends(all);
    const auto type = qos == Qos::at_least_once ? PacketType::puback : PacketType::pubrec;
    EXPECT_THAT(ids_of(phone.take(type)), ElementsAre(5, 3, 9, 1));
  }
  home_listens();
  for (int i = 0; i < 3; ++i) {
    phone.publishes("alice/a", "x", {.qos = Qos::exactly_once});
  }
  const auto messages = home.messages();
  ASSERT_EQ(messages.size(), 3U);
  Bytes all;
  for (const auto& message : messages) {
    mqtt::encode_ack(PacketType::pubrec, {.packet_id = message.id}, version(), all);
  }
  home.sends(all);
  EXPECT_EQ(ids_of(home.take(PacketType::pubrel)), ids_of(messages));
}

// [MQTT-4.8.0-1], [MQTT5-4.13.1-1], [MQTT5-4.13.2-1], [MQTT5-3.14.4-1], [MQTT5-3.14.4-2]
TEST_P(Publish, AMalformedOneEndsTheConnectionAndNothingFollows) {
  phone.connects(clean());
  phone.everything();
  auto all = bytes_of({0x32, 4, 0, 1, '#', 0});  // cut, and no topic name
  append(all, bytes_of({0xC0, 0}));
  phone.sends(all);
  const auto packets = phone.everything();
  if (v5()) {
    ASSERT_THAT(types_of(packets), ElementsAre(PacketType::disconnect));
    EXPECT_EQ(packets[0].reason, Reason::malformed_packet);
  } else {
    EXPECT_THAT(packets, IsEmpty());
  }
  EXPECT_TRUE(phone.closed);
}

// ---- flow control, aliases ----

// [MQTT5-3.3.4-9], [MQTT5-3.3.4-10], [MQTT5-4.9.0-1] to [MQTT5-4.9.0-3]
TEST_F(PublishV5, AFullWindowHoldsBackNothingElse) {
  auto& alice = world.client("alice");
  alice.acknowledges = false;
  alice.connects({.receive_maximum = 1});
  alice.subscribes("alice/#");
  for (int i = 0; i < 3; ++i) {
    alice.publishes("alice/a", std::to_string(i));
  }
  ASSERT_EQ(alice.messages().size(), 1U);
  alice.pings();
  EXPECT_EQ(alice.take(PacketType::pingresp).size(), 1U);
  EXPECT_EQ(alice.subscribes("alice/b"), 2U);
  EXPECT_EQ(alice.unsubscribes("alice/b"), Reason::success);
  EXPECT_EQ(alice.publishes("alice/a", "3"), Reason::success);
  EXPECT_EQ(alice.publishes("alice/a", "4", {.qos = Qos::exactly_once, .id = 77}), Reason::success);
  alice.sends_ack(PacketType::pubrel, 77);
  EXPECT_EQ(alice.take(PacketType::pubcomp).size(), 1U);
  EXPECT_THAT(alice.messages(), IsEmpty());
  alice.publishes("alice/a", "5", {.qos = Qos::at_most_once});
  EXPECT_EQ(alice.messages().size(), 1U);
}

// [MQTT5-3.3.4-10], [MQTT5-4.9.0-3]: nor what is repeated; but that counts [MQTT5-4.9.0-2]
TEST_F(PublishV5, AFullWindowHoldsBackNoPubrelOfAFormerConnection) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.acknowledges = false;
  home.connects({.clean = false, .expiry = 100});
  home.subscribes("alice/#");
  phone.connects();
  for (int i = 0; i < 4; ++i) {
    phone.publishes("alice/a", std::to_string(i), {.qos = Qos::exactly_once});
  }
  const auto messages = home.messages();
  ASSERT_EQ(messages.size(), 4U);
  for (const std::size_t released : {0U, 2U, 3U}) {
    home.sends_ack(PacketType::pubrec, static_cast<std::uint16_t>(messages[released].id));
  }
  home.drops();
  home.connects({.clean = false, .expiry = 100, .receive_maximum = 1});
  const auto released = ids_of(home.take(PacketType::pubrel));
  EXPECT_THAT(released, ElementsAre(static_cast<unsigned>(messages[0].id),
                                    static_cast<unsigned>(messages[2].id),
                                    static_cast<unsigned>(messages[3].id)));
  for (const auto id : released) {
    EXPECT_THAT(home.receives(), IsEmpty());  // each of them takes the window
    home.sends_ack(PacketType::pubcomp, static_cast<std::uint16_t>(id));
  }
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q2 dup"));
  home.drops();
  home.acknowledges = true;
  home.connects({.clean = false, .expiry = 100});
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q2 dup"));
  phone.publishes("alice/a", "4", {.qos = Qos::exactly_once});
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=4 q2"));
  EXPECT_EQ(home.link().session()->queued(), 0U);
}

// [MQTT5-3.3.2-12]
TEST_F(PublishV5, EveryAliasUpToTheMaximumIsTaken) {
  auto& alice = world.client("alice");
  alice.connects();
  alice.subscribes("alice/#");
  ASSERT_GT(alice.connack.topic_alias_maximum, 1);
  for (std::uint16_t alias = 1; alias <= alice.connack.topic_alias_maximum; ++alias) {
    alice.publishes("alice/" + std::to_string(alias), "1", {.alias = alias});
  }
  for (std::uint16_t alias = 1; alias <= alice.connack.topic_alias_maximum; ++alias) {
    alice.receives();
    alice.publishes("", "2", {.alias = alias});
    EXPECT_THAT(alice.receives(), ElementsAre("alice/" + std::to_string(alias) + "=2 q1"));
  }
}

// [MQTT5-3.1.2-24]: what is too large is so with its alias
TEST_F(PublishV5, AnAliasMakesRoomForThePayload) {
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  phone.connects({.maximum_packet_size = 80, .topic_alias_maximum = 5});
  phone.subscribes("alice/#");
  const std::string topic = "alice/" + std::string(40, 't');
  alice.publishes(topic, "x");
  alice.publishes(topic, std::string(60, 'x'));
  alice.publishes(topic, std::string(80, 'x'));
  const auto messages = phone.messages();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[1].payload.size(), 60U);
  EXPECT_LE(messages[1].wire_size, 80U);
}

// [MQTT5-3.4.2-1], [MQTT5-3.5.2-1]: over the size limit of the configuration
TEST_F(PublishV5, AnswersWithTheReasonsOfItsTable) {
  world.settings.message_size_limit = 10;
  auto& alice = world.client("alice");
  alice.connects();
  for (const auto qos : {Qos::at_least_once, Qos::exactly_once}) {
    EXPECT_EQ(alice.publishes("alice/a", std::string(11, 'x'), {.qos = qos}),
              Reason::quota_exceeded);
    EXPECT_EQ(alice.publishes("alice/a", std::string(10, 'x'), {.qos = qos}),
              Reason::no_matching_subscribers);
  }
}

INSTANTIATE_TEST_SUITE_P(Mqtt, Publish, kVersions, name_of_version);
INSTANTIATE_TEST_SUITE_P(Mqtt, Ordered, kVersions, name_of_version);
INSTANTIATE_TEST_SUITE_P(Mqtt, Ids, kVersions, name_of_version);
INSTANTIATE_TEST_SUITE_P(Mqtt, Held, kVersions, name_of_version);

}  // namespace
}  // namespace owb::core
