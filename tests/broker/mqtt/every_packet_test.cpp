#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/error.hpp"
#include "tests/broker/mqtt/support/any_packet.hpp"
#include "tests/broker/mqtt/support/raw.hpp"
#include "tests/broker/mqtt/support/samples.hpp"

namespace owb::mqtt::testing {
namespace {

/// Bytes in a block of just their size, so that AddressSanitizer sees a read past the end.
class ExactCopy {
 public:
  explicit ExactCopy(ByteView bytes)
      : size_(bytes.size()), bytes_(std::make_unique<std::byte[]>(bytes.size())) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
  }

  ByteView view() const { return {bytes_.get(), size_}; }

  std::byte& at(std::size_t index) { return bytes_[index]; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

Frame with_body(Frame frame, ByteView body) {
  frame.body = body;
  return frame;
}

class EveryPacket : public ::testing::TestWithParam<Version> {};

TEST_P(EveryPacket, IsTheSameAfterDecodingAndEncoding) {
  for (const Sample& sample : samples(GetParam())) {
    SCOPED_TRACE(sample.name);
    const auto first = describe(frame_of(sample.bytes), GetParam());
    ASSERT_TRUE(first) << first.error().message();
    const auto again = recode(frame_of(sample.bytes), GetParam());
    ASSERT_TRUE(again);
    const auto second = describe(frame_of(*again), GetParam());
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(*first, *second);
  }
}

TEST_P(EveryPacket, IsAppendedByItsEncoder) {
  for (const Sample& sample : samples(GetParam())) {
    SCOPED_TRACE(sample.name);
    const auto encoded = recode(frame_of(sample.bytes), GetParam());
    ASSERT_TRUE(encoded);
    EXPECT_EQ(frame_of(*encoded).type, frame_of(sample.bytes).type);
    EXPECT_EQ(frame_of(*encoded).flags, frame_of(sample.bytes).flags);
  }
}

// F3
TEST_P(EveryPacket, F3IsMalformedWhenCutAtAnyByte) {
  for (const Sample& sample : samples(GetParam())) {
    const Frame frame = frame_of(sample.bytes);
    for (std::size_t size = 0; size < frame.body.size(); ++size) {
      SCOPED_TRACE(sample.name + " cut to a body of " + std::to_string(size) + " bytes");
      const ExactCopy cut{frame.body.first(size)};
      const auto decoded = describe(with_body(frame, cut.view()), GetParam());
      if (sample.good_cuts.contains(size)) {
        EXPECT_TRUE(decoded) << decoded.error().message();
      } else {
        EXPECT_TRUE(decoded.has_error());
      }
    }
  }
}

// F3
TEST_P(EveryPacket, F3IsUnfinishedUntilItsLastByte) {
  for (const Sample& sample : samples(GetParam())) {
    for (std::size_t size = 0; size < sample.bytes.size(); ++size) {
      SCOPED_TRACE(sample.name + ", " + std::to_string(size) + " bytes");
      const ExactCopy start{ByteView{sample.bytes}.first(size)};
      const auto scan = scan_frame(start.view());
      ASSERT_TRUE(scan);
      EXPECT_FALSE(scan->complete);
      EXPECT_TRUE(scan->needed == 0 || scan->needed == sample.bytes.size());
    }
  }
}

TEST_P(EveryPacket, IsMalformedWithAByteTooMany) {
  for (const Sample& sample : samples(GetParam())) {
    const Frame frame = frame_of(sample.bytes);
    if (frame.type == PacketType::publish) {
      continue;  // there it is payload
    }
    if (frame.type == PacketType::pingreq || frame.type == PacketType::pingresp) {
      continue;  // scan_frame() refuses them
    }
    SCOPED_TRACE(sample.name);
    Bytes longer{frame.body.begin(), frame.body.end()};
    longer.push_back(std::byte{0x7F});  // neither a code of a SUBACK nor the length of a filter
    EXPECT_TRUE(describe(with_body(frame, longer), GetParam()).has_error());
  }
}

// Whatever one byte is changed to: refused, or understood and then the same after encoding.
TEST_P(EveryPacket, SurvivesEveryChangeOfOneByte) {
  for (const Sample& sample : samples(GetParam())) {
    const Frame frame = frame_of(sample.bytes);
    for (std::size_t at = 0; at < frame.body.size(); ++at) {
      for (const int change : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF, 0x7F}) {
        ExactCopy body{frame.body};
        body.at(at) ^= static_cast<std::byte>(change);
        const Frame changed = with_body(frame, body.view());
        const auto decoded = describe(changed, GetParam());
        if (!decoded) {
          continue;
        }
        const auto encoded = recode(changed, GetParam());
        ASSERT_EQ(*decoded, *describe(frame_of(*encoded), GetParam()))
            << sample.name << ", byte " << at << " changed by " << change;
      }
    }
  }
}

// F9: [MQTT-2.3.1-1], [MQTT5-2.2.1-2], [MQTT5-2.2.1-3]
TEST_P(EveryPacket, F9HasAPacketIdOtherThanZero) {
  for (const Sample& sample : samples(GetParam())) {
    const Frame frame = frame_of(sample.bytes);
    Bytes body{frame.body.begin(), frame.body.end()};
    switch (frame.type) {
      case PacketType::puback:
      case PacketType::pubrec:
      case PacketType::pubrel:
      case PacketType::pubcomp:
      case PacketType::subscribe:
      case PacketType::suback:
      case PacketType::unsubscribe:
      case PacketType::unsuback:
        break;
      default:
        continue;
    }
    SCOPED_TRACE(sample.name);
    body[0] = body[1] = std::byte{0};
    EXPECT_EQ(error_of(describe(with_body(frame, body), GetParam())), Errc::protocol_error);
  }
}

std::string suffix_of(const ::testing::TestParamInfo<Version>& version) {
  return "v" + std::to_string(static_cast<int>(version.param));
}

INSTANTIATE_TEST_SUITE_P(Mqtt, EveryPacket, ::testing::ValuesIn(kVersions), suffix_of);

}  // namespace
}  // namespace owb::mqtt::testing
