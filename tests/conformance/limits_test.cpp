// What a client takes: packet sizes, problem information; DISCONNECT; and 3.1.
#include <set>

#include "tests/conformance/each_version.hpp"

namespace owb::core {
namespace {

using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;
using testing::ElementsAre;
using testing::IsEmpty;

class Limits : public testing::Test {
 protected:
  World world;

  /// Everything that makes the server answer, good and bad, and a protocol error at the end.
  static void does_everything(Client& client) {
    client.subscribes_all({"alice/a", "bob/a", "alice/b", "alice/c", "bob/b", "$share/g/bob/a",
                           "alice/d", "alice/e", "alice/f", "alice/g"});
    client.publishes("alice/a", "12345678901234567890", {.qos = Qos::exactly_once});
    client.publishes("alice/b", "1", {.qos = Qos::at_least_once});
    client.publishes("bob/a", "1", {.qos = Qos::exactly_once});
    client.publishes("bob/a", "1", {.qos = Qos::at_least_once});
    client.sends_ack(PacketType::pubrel, 999);
    client.sends_ack(PacketType::pubrec, 999);
    client.unsubscribes("alice/a");
    client.unsubscribes("alice/z");
    client.pings();
    client.subscribes("$share/g/alice/a", {.no_local = true});
  }
};

// [MQTT5-3.1.2-24], [MQTT5-3.1.2-25], and so [MQTT5-3.2.2-19], [MQTT5-3.4.2-2], [MQTT5-3.4.2-3],
// [MQTT5-3.5.2-2], [MQTT5-3.5.2-3], [MQTT5-3.6.2-2], [MQTT5-3.6.2-3], [MQTT5-3.7.2-2],
// [MQTT5-3.7.2-3], [MQTT5-3.9.2-1], [MQTT5-3.9.2-2], [MQTT5-3.11.2-1], [MQTT5-3.11.2-2],
// [MQTT5-3.14.2-3], [MQTT5-3.14.2-4]
TEST_F(Limits, NoPacketIsLargerThanTheClientTakes) {
  for (std::uint32_t maximum = 1; maximum <= 60; ++maximum) {
    SCOPED_TRACE(maximum);
    auto& client = world.client("alice", "id" + std::to_string(maximum));
    client.sizes.clear();
    if (client.connects({.maximum_packet_size = maximum}) == Reason::success) {
      does_everything(client);
    }
    EXPECT_TRUE(client.closed);  // no CONNACK fits, or by the error at the end
    for (const auto size : client.sizes) {
      EXPECT_LE(size, maximum);
    }
  }
}

// [MQTT5-3.1.2-24]: nothing says what to do instead; a client that waits for ever is no answer.
TEST_F(Limits, WhoTakesNoSubackIsTold) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) {
    names.push_back("alice/" + std::to_string(i));
  }
  const std::vector<std::string_view> filters(names.begin(), names.end());
  auto& client = world.client("alice");
  client.connects({.maximum_packet_size = 40});
  EXPECT_THAT(client.subscribes_all(filters), IsEmpty());
  EXPECT_EQ(client.last(PacketType::disconnect)->reason, Reason::packet_too_large);
  EXPECT_TRUE(client.closed);
}

