// Chapters 3.3 to 3.7 and 4.3 to 4.9: PUBLISH from the server, repeated, in order, retained.
#include "tests/conformance/publish_fixture.hpp"

namespace owb::core {
namespace {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;
using testing::ElementsAre;
using testing::IsEmpty;

// [MQTT-3.3.1-3], [MQTT-4.3.1-1], [MQTT-4.3.2-1], [MQTT5-3.3.1-3], [MQTT5-4.3.1-1],
// [MQTT5-4.3.2-2], [MQTT5-4.3.3-2]
TEST_P(Publish, DupIsNotPassedOn) {
  home_listens();
  for (const auto qos : {Qos::at_least_once, Qos::exactly_once}) {
    phone.publishes("alice/a", "x", {.qos = qos, .dup = true});
  }
  phone.publishes("alice/a", "x", {.qos = Qos::at_most_once});
  const auto messages = home.messages();
  ASSERT_EQ(messages.size(), 3U);
  for (const auto& message : messages) {
    EXPECT_FALSE(message.dup);
  }
}

// [MQTT-2.3.1-4], [MQTT-4.3.2-1], [MQTT5-2.2.1-4], [MQTT5-4.3.2-1], [MQTT5-4.3.3-1]. In classic
// mode an id is given before there is room in the window; the version has no part in it.
TEST_P(Ids, AreThoseThatNoOtherMessageHas) {
  constexpr int kAtOnce = 500;
  constexpr int kRounds = 132;  // more messages than there are ids
  const bool tenancy = v5();
  world.settings.tenancy = tenancy;
  world.settings.max_inflight = 0;
  auto& home = world.client(tenancy ? "alice" : "", "home");
  auto& phone = world.client(tenancy ? "alice" : "", "phone");
  home.acknowledges = false;
  home.connects(lasting());
  home.subscribes("alice/#");
  phone.connects();
  phone.publishes("alice/a", "first", {.qos = Qos::at_least_once});
  phone.publishes("alice/a", "second", {.qos = Qos::exactly_once});
  const auto open = ids_of(home.messages());
  ASSERT_EQ(open.size(), 2U);
  Bytes many;
  for (int i = 0; i < kAtOnce; ++i) {
    mqtt::encode_publish(
        mqtt::Publish{.qos = Qos::at_least_once, .topic = "alice/a", .packet_id = PacketId{9}},
        Version::v5, many);
  }
  for (int round = 0; round < kRounds; ++round) {
    phone.sends(many);
    phone.everything();
    std::set<unsigned> taken{0, open[0], open[1]};
    Bytes acks;
    for (const auto& message : home.messages()) {
      ASSERT_TRUE(taken.insert(static_cast<unsigned>(message.id)).second);
      mqtt::encode_ack(PacketType::puback, {.packet_id = message.id}, version(), acks);
    }
    ASSERT_EQ(taken.size(), 3U + kAtOnce);
    home.sends(acks);
  }
}

// [MQTT-4.4.0-1], [MQTT-3.3.1-1], [MQTT-4.6.0-1], [MQTT-4.3.2-1], [MQTT-4.3.3-1], [MQTT5-4.4.0-1],
// [MQTT5-3.3.1-1], [MQTT5-4.3.2-3], [MQTT5-4.3.3-3]
TEST_P(Publish, IsRepeatedInOrderWithItsIdWhenTheClientIsBack) {
  home_listens();
  for (int i = 0; i < 8; ++i) {
    phone.publishes("alice/a", std::to_string(i),
                    {.qos = i % 3 == 0 ? Qos::exactly_once : Qos::at_least_once});
  }
  const auto first = home.messages();
  ASSERT_EQ(first.size(), 8U);
  home.sends_ack(PacketType::puback, id_of(first[4]));  // one of them arrived
  home_returns();
  const auto again = home.messages();
  EXPECT_THAT(payloads_of(again), ElementsAre("0", "1", "2", "3", "5", "6", "7"));
  for (const auto& message : again) {
    EXPECT_TRUE(message.dup);
    EXPECT_EQ(message.id, first.at(static_cast<std::size_t>(std::stoi(message.payload))).id);
  }
}

// [MQTT5-4.4.0-1]: at no other time; 3.1.1 does not forbid it, but we do not
TEST_P(Publish, IsNotRepeatedOnALiveConnection) {
  home.connects(lasting());
  home_listens();
  phone.publishes("alice/a", "1", {.qos = Qos::at_least_once});
  phone.publishes("alice/a", "2", {.qos = Qos::exactly_once});
  EXPECT_EQ(home.messages().size(), 2U);
  for (int i = 0; i < 20; ++i) {
    world.passes_ms(30'000);
    home.pings();
    phone.pings();
  }
  EXPECT_THAT(home.messages(), IsEmpty());
}

// [MQTT-4.3.3-1], [MQTT-2.3.1-6], [MQTT-4.4.0-1], [MQTT5-4.3.3-4] to [MQTT5-4.3.3-6],
// [MQTT5-2.2.1-5], [MQTT5-4.4.0-1]
TEST_P(Publish, AfterPubrecOnlyPubrelIsRepeated) {
  home_listens();
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once});
  phone.publishes("alice/a", "2", {.qos = Qos::exactly_once});
  const auto first = home.messages();
  ASSERT_EQ(first.size(), 2U);
  home.sends_ack(PacketType::pubrec, id_of(first[0]));
  EXPECT_THAT(ids_of(home.take(PacketType::pubrel)), ElementsAre(id_of(first[0])));
  for (int round = 0; round < 2; ++round) {
    home_returns();
    const auto packets = home.everything();
    ASSERT_THAT(types_of(packets), ElementsAre(PacketType::pubrel, PacketType::publish));
    EXPECT_EQ(packets[0].id, first[0].id);
    EXPECT_EQ(packets[1].id, first[1].id);
  }
  home.sends_ack(PacketType::pubcomp, id_of(first[0]));
  home_returns();
  EXPECT_THAT(home.take(PacketType::pubrel), IsEmpty());
}

// [MQTT-4.3.2-1], [MQTT-4.3.3-1], [MQTT5-4.3.2-3], [MQTT5-4.3.3-3], [MQTT5-4.3.3-5]: only the next
// step of its own flow counts
TEST_P(Publish, IsNotOverByAnAcknowledgementOfAnotherKind) {
  home_listens();
  phone.publishes("alice/a", "1", {.qos = Qos::at_least_once});
  phone.publishes("alice/a", "2", {.qos = Qos::exactly_once});
  phone.publishes("alice/a", "3", {.qos = Qos::exactly_once});
  const auto first = home.messages();
  ASSERT_EQ(first.size(), 3U);
  home.sends_ack(PacketType::pubrec, id_of(first[0]));
  home.sends_ack(PacketType::pubcomp, id_of(first[0]));
  home.sends_ack(PacketType::puback, id_of(first[1]));
  home.sends_ack(PacketType::pubcomp, id_of(first[1]));
  home.sends_ack(PacketType::pubrec, id_of(first[2]));
  home.sends_ack(PacketType::puback, id_of(first[2]));
  home_returns();
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q1 dup", "alice/a=2 q2 dup"));
  EXPECT_THAT(ids_of(home.take(PacketType::pubrel)), ElementsAre(id_of(first[2])));
}

// [MQTT5-4.3.3-7]
TEST_F(PublishV5, DoesNotExpireOnceItWasSent) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  const Connecting lasting{.clean = false, .keep_alive = 0, .expiry = 10'000};
  home.connects(lasting);
  home.subscribes("alice/#");
  home.acknowledges = false;
  phone.connects({.keep_alive = 0});
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once, .expiry = 10});
  phone.publishes("alice/a", "2", {.qos = Qos::at_least_once, .expiry = 10});
  EXPECT_EQ(home.messages().size(), 2U);
  home.drops();
  phone.publishes("alice/a", "3", {.qos = Qos::exactly_once, .expiry = 10});  // not sent in time
  world.passes_ms(20'000);
  home.connects(lasting);
  EXPECT_THAT(payloads_of(home.messages()), ElementsAre("1", "2"));
}

