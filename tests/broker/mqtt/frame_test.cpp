#include "broker/mqtt/frame.hpp"

#include <gtest/gtest.h>

#include "broker/mqtt/error.hpp"
#include "tests/broker/mqtt/support/raw.hpp"

namespace owb::mqtt::testing {
namespace {

TEST(Frame, IsTakenApart) {
  const Bytes bytes = raw({0x3D, 3, 0, 1, 'a', 0xC0, 0});
  const auto scan = scan_frame(bytes);
  ASSERT_TRUE(scan);
  EXPECT_TRUE(scan->complete);
  EXPECT_EQ(scan->frame.type, PacketType::publish);
  EXPECT_EQ(scan->frame.flags, 0x0D);
  EXPECT_EQ(scan->frame.size, 5U);
  EXPECT_EQ(scan->frame.body.data(), bytes.data() + 2);
  EXPECT_EQ(scan->frame.body.size(), 3U);
}

TEST(Frame, OfNothingIsUnfinished) {
  const auto scan = scan_frame({});
  ASSERT_TRUE(scan);
  EXPECT_FALSE(scan->complete);
  EXPECT_EQ(scan->frame.type, PacketType::reserved);
  EXPECT_EQ(scan->needed, 0U);
}

TEST(Frame, SaysItsTypeWithTheFirstByteAndItsSizeWithTheLength) {
  const Bytes bytes = join({raw({0x32, 0x80, 0x80, 0x01}), Bytes(100)});
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    const auto scan = scan_frame(ByteView{bytes}.first(size));
    ASSERT_TRUE(scan);
    EXPECT_FALSE(scan->complete);
    EXPECT_EQ(scan->frame.type, PacketType::publish);
    EXPECT_EQ(scan->frame.flags, 2);
    EXPECT_EQ(scan->needed, size < 4 ? 0U : 16'384U + 4U);
  }
}

// [MQTT5 1.5.5], table 1-1
TEST(Frame, LengthTakesOneToFourBytes) {
  struct Row {
    Bytes length;
    std::size_t needed;
  };

  const Row rows[] = {
      {raw({0x7F}), 2U + 127U},
      {raw({0x80, 0x01}), 3U + 128U},
      {raw({0xFF, 0x7F}), 3U + 16'383U},
      {raw({0x80, 0x80, 0x01}), 4U + 16'384U},
      {raw({0xFF, 0xFF, 0x7F}), 4U + 2'097'151U},
      {raw({0x80, 0x80, 0x80, 0x01}), 5U + 2'097'152U},
      {raw({0xFF, 0xFF, 0xFF, 0x7F}), 5U + 268'435'455U},
  };
  for (const Row& row : rows) {
    const auto scan = scan_frame(join({raw({0x10}), row.length}));
    ASSERT_TRUE(scan);
    EXPECT_FALSE(scan->complete);
    EXPECT_EQ(scan->needed, row.needed);  // F1: known before a byte of the body is there
  }
}

// F2, [MQTT5-1.5.5-1]
TEST(Frame, F2RefusesALengthOfFiveBytesAndOverlongOnes) {
  for (const Bytes& length :
       {raw({0x80, 0x80, 0x80, 0x80}), raw({0xFF, 0xFF, 0xFF, 0xFF}),
        raw({0x80, 0x80, 0x80, 0x80, 0x01}), raw({0x80, 0x00}), raw({0xFF, 0x00}),
        raw({0x80, 0x80, 0x00}), raw({0x80, 0x80, 0x80, 0x00})}) {
    EXPECT_EQ(error_of(scan_frame(join({raw({0x10}), length}))), Errc::length_invalid);
  }
}

// F7, F9, [MQTT-2.2.2-1], [MQTT-2.2.2-2], [MQTT-3.3.1-4], [MQTT-3.6.1-1], [MQTT-3.8.1-1],
// [MQTT-3.10.1-1], [MQTT-3.14.1-1], [MQTT5-2.1.3-1], [MQTT5-3.3.1-4], [MQTT5-3.6.1-1],
// [MQTT5-3.8.1-1], [MQTT5-3.10.1-1], [MQTT5-3.14.1-1], [MQTT5-3.15.1-1]
TEST(Frame, F9HasTheFlagsOfItsType) {
  for (int first = 0; first < 256; ++first) {
    const int type = first >> 4;
    const int flags = first & 0x0F;
    bool allowed = flags == 0;
    if (type == 0) {
      allowed = false;
    } else if (type == 1) {
      allowed = true;  // decode_connect() judges them, by the version
    } else if (type == 3) {
      allowed = (flags & 6) != 6;
    } else if (type == 6 || type == 8 || type == 10) {
      allowed = flags == 2;
    }
    const auto scan = scan_frame(raw({first}));  // known with the first byte
    EXPECT_EQ(scan.has_value(), allowed) << first;
    if (!allowed) {
      EXPECT_EQ(error_of(scan), Errc::malformed_packet) << first;
    }
  }
}

// [MQTT31-2.1-1]: PUBREL, SUBSCRIBE and UNSUBSCRIBE of 3.1 that are sent again
TEST(Frame, Of31MayBeARepetition) {
  for (const int first : {0x6A, 0x8A, 0xAA}) {
    EXPECT_TRUE(scan_frame(raw({first}), Version::v31)) << first;
    EXPECT_FALSE(scan_frame(raw({first}), Version::v311)) << first;
    EXPECT_FALSE(scan_frame(raw({first}), Version::v5)) << first;
  }
  for (const int first : {0x60, 0x68, 0x6B, 0x83, 0xC8, 0xE8}) {
    EXPECT_FALSE(scan_frame(raw({first}), Version::v31)) << first;
  }
}

TEST(Frame, OfAPingHasNoBody) {
  for (const int first : {0xC0, 0xD0}) {
    EXPECT_TRUE(scan_frame(raw({first, 0}))->complete);
    EXPECT_EQ(error_of(scan_frame(raw({first, 1}))), Errc::length_invalid);
  }
}

}  // namespace
}  // namespace owb::mqtt::testing
