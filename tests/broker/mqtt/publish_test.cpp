#include <array>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/error.hpp"
#include "tests/broker/mqtt/support/raw.hpp"
#include "tests/broker/mqtt/support/samples.hpp"

namespace owb::mqtt::testing {
namespace {

Result<Publish> decode(const Bytes& bytes, Version version) {
  return decode_publish(frame_of(bytes), version);
}

Bytes publish_v5(std::initializer_list<Bytes> property_list, std::string_view topic = "a") {
  return packet(0x30, {text(topic), properties(property_list)});
}

TEST(Publish, HasFlagsTopicIdAndPayload) {
  for (const Version version : {Version::v31, Version::v311}) {
    const Bytes bytes = packet(0x3B, {text("alice/openWB/evu/W"), raw({0x12, 0x34}), chars("-17")});
    const auto decoded = decode(bytes, version);
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(decoded->dup);
    EXPECT_EQ(decoded->qos, Qos::at_least_once);
    EXPECT_TRUE(decoded->retain);
    EXPECT_EQ(decoded->topic, "alice/openWB/evu/W");
    EXPECT_EQ(decoded->packet_id, PacketId{0x1234});
    EXPECT_EQ(as_text(decoded->payload), "-17");
  }
}

// [MQTT-2.3.1-5], [MQTT5-2.2.1-2]
TEST(Publish, OfQos0HasNoPacketId) {
  const Bytes bytes = packet(0x30, {text("a"), raw({0x12, 0x34})});
  const auto decoded = decode(bytes, Version::v311);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->packet_id, PacketId::none);
  EXPECT_EQ(decoded->payload.size(), 2U);
  for (const Version version : kVersions) {
    Bytes out;
    encode_publish(OutgoingPublish{.topic_prefix = "a", .packet_id = PacketId{7}}, version, out);
    EXPECT_EQ(out.size(), version == Version::v5 ? 6U : 5U);
  }
}

// F9, [MQTT-2.3.1-1], [MQTT5-2.2.1-3]
TEST(Publish, F9HasAPacketIdOtherThanZero) {
  for (const int first : {0x32, 0x34, 0x3A}) {
    for (const Version version : kVersions) {
      EXPECT_EQ(error_of(decode(packet(first, {text("a"), raw({0, 0, 0})}), version)),
                Errc::protocol_error);
    }
  }
}

// [MQTT-3.3.1-2], [MQTT5-3.3.1-2]
TEST(Publish, OfQos0IsNoDuplicate) {
  const Bytes bytes = packet(0x38, {text("a"), raw({0})});
  EXPECT_TRUE(decode(bytes, Version::v31));
  EXPECT_EQ(error_of(decode(bytes, Version::v311)), Errc::malformed_packet);
  EXPECT_EQ(error_of(decode(bytes, Version::v5)), Errc::malformed_packet);
}

// F9, [MQTT-3.3.1-4], [MQTT5-3.3.1-4]: also if the frame did not come from scan_frame()
TEST(Publish, F9RefusesQos3) {
  const Bytes body = join({text("a"), raw({0, 1, 0})});
  const Frame frame{.type = PacketType::publish, .flags = 6, .body = body};
  for (const Version version : kVersions) {
    EXPECT_EQ(error_of(decode_publish(frame, version)), Errc::malformed_packet);
  }
}

// F4, [MQTT-3.3.2-1], [MQTT-3.3.2-2], [MQTT-4.7.3-1], [MQTT-1.5.3-1], [MQTT-1.5.3-2],
// [MQTT5-3.3.2-1], [MQTT5-3.3.2-2], [MQTT5-4.7.3-1]
TEST(Publish, F4RefusesWhatIsNoTopicName) {
  struct Row {
    std::string_view topic;
    Errc error;
  };

  constexpr Row kRows[] = {
      {"", Errc::topic_missing},           {"#", Errc::topic_name_invalid},
      {"a/+/b", Errc::topic_name_invalid},  {{"a\0b", 3}, Errc::malformed_packet},
      {"\xC0\x80", Errc::malformed_packet}, {"\xED\xA0\x80", Errc::malformed_packet},
      {"a/\xFF", Errc::malformed_packet},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(::testing::PrintToString(row.topic));
    for (const Version version : kVersions) {
      const Bytes block = version == Version::v5 ? properties({}) : Bytes{};
      EXPECT_EQ(error_of(decode(packet(0x30, {text(row.topic), block}), version)), row.error);
    }
  }
}

// F17, [MQTT-4.7.3-3], [MQTT5-4.7.3-3]: 64 KB of "/" is a topic name to the codec; how deep it may
// be is a limit of the server
TEST(Publish, F17TakesATopicOf64Kilobytes) {
  const std::string topic(65'535, '/');
  const Bytes bytes = packet(0x30, {text(topic)});
  const auto decoded = decode(bytes, Version::v311);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->topic, topic);
}

// [MQTT-1.5.3-3], [MQTT5-1.5.4-3]
TEST(Publish, KeepsAByteOrderMark) {
  const std::string_view topic = "\xEF\xBB\xBF/a/\xEF\xBB\xBF";
  const Bytes bytes = publish_v5({raw({0x03}), text("\xEF\xBB\xBF")}, topic);
  const auto decoded = decode(bytes, Version::v5);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->topic, topic);
  EXPECT_EQ(decoded->properties.content_type, "\xEF\xBB\xBF");
}

