#include <gtest/gtest.h>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/error.hpp"
#include "tests/broker/mqtt/support/raw.hpp"
#include "tests/broker/mqtt/support/samples.hpp"

namespace owb::mqtt::testing {
namespace {

Result<Connack> decode(const Bytes& bytes, Version version) {
  return decode_connack(frame_of(bytes), version);
}

Bytes encoded(const Connack& packet, Version version) {
  Bytes out;
  encode_connack(packet, version, out);
  return out;
}

// [MQTT 3.2.2.3]
TEST(Connack, OfOldVersionsHasReturnCodes) {
  constexpr Reason kReasons[] = {Reason::success,
                                 Reason::unsupported_protocol_version,
                                 Reason::client_identifier_not_valid,
                                 Reason::server_unavailable,
                                 Reason::bad_user_name_or_password,
                                 Reason::not_authorized};
  for (const Version version : {Version::v31, Version::v311}) {
    for (int code = 0; code <= 5; ++code) {
      const Bytes bytes = raw({0x20, 2, 0, code});
      EXPECT_EQ(decode(bytes, version)->reason, kReasons[code]);
      EXPECT_EQ(encoded({.reason = kReasons[code]}, version), bytes);
    }
    EXPECT_EQ(error_of(decode(raw({0x20, 2, 0, 6}), version)), Errc::protocol_error);
    EXPECT_EQ(error_of(decode(raw({0x20, 2, 0, 0x87}), version)), Errc::protocol_error);
  }
}

// [MQTT5-3.2.2-1]
TEST(Connack, HasOneFlag) {
  EXPECT_TRUE(decode(raw({0x20, 2, 1, 0}), Version::v311)->session_present);
  EXPECT_TRUE(decode(raw({0x20, 3, 1, 0, 0}), Version::v5)->session_present);
  for (const int flags : {2, 3, 0x80}) {
    EXPECT_EQ(error_of(decode(raw({0x20, 2, flags, 0}), Version::v311)), Errc::malformed_packet);
    EXPECT_EQ(error_of(decode(raw({0x20, 3, flags, 0, 0}), Version::v5)), Errc::malformed_packet);
  }
  for (const bool present : {false, true}) {
    const int flags = present ? 1 : 0;
    EXPECT_EQ(encoded({.session_present = present}, Version::v311), raw({0x20, 2, flags, 0}));
    EXPECT_EQ(encoded({.session_present = present}, Version::v5), raw({0x20, 3, flags, 0, 0}));
  }
}

// [MQTT31-3.2-1]
TEST(Connack, Of31KnowsNoSessionPresent) {
  EXPECT_FALSE(decode(raw({0x20, 2, 1, 0}), Version::v31)->session_present);
  EXPECT_EQ(encoded({.session_present = true}, Version::v31), raw({0x20, 2, 0, 0}));
  EXPECT_EQ(encoded({.session_present = true}, Version::v311), raw({0x20, 2, 1, 0}));
}

// [MQTT-3.2.2-4], [MQTT5-3.2.2-6]
TEST(Connack, OfARefusalHasNoSession) {
  EXPECT_EQ(error_of(decode(raw({0x20, 2, 1, 5}), Version::v311)), Errc::protocol_error);
  EXPECT_EQ(error_of(decode(raw({0x20, 3, 1, 0x87, 0}), Version::v5)), Errc::protocol_error);
  const Connack refusal{.session_present = true, .reason = Reason::not_authorized};
  EXPECT_EQ(encoded(refusal, Version::v311), raw({0x20, 2, 0, 5}));
  EXPECT_EQ(encoded(refusal, Version::v5), raw({0x20, 3, 0, 0x87, 0}));
}

// [MQTT5-3.2.2-8]
TEST(Connack, RefusesReasonsOfOtherPackets) {
  for (const int reason : {0x01, 0x04, 0x10, 0x8B, 0x8D, 0x8F, 0x93, 0x98, 0xA0, 0xFF, 0x40}) {
    EXPECT_EQ(error_of(decode(raw({0x20, 3, 0, reason, 0}), Version::v5)), Errc::protocol_error)
        << reason;
  }
}

TEST(Connack, KeepsItsPropertiesFromOldVersions) {
  const Connack packet{.assigned_client_id = "auto-1", .topic_alias_maximum = 10};
  EXPECT_EQ(encoded(packet, Version::v311), raw({0x20, 2, 0, 0}));
  const Bytes bytes = encoded(packet, Version::v5);
  const auto decoded = decode(bytes, Version::v5);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->assigned_client_id, "auto-1");
  EXPECT_EQ(decoded->topic_alias_maximum, 10);
}

TEST(Connack, RefusesMaximumQos2) {
  const Bytes bytes = packet(0x20, {raw({0, 0}), properties({raw({0x24, 2})})});
  EXPECT_EQ(error_of(decode(bytes, Version::v5)), Errc::protocol_error);  // [MQTT5 3.2.2.3.4]
}

}  // namespace
}  // namespace owb::mqtt::testing
