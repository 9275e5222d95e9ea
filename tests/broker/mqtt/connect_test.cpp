#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/error.hpp"
#include "tests/broker/mqtt/support/raw.hpp"

namespace owb::mqtt::testing {
namespace {

constexpr int kClean = 0x02;
constexpr int kWill = 0x04;
constexpr int kPassword = 0x40;
constexpr int kUserName = 0x80;

Result<Connect> decode(const Bytes& bytes) {
  return decode_connect(frame_of(bytes));
}

/// A CONNECT from its level and flags, keep alive 60, and what follows.
Bytes connect(std::string_view name, int level, int flags, std::initializer_list<Bytes> rest) {
  return packet(0x10, {text(name), raw({level, flags, 0, 60}), join(rest)});
}

Bytes connect_v5(std::initializer_list<Bytes> property_list) {
  return connect("MQTT", 5, kClean, {properties(property_list), text("id")});
}

struct Protocol {
  const char* name;
  int level;
  Version version;
  bool bridge;
};

constexpr Protocol kProtocols[] = {
    {"MQIsdp", 0x03, Version::v31, false}, {"MQIsdp", 0x83, Version::v31, true},
    {"MQTT", 0x04, Version::v311, false},  {"MQTT", 0x84, Version::v311, true},
    {"MQTT", 0x05, Version::v5, false},
};

// [MQTT31-3.1-1]
TEST(Connect, SaysItsProtocolAndWhetherItIsABridge) {
  for (const Protocol& protocol : kProtocols) {
    SCOPED_TRACE(protocol.level);
    const Bytes block = protocol.version == Version::v5 ? properties({}) : Bytes{};
    const Bytes bytes = connect(protocol.name, protocol.level, kClean, {block, text("id")});
    const auto packet = decode(bytes);
    ASSERT_TRUE(packet) << packet.error().message();
    EXPECT_EQ(packet->version, protocol.version);
    EXPECT_EQ(packet->bridge, protocol.bridge);
    EXPECT_TRUE(packet->clean_start);
    EXPECT_EQ(packet->keep_alive, 60);
    EXPECT_EQ(packet->client_id, "id");
    EXPECT_FALSE(packet->will || packet->user_name || packet->password);
  }
}

TEST(Connect, OfABridgeIsEncodedWithItsBit) {
  for (const Protocol& protocol : kProtocols) {
    Bytes out;
    encode_connect({.version = protocol.version, .bridge = protocol.bridge, .client_id = "id"},
                   out);
    const auto decoded = decode(out);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->version, protocol.version);
    EXPECT_EQ(decoded->bridge, protocol.bridge);
  }
}

// As measured: a bridge of openWB sends flags 0xC0 and an id of 24 characters.
TEST(Connect, OfAHomeIsUnderstood) {
  const Bytes bytes = connect("MQIsdp", 0x83, 0xC0,
                              {text("openwbBridgecloud-123456"), text("alice"), text("secret")});
  const auto packet = decode(bytes);
  ASSERT_TRUE(packet);
  EXPECT_FALSE(packet->clean_start);
  EXPECT_EQ(packet->client_id, "openwbBridgecloud-123456");
  EXPECT_EQ(packet->user_name, "alice");
  EXPECT_EQ(as_text(packet->password.value_or(ByteView{})), "secret");
}

// [MQTT-3.1.2-2], [MQTT5-3.1.2-2], [MQTT31-3.1-1]: nothing behind the level is read
TEST(Connect, OfAnotherLevelIsUnsupported) {
  struct Row {
    const char* name;
    int level;
  };

  constexpr Row kRows[] = {{"MQTT", 0},    {"MQTT", 3},      {"MQTT", 6},     {"MQTT", 0x83},
                           {"MQTT", 0x85}, {"MQTT", 0xFF},   {"MQIsdp", 0},   {"MQIsdp", 4},
                           {"MQIsdp", 5},  {"MQIsdp", 0x84}, {"MQIsdp", 0x85}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.level);
    const Bytes bytes = packet(0x10, {text(row.name), raw({row.level, 0xFF})});
    EXPECT_EQ(error_of(decode(bytes)), Errc::unsupported_version);
  }
}

