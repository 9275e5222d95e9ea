#include <set>

#include <gtest/gtest.h>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/error.hpp"
#include "tests/broker/mqtt/support/raw.hpp"
#include "tests/broker/mqtt/support/samples.hpp"

namespace owb::mqtt::testing {
namespace {

Bytes encoded(PacketType type, const Ack& packet, Version version) {
  Bytes out;
  encode_ack(type, packet, version, out);
  return out;
}

Bytes encoded(const Disconnect& packet, Version version) {
  Bytes out;
  encode_disconnect(packet, version, out);
  return out;
}

// [MQTT-3.6.1-1], [MQTT5-3.6.1-1]
TEST(Ack, IsItsPacketIdWhenAllIsWell) {
  for (const Version version : kVersions) {
    const Ack packet{.packet_id = PacketId{0x0102}};
    EXPECT_EQ(encoded(PacketType::puback, packet, version), raw({0x40, 2, 1, 2}));
    EXPECT_EQ(encoded(PacketType::pubrec, packet, version), raw({0x50, 2, 1, 2}));
    EXPECT_EQ(encoded(PacketType::pubrel, packet, version), raw({0x62, 2, 1, 2}));
    EXPECT_EQ(encoded(PacketType::pubcomp, packet, version), raw({0x70, 2, 1, 2}));
  }
}

TEST(Ack, SaysItsReasonIn5Only) {
  const Ack refused{.packet_id = PacketId{1}, .reason = Reason::not_authorized};
  EXPECT_EQ(encoded(PacketType::puback, refused, Version::v311), raw({0x40, 2, 0, 1}));
  EXPECT_EQ(encoded(PacketType::puback, refused, Version::v5), raw({0x40, 3, 0, 1, 0x87}));
  const Ack said{.packet_id = PacketId{1}, .reason_string = "no"};
  EXPECT_EQ(encoded(PacketType::puback, said, Version::v5),
            raw({0x40, 9, 0, 1, 0, 5, 0x1F, 0, 2, 'n', 'o'}));
}

// [MQTT5 3.4.2.1]: without reason, without property length, with an empty block
TEST(Ack, Of5HasThreeShortForms) {
  for (const Bytes& bytes :
       {raw({0x40, 2, 0, 1}), raw({0x40, 3, 0, 1, 0}), raw({0x40, 4, 0, 1, 0, 0})}) {
    const auto decoded = decode_ack(frame_of(bytes), Version::v5);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->packet_id, PacketId{1});
    EXPECT_EQ(decoded->reason, Reason::success);
  }
  EXPECT_EQ(error_of(decode_ack(frame_of(raw({0x40, 3, 0, 1, 0})), Version::v311)),
            Errc::malformed_packet);
}

// [MQTT5-3.4.2-1], [MQTT5-3.5.2-1], [MQTT5-3.6.2-1], [MQTT5-3.7.2-1]: the tables of the
// specification
TEST(Ack, Of5HasAReasonOfItsTable) {
  const std::set<int> received{0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99};
  const std::set<int> released{0x00, 0x92};
  for (int reason = 0; reason < 256; ++reason) {
    for (const int first : {0x40, 0x50, 0x62, 0x70}) {
      const bool good = (first < 0x60 ? received : released).contains(reason);
      const Bytes bytes = raw({first, 3, 0, 1, reason});
      EXPECT_EQ(error_of(decode_ack(frame_of(bytes), Version::v5)),
                good ? Error{} : Error{Errc::protocol_error})
          << first << ' ' << reason;
    }
  }
}

TEST(Disconnect, IsEmptyWhenAllIsWell) {
  for (const Version version : kVersions) {
    EXPECT_EQ(encoded(Disconnect{}, version), raw({0xE0, 0}));
    EXPECT_EQ(decode_disconnect(frame_of(raw({0xE0, 0})), version)->reason, Reason::success);
  }
  const Disconnect stopping{.reason = Reason::server_shutting_down};
  EXPECT_EQ(encoded(stopping, Version::v311), raw({0xE0, 0}));
  EXPECT_EQ(encoded(stopping, Version::v5), raw({0xE0, 1, 0x8B}));
}

// [MQTT5 3.14.2]
TEST(Disconnect, Of5MayLeaveOutItsProperties) {
  const Bytes bare = raw({0xE0, 1, 0x04});
  EXPECT_EQ(decode_disconnect(frame_of(bare), Version::v5)->reason, Reason::disconnect_with_will);
  EXPECT_EQ(error_of(decode_disconnect(frame_of(bare), Version::v311)), Errc::malformed_packet);
  const Bytes full = raw({0xE0, 7, 0, 5, 0x11, 0, 0, 0, 0});
  EXPECT_EQ(decode_disconnect(frame_of(full), Version::v5)->session_expiry, 0U);
}

// [MQTT5-3.14.2-1]
TEST(Disconnect, Of5HasAReasonOfItsTable) {
  const std::set<int> good{0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C,
                           0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
                           0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2};
  for (int reason = 0; reason < 256; ++reason) {
    EXPECT_EQ(decode_disconnect(frame_of(raw({0xE0, 1, reason})), Version::v5).has_value(),
              good.contains(reason))
        << reason;
  }
}

// F8, [MQTT5 3.15.2.2.2]
TEST(Auth, F8NamesItsMethod) {
  const Bytes good = packet(0xF0, {raw({0x18}), properties({raw({0x15}), text("SCRAM")})});
  const auto decoded = decode_auth(frame_of(good));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->method, "SCRAM");
  for (const Bytes& bad : {raw({0xF0, 0}), raw({0xF0, 2, 0x18, 0}),
                           packet(0xF0, {raw({0x18}), properties({raw({0x16}), text("data")})})}) {
    EXPECT_EQ(error_of(decode_auth(frame_of(bad))), Errc::protocol_error);
  }
}

// [MQTT5-3.15.2-1]
TEST(Auth, HasOneOfThreeReasons) {
  for (int reason = 0; reason < 256; ++reason) {
    const Bytes bytes = packet(0xF0, {raw({reason}), properties({raw({0x15}), text("m")})});
    const bool good = reason == 0 || reason == 0x18 || reason == 0x19;
    EXPECT_EQ(decode_auth(frame_of(bytes)).has_value(), good) << reason;
  }
}

TEST(Ping, IsTwoBytes) {
  Bytes out;
  encode_pingreq(out);
  encode_pingresp(out);
  EXPECT_EQ(out, raw({0xC0, 0, 0xD0, 0}));
}

}  // namespace
}  // namespace owb::mqtt::testing