// [MQTT5-3.3.2-6]: seconds that have begun count as whole ones, so 0 is never said of what is fresh
TEST_F(PublishV5, TellsWhatIsLeftOfItsTime) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  const Connecting lasting{.clean = false, .expiry = 10'000};
  home.connects(lasting);
  home.subscribes("alice/#");
  home.drops();
  phone.connects();
  phone.publishes("alice/a", "1", {.expiry = 10});
  phone.publishes("alice/b", "2", {.expiry = 4});
  world.passes_ms(3'500);
  home.connects(lasting);
  const auto messages = home.messages();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].expiry, 7U);
  EXPECT_EQ(messages[1].expiry, 1U);
}

// [MQTT5-4.4.0-2], [MQTT5-4.3.3-4]
TEST_F(PublishV5, IsOverWhenItIsRefused) {
  auto& alice = world.client("alice");
  const Connecting lasting{.clean = false, .expiry = 10'000};
  alice.connects(lasting);
  alice.subscribes("alice/#");
  alice.acknowledges = false;
  alice.publishes("alice/a", "1", {.qos = Qos::at_least_once});
  alice.publishes("alice/a", "2", {.qos = Qos::exactly_once});
  const auto messages = alice.messages();
  ASSERT_EQ(messages.size(), 2U);
  alice.sends_ack(PacketType::puback, static_cast<std::uint16_t>(messages[0].id),
                  Reason::unspecified_error);
  alice.sends_ack(PacketType::pubrec, static_cast<std::uint16_t>(messages[1].id),
                  Reason::quota_exceeded);
  EXPECT_THAT(alice.take(PacketType::pubrel), IsEmpty());
  alice.drops();
  alice.connects(lasting);
  EXPECT_THAT(alice.everything(), IsEmpty());
}

// [MQTT-4.6.0-5], [MQTT-4.6.0-6], [MQTT5-4.6.0-5], [MQTT5-4.6.0-6]: over a break and behind a
// window
TEST_P(Ordered, IsWhatOneClientSaysOfATopicAtOneQos) {
  world.settings.queue_qos0_messages = true;
  auto& source = world.client("alice", "source");
  auto& sink = world.client("alice", "sink");
  sink.connects(lasting());
  sink.subscribes("alice/#");
  sink.drops();
  source.connects();
  int sent = 0;
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i) {
      for (const auto qos : {Qos::at_most_once, Qos::at_least_once, Qos::exactly_once}) {
        source.publishes("alice/a", std::to_string(1'000 + sent), {.qos = qos});
      }
      ++sent;
    }
  };
  send(30);
  sink.acknowledges = false;
  sink.connects(lasting());
  send(10);
  const auto before = sink.messages();
  sink.drops();
  send(5);
  sink.acknowledges = true;
  sink.connects(lasting());
  send(5);
  const auto after = sink.messages();
  for (const auto qos : {Qos::at_most_once, Qos::at_least_once, Qos::exactly_once}) {
    std::vector<std::string> seen;
    for (const auto* part : {&before, &after}) {
      for (const auto& message : *part) {
        if (message.qos == qos && (seen.empty() || !message.dup || message.payload > seen.back())) {
          seen.push_back(message.payload);
        }
      }
    }
    SCOPED_TRACE(static_cast<int>(qos));
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(sent));
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  }
}