// [MQTT-3.1.2-1], [MQTT5-3.1.2-1]
TEST(Connect, OfAnotherProtocolIsRefused) {
  for (const auto* name : {"", "mqtt", "MQTt", "MQTTX", "MQIsdP", "HTTP"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(error_of(decode(connect(name, 4, kClean, {text("id")}))), Errc::protocol_error);
  }
}

struct Flags {
  int flags;
  const char* why;
  bool good_in_31;
  bool good_in_311;
  bool good_in_5;
};

// [MQTT-3.1.2-3], [MQTT-3.1.2-11], [MQTT-3.1.2-13] to [MQTT-3.1.2-15], [MQTT-3.1.2-22]; F9, F30;
// [MQTT5-3.1.2-3], [MQTT5-3.1.2-11] to [MQTT5-3.1.2-13]
constexpr Flags kFlags[] = {
    {kClean, "clean", true, true, true},
    {0x00, "nothing", true, true, true},
    {0x01, "reserved bit", true, false, false},
    {0x08, "will QoS 1 without will", true, false, false},
    {0x10, "will QoS 2 without will", true, false, false},
    {0x18, "will QoS 3 without will", false, false, false},
    {0x20, "will retain without will", true, false, false},
    {kWill | 0x18, "will QoS 3", false, false, false},
    {kWill | 0x10, "will QoS 2", true, true, true},
    {kWill | 0x20, "will retain", true, true, true},
    {kUserName, "user name", true, true, true},
    {kUserName | kPassword, "user name and password", true, true, true},
    {kPassword, "password alone", false, false, true},
};

TEST(Connect, F9FlagsAreConsistent) {
  struct Row {
    const char* name;
    int level;
    bool Flags::*good;
  };

  constexpr Row kRows[] = {{"MQIsdp", 3, &Flags::good_in_31},
                           {"MQTT", 4, &Flags::good_in_311},
                           {"MQTT", 5, &Flags::good_in_5}};
  for (const Row& row : kRows) {
    const Bytes block = row.level == 5 ? properties({}) : Bytes{};
    for (const Flags& flags : kFlags) {
      SCOPED_TRACE(std::string{row.name} + " " + std::to_string(row.level) + ": " + flags.why);
      const Bytes will = (flags.flags & kWill) != 0 ? join({block, text("t"), text("")}) : Bytes{};
      const Bytes user = (flags.flags & kUserName) != 0 ? text("u") : Bytes{};
      const Bytes password = (flags.flags & kPassword) != 0 ? text("p") : Bytes{};
      const Bytes bytes =
          connect(row.name, row.level, flags.flags, {block, text("id"), will, user, password});
      const auto packet = decode(bytes);
      if (flags.*row.good) {
        EXPECT_TRUE(packet);
      } else {
        EXPECT_EQ(error_of(packet), Errc::malformed_packet);
      }
    }
  }
}

// [MQTT-2.2.2-2], [MQTT5-2.1.3-1]; 3.1 does not use them in CONNECT
TEST(Connect, FlagsOfTheHeaderAreZeroSince311) {
  for (const int first : {0x11, 0x12, 0x14, 0x18}) {
    Bytes bytes = connect("MQTT", 4, kClean, {text("id")});
    bytes[0] = static_cast<std::byte>(first);
    EXPECT_EQ(error_of(decode(bytes)), Errc::malformed_packet);
    Bytes old = connect("MQIsdp", 3, kClean, {text("id")});
    old[0] = static_cast<std::byte>(first);
    EXPECT_TRUE(decode(old));
  }
}

// F30
TEST(Connect, F30TellsNoUserNameFromAnEmptyOne) {
  const Bytes none = connect("MQTT", 4, kClean, {text("id")});
  const Bytes empty = connect("MQTT", 4, kClean | kUserName, {text("id"), text("")});
  EXPECT_FALSE(decode(none)->user_name);
  EXPECT_EQ(decode(empty)->user_name, "");
}

// F20, F4, [MQTT-3.1.3-4], [MQTT-3.1.3-10], [MQTT-3.1.3-11], [MQTT5-3.1.3-4], [MQTT5-3.1.3-11],
// [MQTT5-3.1.3-12]
TEST(Connect, F4TextIsUtf8) {
  for (const auto* bad : {"\xC0\x80", "\xFF", "\xED\xA0\x80"}) {
    EXPECT_EQ(error_of(decode(connect("MQTT", 4, kClean, {text(bad)}))), Errc::client_id_invalid);
    const Bytes user = connect("MQTT", 4, kUserName, {text("id"), text(bad)});
    EXPECT_EQ(error_of(decode(user)), Errc::connect_field_invalid);
    const Bytes will = connect("MQTT", 4, kWill, {text("id"), text(bad), text("")});
    EXPECT_EQ(error_of(decode(will)), Errc::connect_field_invalid);
    const Bytes none = properties({});
    const int flags = kWill | kUserName;
    EXPECT_EQ(error_of(decode(connect("MQTT", 5, flags, {none, text(bad)}))),
              Errc::client_id_invalid);
    for (const Bytes& payload : {join({text("id"), none, text(bad), text("")}),
                                 join({text("id"), none, text("t"), text(""), text(bad)})}) {
      EXPECT_EQ(error_of(decode(connect("MQTT", 5, flags, {none, payload}))),
                Errc::connect_field_invalid);
    }
  }
  const Bytes nul = connect("MQTT", 4, kUserName, {text("id"), text({"a\0b", 3})});
  EXPECT_EQ(error_of(decode(nul)), Errc::connect_field_invalid);
}

// [MQTT-4.7.1-1], [MQTT-4.7.3-1]
TEST(Connect, RefusesAWillWithoutATopicName) {
  for (const auto* topic : {"", "#", "a/+", "a/#"}) {
    const Bytes bytes = connect("MQTT", 4, kWill, {text("id"), text(topic), text("")});
    EXPECT_EQ(error_of(decode(bytes)), Errc::topic_name_invalid) << topic;
  }
}

struct Field {
  const char* what;
  int flag;
  Bytes bytes;
};

std::vector<Field> fields(int level) {
  const Bytes block = level == 5 ? properties({}) : Bytes{};
  return {{"will", kWill, join({block, text("gone"), text("1")})},
          {"user name", kUserName, text("alice")},
          {"password", kPassword, text("secret")}};
}

// Each field of the payload if its flag is set, and only then: [MQTT-3.1.2-9], [MQTT-3.1.2-11],
// [MQTT-3.1.2-18] to [MQTT-3.1.2-21], [MQTT-3.1.3-3], [MQTT5-3.1.2-9],
// [MQTT5-3.1.2-16] to [MQTT5-3.1.2-19], [MQTT5-3.1.3-3]
TEST(Connect, HasTheFieldsOfItsFlags) {
  for (const int level : {4, 5}) {
    const Bytes head = level == 5 ? properties({}) : Bytes{};
    EXPECT_EQ(error_of(decode(connect("MQTT", level, kClean, {head}))), Errc::client_id_invalid);
    int flags = kClean;
    Bytes before = join({head, text("id")});
    for (const Field& field : fields(level)) {
      SCOPED_TRACE(field.what);
      EXPECT_EQ(error_of(decode(connect("MQTT", level, flags, {before, field.bytes}))),
                Errc::malformed_packet);
      flags |= field.flag;
      // Where 5.0 has the will's properties, something is missing from them.
      const bool block_missing = level == 5 && field.flag == kWill;
      EXPECT_EQ(error_of(decode(connect("MQTT", level, flags, {before}))),
                block_missing ? Errc::malformed_packet : Errc::connect_field_invalid);
      before = join({before, field.bytes});
      EXPECT_TRUE(decode(connect("MQTT", level, flags, {before})));
    }
  }
}

// [MQTT-3.1.3-1], [MQTT5-3.1.3-1]
TEST(Connect, HasItsFieldsInOneOrder) {
  for (const int level : {4, 5}) {
    const Bytes head = level == 5 ? properties({}) : Bytes{};
    const auto all = fields(level);
    const Bytes bytes = connect("MQTT", level, kWill | kUserName | kPassword,
                                {head, text("id"), all[0].bytes, all[1].bytes, all[2].bytes});
    const auto packet = decode(bytes);
    ASSERT_TRUE(packet && packet->will && packet->user_name && packet->password);
    EXPECT_EQ(packet->client_id, "id");
    EXPECT_EQ(packet->will->topic, "gone");
    EXPECT_EQ(as_text(packet->will->payload), "1");
    EXPECT_EQ(*packet->user_name, "alice");
    EXPECT_EQ(as_text(*packet->password), "secret");
  }
}

// [MQTT31-3.1-2]: so that a client of the first MQTT may set flags by mistake
TEST(Connect, Of31MayEndBeforeNameAndPassword) {
  const auto bare = decode(connect("MQIsdp", 3, kUserName | kPassword, {text("id")}));
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->user_name || bare->password);
  const Bytes bytes = connect("MQIsdp", 3, kUserName | kPassword, {text("id"), text("u")});
  const auto named = decode(bytes);
  ASSERT_TRUE(named);
  EXPECT_EQ(named->user_name, "u");
  EXPECT_FALSE(named->password);
  const Bytes cut = connect("MQIsdp", 3, kUserName, {text("id"), raw({0})});
  EXPECT_EQ(error_of(decode(cut)), Errc::connect_field_invalid);
}