// [MQTT5 3.3.2.1]
TEST(Publish, MayLeaveItsTopicToTheAlias) {
  const Bytes bytes = publish_v5({raw({0x23, 0, 5})}, "");
  const auto decoded = decode(bytes, Version::v5);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->topic, "");
  EXPECT_EQ(decoded->properties.topic_alias, 5);
}

// F14, [MQTT5-3.3.2-8]
TEST(Publish, F14RefusesAlias0) {
  EXPECT_EQ(error_of(decode(publish_v5({raw({0x23, 0, 0})}), Version::v5)),
            Errc::topic_alias_invalid);
}

// [MQTT5-3.3.2-13], [MQTT5-3.3.2-14]
TEST(Publish, RefusesAResponseTopicThatIsNoTopicName) {
  for (const auto* topic : {"", "#", "a/+"}) {
    EXPECT_EQ(error_of(decode(publish_v5({raw({0x08}), text(topic)}), Version::v5)),
              Errc::protocol_error)
        << topic;
  }
  EXPECT_EQ(error_of(decode(publish_v5({raw({0x08}), text("\xFF")}), Version::v5)),
            Errc::malformed_packet);
}

// The payload format is the business of whoever reads the payload; only its two values are known.
TEST(Publish, RefusesPayloadFormat2) {
  EXPECT_TRUE(decode(publish_v5({raw({0x01, 1})}), Version::v5));
  EXPECT_EQ(error_of(decode(publish_v5({raw({0x01, 2})}), Version::v5)), Errc::protocol_error);
}

// [MQTT5-3.3.2-19]
TEST(Publish, HasAContentTypeOfText) {
  EXPECT_TRUE(decode(publish_v5({raw({0x03}), text("text/plain")}), Version::v5));
  EXPECT_EQ(error_of(decode(publish_v5({raw({0x03}), text("\xFF")}), Version::v5)),
            Errc::malformed_packet);
}