// [MQTT-4.5.0-1], [MQTT-3.1.2-5], [MQTT5-4.5.0-1], [MQTT5-3.1.2-23]
TEST_P(Publish, ReachesTheStateOfEachMatchingSession) {
  auto& away = world.client("alice", "away");
  auto& other = world.client("alice", "other");
  for (auto* client : {&home, &away, &other}) {
    client->connects(lasting());
  }
  home.subscribes("alice/a");
  away.subscribes("alice/+");
  other.subscribes("alice/b");
  away.drops();
  other.drops();
  phone.connects();
  phone.publishes("alice/a", "1");
  EXPECT_EQ(home.receives().size(), 1U);
  away.connects(lasting());
  other.connects(lasting());
  EXPECT_EQ(away.receives().size(), 1U);
  EXPECT_THAT(other.receives(), IsEmpty());
}

// [MQTT-3.3.2-3], [MQTT5-3.3.2-3]
TEST_P(Publish, GoesWhereAFilterMatches) {
  home.connects(clean());
  phone.connects();
  home.subscribes("alice/+/temperature");
  home.subscribes("alice/car/#");
  for (const auto* topic : {"alice/home/temperature", "alice/temperature", "alice/car",
                            "alice/cars", "alice/a/b/temperature", "alice/car/1/2"}) {
    phone.publishes(topic, "1", {.qos = Qos::at_most_once});
  }
  EXPECT_THAT(home.receives(),
              ElementsAre("alice/home/temperature=1", "alice/car=1", "alice/car/1/2=1"));
}

// ---- retained ----

// [MQTT-3.3.1-5], [MQTT-3.3.1-7], [MQTT-3.3.1-10] to [MQTT-3.3.1-12],
// [MQTT5-3.3.1-5] to [MQTT5-3.3.1-8]
TEST_P(Publish, IsRetainedIfItSaysSo) {
  phone.connects(clean());
  home.connects(clean());
  const auto kept = [&] {
    home.unsubscribes("alice/a");
    home.subscribes("alice/a");
    return home.receives();
  };
  phone.publishes("alice/a", "1", {.qos = Qos::exactly_once, .retain = true});
  EXPECT_THAT(kept(), ElementsAre("alice/a=1 q2 r"));
  phone.publishes("alice/a", "2", {.qos = Qos::at_least_once});
  home.receives();
  EXPECT_THAT(kept(), ElementsAre("alice/a=1 q2 r"));
  phone.publishes("alice/a", "", {.qos = Qos::at_least_once});  // empty, but not to be retained
  home.receives();
  EXPECT_THAT(kept(), ElementsAre("alice/a=1 q2 r"));
  phone.publishes("alice/a", "3", {.qos = Qos::at_most_once, .retain = true});
  home.receives();
  EXPECT_THAT(kept(), ElementsAre("alice/a=3 r"));
  phone.publishes("alice/a", "", {.qos = Qos::at_most_once, .retain = true});
  EXPECT_THAT(home.receives(), ElementsAre("alice/a="));
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_EQ(world.hub("alice").retained_count(), 0U);
}

// [MQTT-3.1.2-7]
TEST_P(Publish, StaysRetainedWhenItsSessionEnds) {
  phone.connects(clean());
  phone.publishes("alice/a", "1", {.retain = true});
  phone.leaves();
  EXPECT_EQ(world.hub("alice").session_count(), 0U);
  home.connects(clean());
  home.subscribes("alice/a");
  EXPECT_EQ(home.receives().size(), 1U);
}

}  // namespace
}  // namespace owb::core