TEST(Connect, DefaultsAreThoseOfTheSpecification) {
  const auto packet = decode(connect_v5({}));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->session_expiry, 0U);
  EXPECT_EQ(packet->receive_maximum, 65'535);
  EXPECT_FALSE(packet->maximum_packet_size);
  EXPECT_EQ(packet->topic_alias_maximum, 0);
  EXPECT_FALSE(packet->request_response_information);
  EXPECT_TRUE(packet->request_problem_information);
  EXPECT_FALSE(packet->authentication_method || packet->authentication_data);
}

TEST(Connect, PropertiesWithForbiddenValuesAreProtocolErrors) {
  struct Row {
    const char* why;
    Bytes property;
  };

  const Row rows[] = {
      {"receive maximum 0", raw({0x21, 0, 0})},
      {"maximum packet size 0", raw({0x27, 0, 0, 0, 0})},
      {"request response information 2", raw({0x19, 2})},
      {"request problem information 2", raw({0x17, 2})},
      {"authentication data without method", join({raw({0x16}), text("data")})},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    EXPECT_EQ(error_of(decode(connect_v5({row.property}))), Errc::protocol_error);
  }
}

// A will's typed properties are encoded whether or not there is a raw block.
TEST(Connect, IsEncodedWithTheWillsProperties) {
  Connect packet{.version = Version::v5, .client_id = "id"};
  packet.will = Will{.topic = "alice/gone", .delay = 5};
  packet.will->properties = {.payload_format = 1,
                             .message_expiry = 60,
                             .content_type = "text/plain",
                             .response_topic = "alice/answer"};
  Bytes out;
  encode_connect(packet, out);
  const auto decoded = decode(out);
  ASSERT_TRUE(decoded && decoded->will);
  EXPECT_EQ(decoded->will->delay, 5U);
  EXPECT_EQ(decoded->will->properties.payload_format, 1);
  EXPECT_EQ(decoded->will->properties.message_expiry, 60U);
  EXPECT_EQ(decoded->will->properties.content_type, "text/plain");
  EXPECT_EQ(decoded->will->properties.response_topic, "alice/answer");
}

}  // namespace
}  // namespace owb::mqtt::testing