TEST(Publish, MayHaveSeveralSubscriptionIdsButNot0) {
  const Bytes two = publish_v5({raw({0x0B, 1}), raw({0x0B, 0xFF, 0x7F})});
  EXPECT_EQ(decode(two, Version::v5)->properties.subscription_id, 16'383U);
  EXPECT_EQ(error_of(decode(publish_v5({raw({0x0B, 0})}), Version::v5)), Errc::protocol_error);
}

// [MQTT5-3.3.2-4], [MQTT5-3.3.2-15] to [MQTT5-3.3.2-18], [MQTT5-3.3.2-20]
TEST(Publish, PassesOnWhatIsNotItsOwnBusinessInOrder) {
  const Bytes first = join({user_property("b", "1"), raw({0x01, 1}), user_property("a", "2")});
  const Bytes second = join({raw({0x09}), text("x"), raw({0x03}), text("t"), raw({0x08}),
                             text("alice/r"), user_property("b", "1")});
  const Bytes bytes =
      publish_v5({raw({0x23, 0, 5}), first, raw({0x02, 0, 0, 0, 9}), second, raw({0x0B, 1})});
  const auto decoded = decode(bytes, Version::v5);
  ASSERT_TRUE(decoded);
  Bytes forwarded;
  append_forwardable(decoded->properties.raw, forwarded);
  EXPECT_EQ(forwarded, join({first, second}));

  EXPECT_EQ(decoded->properties.user_property_count, 3);
  UserPropertyReader reader{decoded->properties.raw};
  std::pair<std::string_view, std::string_view> property;
  std::string seen;
  while (reader.next(property)) {
    seen += std::string{property.first} + "=" + std::string{property.second} + " ";
  }
  EXPECT_EQ(seen, "b=1 a=2 b=1 ");
}

// Typed properties are encoded even when there is a raw block with user properties.
TEST(Publish, IsEncodedFromItsTypedPropertiesAndTheRawUserProperties) {
  const Bytes block = join({raw({0x03}), text("old"), user_property("k", "v")});
  Publish packet{.topic = "a"};
  packet.properties = {.content_type = "new", .raw = block};
  Bytes out;
  encode_publish(packet, Version::v5, out);
  EXPECT_EQ(out, publish_v5({raw({0x03}), text("new"), user_property("k", "v")}));
}

OutgoingPublish outgoing(ByteView forwarded, std::span<const std::uint32_t> ids) {
  return {.topic_prefix = "alice/",
          .topic_rest = "openWB/evu/W",
          .payload = as_byte_view("-17"),
          .qos = Qos::exactly_once,
          .retain = true,
          .dup = true,
          .packet_id = PacketId{0x1234},
          .forwarded_properties = forwarded,
          .message_expiry = 60,
          .topic_alias = 5,
          .subscription_ids = ids};
}

TEST(OutgoingPublish, IsAPublish) {
  const Bytes forwarded = join({raw({0x01, 1}), user_property("k", "v")});
  const std::array<std::uint32_t, 2> ids{7, 300};
  for (const Version version : kVersions) {
    Bytes out = chars("before");
    encode_publish(outgoing(forwarded, ids), version, out);
    ASSERT_EQ(as_text(ByteView{out}.first(6)), "before");
    out.erase(out.begin(), out.begin() + 6);
    EXPECT_EQ(out.size(), encoded_size(outgoing(forwarded, ids), version));

    const auto decoded = decode(out, version);
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(decoded->dup && decoded->retain);
    EXPECT_EQ(decoded->qos, Qos::exactly_once);
    EXPECT_EQ(decoded->topic, "alice/openWB/evu/W");
    EXPECT_EQ(decoded->packet_id, PacketId{0x1234});
    EXPECT_EQ(as_text(decoded->payload), "-17");
    const bool v5 = version == Version::v5;
    EXPECT_EQ(decoded->properties.topic_alias.has_value(), v5);
    EXPECT_EQ(decoded->properties.message_expiry.value_or(0), v5 ? 60U : 0U);
    EXPECT_EQ(decoded->properties.subscription_id, v5 ? 300U : 0U);
    EXPECT_EQ(decoded->properties.user_property_count, v5 ? 1 : 0);
  }
}

// [MQTT5-2.2.2-1]: a length of 0 is there
TEST(OutgoingPublish, OfQos0WithoutPropertiesIsSmall) {
  const OutgoingPublish packet{.topic_prefix = "a", .topic_rest = "/b"};
  Bytes out;
  encode_publish(packet, Version::v5, out);
  EXPECT_EQ(out, raw({0x30, 6, 0, 3, 'a', '/', 'b', 0}));
}

TEST(OutgoingPublish, SizeIsRightAroundTheBordersOfTheLength) {
  for (const std::size_t payload : {120U, 121U, 122U, 123U, 124U, 125U, 16'370U, 16'380U, 16'384U,
                                    2'097'140U, 2'097'150U, 2'097'152U}) {
    const Bytes bytes(payload);
    const OutgoingPublish packet{.topic_prefix = "ab", .payload = bytes};
    for (const Version version : kVersions) {
      Bytes out;
      encode_publish(packet, version, out);
      EXPECT_EQ(out.size(), encoded_size(packet, version));
      EXPECT_EQ(frame_of(out).size, out.size());
      EXPECT_EQ(decode(out, version)->payload.size(), payload);
    }
  }
}

TEST(OutgoingPublishDeathTest, NeverWrapsALength) {
  const std::string topic(65'535, 'a');
  const OutgoingPublish packet{.topic_prefix = "alice/", .topic_rest = topic};
  Bytes out;
  EXPECT_DEATH(encode_publish(packet, Version::v311, out), "topic_size");
}

}  // namespace
}  // namespace owb::mqtt::testing
