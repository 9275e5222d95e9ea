// Chapters 3.1 and 3.2: CONNECT, CONNACK, wills.
#include "tests/conformance/each_version.hpp"

namespace owb::core {
namespace {

using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

class Connect : public EachVersion {};

class ConnectV5 : public testing::Test {
 protected:
  World world;
};

// [MQTT-3.1.4-4], [MQTT-3.2.0-1], [MQTT5-3.1.4-5], [MQTT5-3.2.0-1], [MQTT5-3.2.0-2]
TEST_P(Connect, IsAnsweredFirstAndOnce) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(lasting());
  home.subscribes("alice/#");
  home.drops();
  phone.connects();
  phone.publishes("alice/a", "1");
  home.opens(lasting());
  Bytes all;
  mqtt::encode_connect({.version = version(),
                        .clean_start = false,
                        .client_id = "home",
                        .user_name = "alice",
                        .session_expiry = 10'000},
                       all);
  mqtt::encode_pingreq(all);
  home.sends(all);
  const auto packets = home.everything();
  EXPECT_THAT(types_of(packets),
              ElementsAre(PacketType::connack, PacketType::publish, PacketType::pingresp));
  EXPECT_EQ(packets.at(0).connack.reason, Reason::success);
}

// [MQTT-3.1.2-4], [MQTT-3.1.2-6], [MQTT-3.1.4-3], [MQTT-3.2.2-1], [MQTT-3.2.2-2], [MQTT-3.2.2-3],
// [MQTT5-3.1.2-4] to [MQTT5-3.1.2-6], [MQTT5-3.1.4-4], [MQTT5-3.2.2-2], [MQTT5-3.2.2-3]
TEST_P(Connect, ResumesOrBeginsAnew) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects({.keep_alive = 0});
  const auto arrives = [&] {
    phone.publishes("alice/a", "x");
    return home.receives().size();
  };
  home.connects(lasting());
  EXPECT_FALSE(home.session_present);
  home.subscribes("alice/#");
  home.drops();
  home.connects(lasting());
  EXPECT_TRUE(home.session_present);
  EXPECT_EQ(arrives(), 1U);
  home.drops();
  home.connects(clean());
  EXPECT_FALSE(home.session_present);
  EXPECT_EQ(arrives(), 0U);
  home.subscribes("alice/#");
  home.drops();
  home.connects(lasting());  // nothing stayed of the clean one
  EXPECT_FALSE(home.session_present);
  EXPECT_EQ(arrives(), 0U);
}

// [MQTT-3.1.3-2], [MQTT5-3.1.3-2]
TEST_P(Connect, NamesItsSessionByTheClientId) {
  auto& home = world.client("alice", "home");
  auto& similar = world.client("alice", "Home");
  home.connects(lasting());
  home.subscribes("alice/#");
  similar.connects(lasting());
  EXPECT_FALSE(similar.session_present);
  EXPECT_TRUE(home.connected());
  similar.publishes("alice/a", "1");
  EXPECT_EQ(home.receives().size(), 1U);
  EXPECT_THAT(similar.receives(), IsEmpty());
}

// [MQTT-3.1.3-5], [MQTT5-3.1.3-5]; longer ones [MQTT31-3.1-4] and other characters as well
TEST_P(Connect, TakesEveryClientId) {
  constexpr std::string_view kAll =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t size = 1; size <= 23; ++size) {
    for (std::size_t at = 0; at + size <= kAll.size(); at += 7) {
      auto& client = world.client("alice", std::string(kAll.substr(at, size)));
      EXPECT_EQ(client.connects(clean()), Reason::success) << client.id();
      client.leaves();
    }
  }
  for (const auto& id :
       {std::string(60'000, 'x'), std::string("Zähler/+#$ 🚗"), std::string("\x01")}) {
    EXPECT_EQ(world.client("alice", id).connects(clean()), Reason::success);
  }
}

// [MQTT-3.1.3-6], [MQTT5-3.1.3-6]
TEST_P(Connect, GivesEachEmptyClientIdOneOfItsOwn) {
  auto& first = world.client("alice", "");
  auto& second = world.client("alice", "");
  EXPECT_EQ(first.connects(clean()), Reason::success);
  EXPECT_EQ(second.connects(clean()), Reason::success);
  EXPECT_TRUE(first.connected());
  first.subscribes("alice/#");
  second.publishes("alice/a", "1");
  EXPECT_EQ(first.receives().size(), 1U);
  EXPECT_THAT(second.receives(), IsEmpty());
}

// [MQTT5-3.1.3-7]
TEST_F(ConnectV5, AnAssignedClientIdIsOneLikeAnother) {
  auto& nameless = world.client("alice", "");
  nameless.connects({.expiry = 100});
  nameless.subscribes("alice/#");
  nameless.drops();
  auto& named = world.client("alice", nameless.assigned_id);
  named.connects({.clean = false, .expiry = 100});
  EXPECT_TRUE(named.session_present);
  EXPECT_EQ(named.assigned_id, "");
}

// [MQTT-3.1.3-9], [MQTT5-3.1.3-8], [MQTT5-3.2.2-7]
TEST_P(Connect, RefusesAnUnwantedClientId) {
  world.settings.allow_zero_length_clientid = false;
  auto& nameless = world.client("alice", "");
  EXPECT_EQ(nameless.connects(clean()), Reason::client_identifier_not_valid);
  EXPECT_TRUE(nameless.closed);
}

// [MQTT-3.1.4-1], [MQTT-3.2.2-6], [MQTT5-3.1.4-1]: the reserved flag
TEST_P(Connect, ClosesWhenMalformed) {
  auto& alice = world.client("alice");
  alice.opens(clean());
  if (v5()) {
    alice.sends(bytes_of({0x10, 15, 0, 4, 'M', 'Q', 'T', 'T', 5, 3, 0, 60, 0, 0, 2, 'i', 'd'}));
    EXPECT_EQ(alice.last(PacketType::connack)->connack.reason, Reason::malformed_packet);
  } else {
    alice.sends(bytes_of({0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 4, 3, 0, 60, 0, 2, 'i', 'd'}));
  }
  EXPECT_THAT(alice.everything(), IsEmpty());
  EXPECT_TRUE(alice.closed);
}

// [MQTT-3.1.4-5], [MQTT-3.2.2-4], [MQTT-3.2.2-5], [MQTT5-3.1.4-2], [MQTT5-3.1.4-6],
// [MQTT5-3.2.2-6], [MQTT5-3.2.2-7], [MQTT5-3.14.0-1], [MQTT5-4.13.2-1]
TEST_P(Connect, HandlesNothingBehindARefusal) {
  auto& alice = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.subscribes("alice/#");
  alice.connects(lasting());  // so that there is a session to be present
  alice.drops();
  alice.opens(lasting());
  Bytes all;
  mqtt::encode_connect({.version = version(),
                        .clean_start = false,
                        .client_id = "home",
                        .will = make_will("bob/gone", "1"),
                        .user_name = "alice"},
                       all);
  mqtt::encode_connect(  // one that would be accepted
      {.version = version(), .client_id = "home", .user_name = "alice"}, all);
  mqtt::encode_publish(mqtt::Publish{.topic = "alice/a", .payload = as_byte_view("1")}, version(),
                       all);
  all.push_back(std::byte{0});  // a malformed packet
  alice.sends(all);
  const auto packets = alice.everything();
  ASSERT_THAT(types_of(packets), ElementsAre(PacketType::connack));
  EXPECT_EQ(packets[0].connack.reason, Reason::not_authorized);
  EXPECT_FALSE(packets[0].connack.session_present);
  EXPECT_TRUE(alice.closed);
  alice.feeds(bytes_of({0xC0, 0}));
  EXPECT_THAT(alice.everything(), IsEmpty());
  EXPECT_THAT(phone.receives(), IsEmpty());
}

// [MQTT-7.0.0-2]: no user name, no extension, only what the specification knows
TEST_P(Connect, NeedsNothingBeyondTheSpecification) {
  world.settings.tenancy = false;
  auto& one = world.client("", "one");
  auto& two = world.client("", "two");
  EXPECT_EQ(one.connects(clean()), Reason::success);
  EXPECT_EQ(two.connects(clean()), Reason::success);
  EXPECT_EQ(one.subscribes("a/+"), 2U);
  EXPECT_EQ(two.publishes("a/b", "1", {.qos = Qos::exactly_once}), Reason::success);
  EXPECT_THAT(one.receives(), ElementsAre("a/b=1 q2"));
}

// [MQTT-3.1.2-24], [MQTT5-3.1.2-22], [MQTT5-3.2.2-22]: packets count, not their bytes
TEST_P(Connect, ListensForWholePacketsDuringTheKeepAlive) {
  auto& alice = world.client("alice");
  auto how = clean();
  how.keep_alive = 10;
  alice.connects(how);
  EXPECT_FALSE(alice.connack.server_keep_alive);
  for (const int byte : {0x32, 9, 0, 7}) {
    world.passes_ms(3'700);
    EXPECT_TRUE(alice.connected());
    alice.sends(bytes_of({byte}));
  }
  world.passes_ms(300);
  EXPECT_TRUE(alice.closed);
  if (v5()) {
    EXPECT_EQ(alice.last(PacketType::disconnect)->reason, Reason::keep_alive_timeout);
  }
}

TEST_P(Connect, WaitsForALargePacketOnItsWay) {
  auto& alice = world.client("alice");
  auto how = clean();
  how.keep_alive = 10;
  alice.connects(how);
  alice.subscribes("alice/#");
  Bytes large;
  const std::string payload(40'000, 'x');
  mqtt::encode_publish(mqtt::Publish{.topic = "alice/a", .payload = as_byte_view(payload)},
                       version(), large);
  for (std::size_t at = 0; at < large.size(); at += 1'000) {
    world.passes_ms(5'000);
    alice.sends(ByteView{large}.subspan(at, std::min<std::size_t>(1'000, large.size() - at)));
  }
  EXPECT_EQ(alice.messages().size(), 1U);
  EXPECT_TRUE(alice.connected());
}

// [MQTT-4.1.0-1], [MQTT-4.1.0-2], [MQTT5-4.1.0-1]: as long as its connection, however short it may
// be
TEST_P(Connect, KeepsTheSessionOfAConnectionHoweverLongItIs) {
  auto& home = world.client("alice", "home");
  auto how = clean();
  how.keep_alive = 0;
  how.expiry = 1;
  home.connects(how);
  home.subscribes("alice/#");
  world.passes_ms(2'000'000);
  EXPECT_EQ(world.hub("alice").session_count(), 1U);
  home.publishes("alice/a", "1");
  EXPECT_EQ(home.receives().size(), 1U);
}

// ---- wills ----

// [MQTT-3.1.2-12]
TEST_P(Connect, WithoutAWillNothingIsPublished) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.subscribes("alice/#");
  home.connects(clean());
  home.drops();
  EXPECT_THAT(phone.receives(), IsEmpty());
}

// [MQTT-3.1.2-8], [MQTT-3.1.2-10], [MQTT5-3.1.2-7], [MQTT5-3.1.2-8], [MQTT5-3.1.2-10]
TEST_P(Connect, AWillIsPublishedOnce) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects({.keep_alive = 0});
  phone.subscribes("alice/#");
  auto how = lasting();
  how.will = make_will("alice/gone", "1");
  home.connects(how);
  home.drops();
  EXPECT_THAT(phone.receives(), ElementsAre("alice/gone=1 q1"));
  home.connects(lasting());
  home.drops();
  world.passes_ms(20'000'000);  // and the session's end
  EXPECT_THAT(phone.receives(), IsEmpty());
}

// [MQTT-3.14.4-3], [MQTT5-3.1.2-10], [MQTT5-3.14.4-3]
TEST_P(Connect, AWillIsGoneWithDisconnect) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects({.keep_alive = 0});
  phone.subscribes("alice/#");
  auto how = lasting();
  how.will = make_will("alice/gone", "1");
  home.connects(how);
  home.leaves();
  home.connects(lasting());
  home.drops();
  world.passes_ms(20'000'000);
  EXPECT_THAT(phone.receives(), IsEmpty());
}

// [MQTT-3.1.2-16], [MQTT-3.1.2-17], [MQTT5-3.1.2-14], [MQTT5-3.1.2-15]
TEST_P(Connect, AWillIsRetainedIfItSaysSo) {
  for (const bool retain : {false, true}) {
    auto& home = world.client("alice", "home");
    auto& phone = world.client("alice", "phone");
    auto how = clean();
    how.will = make_will("alice/gone", "1");
    how.will->retain = retain;
    home.connects(how);
    home.drops();
    phone.connects();
    phone.subscribes("alice/#");
    EXPECT_EQ(phone.receives().size(), retain ? 1U : 0U);
    phone.leaves();
  }
}

// [MQTT5-3.1.3-10], and what else belongs to its message
TEST_F(ConnectV5, AWillHasItsProperties) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  phone.connects();
  phone.subscribes("alice/#");
  auto will = make_will("alice/gone", "1");
  const auto raw = bytes_of({0x26, 0, 1, 'b', 0, 1, '1',  //
                             0x26, 0, 1, 'a', 0, 1, '2',  //
                             0x26, 0, 1, 'b', 0, 1, '3'});
  will.properties.raw = raw;
  will.properties.response_topic = "alice/answer";
  will.properties.message_expiry = 60;
  home.connects({.will = will});
  world.passes_ms(30'000);
  home.drops();
  const auto messages = phone.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(messages[0].user_properties, ElementsAre("b=1", "a=2", "b=3"));
  EXPECT_EQ(messages[0].response_topic, "alice/answer");
  EXPECT_EQ(messages[0].expiry, 60U);  // counted from its publication
}

// [MQTT5-3.8.3-3]: also from the store, to the client id whose will it was
TEST_F(ConnectV5, AWillIsOfItsClient) {
  auto& home = world.client("alice", "home");
  auto will = make_will("alice/gone", "1");
  will.retain = true;
  home.connects({.will = will});
  home.drops();
  home.connects();
  home.subscribes("alice/#", {.no_local = true});
  EXPECT_THAT(home.receives(), IsEmpty());
  home.subscribes("alice/#");
  EXPECT_THAT(home.receives(), ElementsAre("alice/gone=1 q1 r"));
}

// [MQTT5-3.2.2-12], [MQTT5-3.2.2-13]
TEST_P(Connect, RefusesAWillThatIsTooMuch) {
  world.settings.maximum_qos = Qos::at_most_once;
  world.settings.retain_available = false;
  auto& home = world.client("alice", "home");
  auto how = clean();
  how.will = make_will("alice/gone", "1");  // QoS 1
  EXPECT_EQ(home.connects(how), v5() ? Reason::qos_not_supported : Reason::not_authorized);
  EXPECT_TRUE(home.closed);
  how.will->qos = Qos::at_most_once;
  how.will->retain = true;
  EXPECT_EQ(home.connects(how), v5() ? Reason::retain_not_supported : Reason::not_authorized);
  EXPECT_TRUE(home.closed);
}

// ---- what CONNACK says ----

// [MQTT5-3.2.2-9], [MQTT5-3.2.2-10], [MQTT5-3.8.4-7]
TEST_F(ConnectV5, TellsTheMaximumQosAndTakesSubscriptionsAllTheSame) {
  for (const auto maximum : {Qos::at_most_once, Qos::at_least_once, Qos::exactly_once}) {
    World limited;
    limited.settings.maximum_qos = maximum;
    auto& alice = limited.client("alice");
    alice.connects();
    EXPECT_EQ(alice.connack.maximum_qos,
              maximum == Qos::exactly_once ? std::nullopt : std::optional{maximum});
    for (const auto asked : {Qos::at_most_once, Qos::at_least_once, Qos::exactly_once}) {
      EXPECT_EQ(alice.subscribes("alice/a", {.qos = asked}),
                static_cast<unsigned>(std::min(asked, maximum)));
    }
  }
}

// [MQTT5-3.1.2-28]: there is none to give, asked for or not
TEST_F(ConnectV5, HasNoResponseInformation) {
  for (const bool asked : {false, true}) {
    auto& alice = world.client("alice");
    alice.connects({.response_information = asked});
    EXPECT_FALSE(alice.connack.response_information);
  }
}

// [MQTT5-4.12.0-1], [MQTT5-4.12.0-4], [MQTT5-4.12.0-6]
TEST_F(ConnectV5, KnowsNoAuthenticationMethod) {
  auto& alice = world.client("alice");
  alice.opens();
  Bytes connect;
  mqtt::encode_connect({.version = Version::v5,
                        .client_id = "id",
                        .user_name = "alice",
                        .authentication_method = "SCRAM-SHA-1"},
                       connect);
  alice.sends(connect);
  const auto packets = alice.everything();
  ASSERT_THAT(types_of(packets), ElementsAre(PacketType::connack));
  EXPECT_EQ(packets[0].connack.reason, Reason::bad_authentication_method);
  EXPECT_TRUE(alice.closed);
  alice.connects();
  EXPECT_FALSE(alice.connack.authentication_method);
}

// [MQTT5-4.12.1-2]
TEST_F(ConnectV5, EndsWhenAuthenticatingAgain) {
  auto& alice = world.client("alice");
  alice.connects();
  Bytes auth;
  mqtt::encode_auth({.reason = Reason::reauthenticate, .method = "SCRAM-SHA-1"}, auth);
  alice.sends(auth);
  EXPECT_EQ(alice.last(PacketType::disconnect)->reason, Reason::protocol_error);
  EXPECT_TRUE(alice.closed);
}

INSTANTIATE_TEST_SUITE_P(Mqtt, Connect, kVersions, name_of_version);

}  // namespace
}  // namespace owb::core