// [MQTT5-3.2.2-19]
TEST_F(Limits, ConnackSaysWhyIfThereIsRoom) {
  for (const auto& [maximum, said] :
       {std::pair<std::uint32_t, bool>{1'000, true}, {47, true}, {20, false}, {5, false}}) {
    auto& client = world.client("alice", "id");
    EXPECT_EQ(client.connects({.maximum_packet_size = maximum, .will = make_will("bob/a", "1")}),
              Reason::not_authorized);
    EXPECT_TRUE(client.closed);
    const auto again = client.sizes;
    ASSERT_FALSE(again.empty());
    EXPECT_LE(again.back(), maximum);
    EXPECT_EQ(again.back() > 5, said);
  }
}

// [MQTT5-3.1.2-25]: it takes no place in the window, and is not sent again
TEST_F(Limits, WhatIsTooLargeCountsAsSent) {
  auto& alice = world.client("alice", "a");
  auto& phone = world.client("alice", "phone");
  alice.connects();
  phone.acknowledges = false;
  phone.connects({.clean = false, .expiry = 100, .receive_maximum = 1, .maximum_packet_size = 100});
  phone.subscribes("alice/#");
  for (const auto qos : {Qos::at_least_once, Qos::exactly_once}) {
    EXPECT_EQ(alice.publishes("alice/a", std::string(100, 'x'), {.qos = qos}), Reason::success);
  }
  alice.publishes("alice/a", "small");
  EXPECT_THAT(phone.receives(), ElementsAre("alice/a=small q1"));
  phone.drops();
  phone.connects({.clean = false, .expiry = 100});  // takes all of it now
  EXPECT_THAT(phone.receives(), ElementsAre("alice/a=small q1 dup"));
}

// A client that takes no CONNACK of ours leaves nothing behind.
TEST_F(Limits, AConnackThatDoesNotFitEndsTheConnection) {
  auto& watcher = world.client("alice", "watcher");
  watcher.connects();
  watcher.subscribes("alice/#");
  auto& client = world.client("alice", "id");
  client.connects({.maximum_packet_size = 8, .will = make_will("alice/gone", "1")});
  EXPECT_TRUE(client.closed);
  EXPECT_THAT(client.sizes, IsEmpty());
  EXPECT_THAT(watcher.receives(), IsEmpty());
  EXPECT_EQ(world.hub("alice").session_count(), 1U);
}

// [MQTT5-3.1.2-29]
TEST_F(Limits, ProblemsAreNotExplainedToWhoDoesNotWantIt) {
  auto& client = world.client("alice");
  client.connects({.problem_information = false});
  Bytes denied;
  mqtt::encode_publish(
      mqtt::Publish{.qos = Qos::at_least_once, .topic = "bob/a", .packet_id = mqtt::PacketId{1}},
      Version::v5, denied);
  mqtt::encode_publish(
      mqtt::Publish{.qos = Qos::exactly_once, .topic = "bob/a", .packet_id = mqtt::PacketId{2}},
      Version::v5, denied);
  const mqtt::SubscribeEntry entry{.filter = "bob/#"};
  mqtt::encode_subscribe(mqtt::PacketId{3}, 0, {&entry, 1}, Version::v5, denied);
  const std::string_view filter = "bob/#";
  mqtt::encode_unsubscribe(mqtt::PacketId{4}, {&filter, 1}, Version::v5, denied);
  mqtt::encode_ack(PacketType::pubrel, {.packet_id = mqtt::PacketId{5}}, Version::v5, denied);
  mqtt::encode_ack(PacketType::pubrec, {.packet_id = mqtt::PacketId{5}}, Version::v5, denied);
  client.everything();
  client.sends(denied);
  const auto packets = client.everything();
  EXPECT_THAT(types_of(packets),
              ElementsAre(PacketType::puback, PacketType::pubrec, PacketType::suback,
                          PacketType::unsuback, PacketType::pubcomp, PacketType::pubrel));
  for (const auto& packet : packets) {
    EXPECT_EQ(packet.reason_string, "");
  }
}

// [MQTT-3.12.4-1], [MQTT5-3.12.4-1]
TEST_F(Limits, EveryPingIsAnswered) {
  for (const auto version : {Version::v311, Version::v5}) {
    auto& client = world.client("alice");
    client.connects({.version = version});
    Bytes pings;
    for (int i = 0; i < 5; ++i) {
      mqtt::encode_pingreq(pings);
    }
    client.sends(pings);
    EXPECT_EQ(client.take(PacketType::pingresp).size(), 5U);
  }
}

// [MQTT5-3.14.0-1]: before CONNACK there is none
TEST_F(Limits, DisconnectIsOnlyForWhoIsConnected) {
  for (const auto& bytes : {bytes_of({0xC0, 0}), bytes_of({0x00, 0}), bytes_of({0xE0, 0}),
                            bytes_of({0x10, 0xFF, 0xFF, 0xFF, 0xFF})}) {
    auto& client = world.client("alice");
    client.opens();
    client.sends(bytes);
    EXPECT_THAT(client.everything(), IsEmpty());
    EXPECT_TRUE(client.closed);
  }
  auto& slow = world.client("alice");
  slow.opens();
  world.passes_ms(20'000);
  EXPECT_THAT(slow.everything(), IsEmpty());
  EXPECT_TRUE(slow.closed);
}

// [MQTT5-3.14.1-1], [MQTT-3.14.1-1]
TEST_F(Limits, DisconnectHasNoFlags) {
  for (const auto version : {Version::v311, Version::v5}) {
    auto& client = world.client("alice");
    auto& phone = world.client("alice", "phone");
    phone.connects();
    phone.subscribes("alice/#");
    client.connects({.version = version, .will = make_will("alice/gone", "1")});
    client.everything();
    client.sends(bytes_of({0xE1, 0}));
    EXPECT_TRUE(client.closed);
    EXPECT_EQ(phone.receives().size(), 1U);  // it was no DISCONNECT
    if (version == Version::v5) {
      EXPECT_EQ(client.last(PacketType::disconnect)->reason, Reason::malformed_packet);
    }
  }
}

// The reasons the server gives: [MQTT5-3.14.2-1], [MQTT5-4.13.2-1]; and no session expiry
// [MQTT5-3.14.2-2], which Client looks for in each
TEST_F(Limits, DisconnectSaysWhy) {
  struct Row {
    const char* why;
    std::vector<int> packet;
    Reason reason;
  };

  world.settings.maximum_qos = Qos::at_least_once;
  world.settings.retain_available = false;
  world.settings.max_packet_size = 100;
  const std::vector<Row> rows{
      {"malformed", {0x82, 1, 0}, Reason::malformed_packet},
      {"protocol error", {0x82, 3, 0, 1, 0}, Reason::protocol_error},
      {"topic name", {0x30, 4, 0, 1, '#', 0}, Reason::topic_name_invalid},
      {"topic alias", {0x30, 7, 0, 1, 'a', 3, 0x23, 0, 99}, Reason::topic_alias_invalid},
      {"packet too large", {0x30, 0xFF, 1}, Reason::packet_too_large},
      {"retain", {0x31, 4, 0, 1, 'a', 0}, Reason::retain_not_supported},
      {"QoS", {0x34, 6, 0, 1, 'a', 0, 1, 0}, Reason::qos_not_supported},
      {"a packet of servers", {0xD0, 0}, Reason::protocol_error},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.why);
    auto& client = world.client("alice");
    client.connects();
    Bytes bytes;
    for (const auto value : row.packet) {
      bytes.push_back(static_cast<std::byte>(value));
    }
    client.sends(bytes);
    const auto said = client.last(PacketType::disconnect);
    ASSERT_TRUE(said);
    EXPECT_EQ(said->reason, row.reason);
    EXPECT_TRUE(client.closed);
  }
}

// [MQTT5-3.14.2-1], and its table's column "sent by".
TEST_F(Limits, DisconnectOfAClientHasNoReasonOfServers) {
  const std::set<int> of_clients{0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90,
                                 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99};
  auto& phone = world.client("alice", "phone");
  phone.connects({.keep_alive = 0});
  phone.subscribes("alice/#");
  for (int reason = 0; reason < 256; ++reason) {
    SCOPED_TRACE(reason);
    auto& client = world.client("alice");
    client.connects({.expiry = 100, .will = make_will("alice/gone", "1")});
    client.sends(bytes_of({0xE0, 7, reason, 5, 0x11, 0, 0, 0, 0}));
    EXPECT_TRUE(client.closed);
    EXPECT_EQ(phone.receives().size(), reason == 0 ? 0U : 1U);
    const auto said = client.last(PacketType::disconnect);
    ASSERT_EQ(said.has_value(), !of_clients.contains(reason));
    if (said) {
      EXPECT_EQ(said->reason, Reason::protocol_error);
    }
    // What else such a packet asks for is not done.
    EXPECT_EQ(world.hub("alice").session_count(), said ? 2U : 1U);
  }
}

// ---- 3.1 ----

class Old : public testing::Test {
 protected:
  World world;
  const Connecting kOld{.version = Version::v31, .clean = false};
};

// [MQTT31-2.1-1]
TEST_F(Old, MaySendAgainWithDup) {
  auto& home = world.client("alice", "home");
  home.acknowledges = false;
  home.connects(kOld);
  home.sends(bytes_of({0x8A, 12, 0, 1, 0, 7, 'a', 'l', 'i', 'c', 'e', '/', '#', 1}));
  EXPECT_EQ(home.take(PacketType::suback).size(), 1U);
  home.publishes("alice/a", "1", {.qos = Qos::exactly_once, .id = 7});
  home.sends(bytes_of({0x6A, 2, 0, 7}));
  EXPECT_EQ(home.take(PacketType::pubcomp).size(), 1U);
  home.sends(bytes_of({0xAA, 11, 0, 2, 0, 7, 'a', 'l', 'i', 'c', 'e', '/', '#'}));
  EXPECT_EQ(home.take(PacketType::unsuback).size(), 1U);
  EXPECT_TRUE(home.connected());
  auto& newer = world.client("alice", "newer");
  newer.connects({.version = Version::v311});
  newer.sends(bytes_of({0x6A, 2, 0, 7}));
  EXPECT_TRUE(newer.closed);
}

// [MQTT31-3.2-1], [MQTT31-3.1-3], [MQTT31-3.1-1]
TEST_F(Old, HasItsOwnConnack) {
  auto& home = world.client("alice", "home");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(home.connects(kOld), Reason::success);
    EXPECT_FALSE(home.session_present);
    home.drops();
  }
  auto& nameless = world.client("alice", "");
  EXPECT_EQ(nameless.connects({.version = Version::v31}), Reason::client_identifier_not_valid);
  EXPECT_TRUE(nameless.closed);
}

// [MQTT31-3.1-4]: more than 23 characters, as homes have them
TEST_F(Old, MayHaveALongClientId) {
  for (const std::size_t size : {23U, 24U, 1'000U}) {
    EXPECT_EQ(world.client("alice", std::string(size, 'x')).connects(kOld), Reason::success);
  }
}

// [MQTT31-3.3-1], [MQTT31-3.9-1]
TEST_F(Old, KnowsNoRefusal) {
  auto& home = world.client("alice", "home");
  home.connects(kOld);
  EXPECT_EQ(home.publishes("bob/a", "1"), Reason::success);
  EXPECT_EQ(home.publishes("bob/a", "1", {.qos = Qos::exactly_once}), Reason::success);
  EXPECT_EQ(home.subscribes("bob/#", {.qos = Qos::at_least_once}), 1U);
  EXPECT_TRUE(home.connected());
}

}  // namespace
}  // namespace owb::core
