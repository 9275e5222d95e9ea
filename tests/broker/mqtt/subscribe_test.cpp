#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/error.hpp"
#include "tests/broker/mqtt/support/raw.hpp"
#include "tests/broker/mqtt/support/samples.hpp"

namespace owb::mqtt::testing {
namespace {

Bytes block(Version version) {
  return version == Version::v5 ? properties({}) : Bytes{};
}

Result<Subscribe> decode(const Bytes& bytes, Version version) {
  return decode_subscribe(frame_of(bytes), version);
}

Bytes subscribe(Version version, std::string_view filter, int options) {
  return packet(0x82, {raw({0, 1}), block(version), text(filter), raw({options})});
}

TEST(Subscribe, KeepsItsEntriesInOrder) {
  const std::array<SubscribeEntry, 3> entries{
      SubscribeEntry{.filter = "alice/#", .options = {.maximum_qos = Qos::exactly_once}},
      SubscribeEntry{.filter = "other/#", .options = {}},
      SubscribeEntry{.filter = "alice/+/x", .options = {.maximum_qos = Qos::at_least_once}}};
  for (const Version version : kVersions) {
    Bytes out;
    encode_subscribe(PacketId{7}, 0, entries, version, out);
    const auto decoded = decode(out, version);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->packet_id, PacketId{7});
    EXPECT_EQ(decoded->count, 3U);
    SubscribeReader reader{*decoded, version};
    SubscribeEntry entry;
    for (const SubscribeEntry& expected : entries) {
      ASSERT_TRUE(reader.next(entry));
      EXPECT_EQ(entry.filter, expected.filter);
      EXPECT_EQ(entry.options.maximum_qos, expected.options.maximum_qos);
    }
    EXPECT_FALSE(reader.next(entry));
    EXPECT_FALSE(reader.next(entry));
  }
}

TEST(Subscribe, OptionsOf5AreRead) {
  const Bytes bytes = subscribe(Version::v5, "a", 0x2D);
  const auto decoded = decode(bytes, Version::v5);
  ASSERT_TRUE(decoded);
  SubscribeReader reader{*decoded, Version::v5};
  SubscribeEntry entry;
  ASSERT_TRUE(reader.next(entry));
  EXPECT_EQ(entry.options.maximum_qos, Qos::at_least_once);
  EXPECT_TRUE(entry.options.no_local);
  EXPECT_TRUE(entry.options.retain_as_published);
  EXPECT_EQ(entry.options.retain_handling, 2);
}

// F9, [MQTT-3.8.3-4], [MQTT5-3.8.3-5], [MQTT5 3.8.3.1]: every value of the options byte
TEST(Subscribe, F9RefusesReservedBitsQos3AndRetainHandling3) {
  for (int options = 0; options < 256; ++options) {
    SCOPED_TRACE(options);
    const bool qos_3 = (options & 3) == 3;
    for (const Version version : {Version::v31, Version::v311}) {
      const bool good = options <= 2;
      EXPECT_EQ(error_of(decode(subscribe(version, "a", options), version)),
                good ? Error{} : Error{Errc::malformed_packet});
    }
    const bool reserved = (options & 0xC0) != 0;
    Error expected;
    if (reserved) {
      expected = Errc::malformed_packet;
    } else if (qos_3 || (options & 0x30) == 0x30) {
      expected = Errc::protocol_error;
    }
    EXPECT_EQ(error_of(decode(subscribe(Version::v5, "a", options), Version::v5)), expected);
  }
}

// F9, [MQTT-3.8.3-3], [MQTT5-3.8.3-2], [MQTT-3.10.3-2], [MQTT5-3.10.3-2]
TEST(Subscribe, F9HasAnEntry) {
  for (const Version version : kVersions) {
    const Bytes nothing = packet(0x82, {raw({0, 1}), block(version)});
    EXPECT_EQ(error_of(decode(nothing, version)), Errc::protocol_error);
    EXPECT_EQ(error_of(decode_unsubscribe(frame_of(nothing), version)), Errc::protocol_error);
  }
}

// F4, [MQTT-3.8.3-1], [MQTT-3.10.3-1], [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT5-3.8.3-1],
// [MQTT5-3.10.3-1], [MQTT5-4.7.3-1], [MQTT5-4.7.3-2]
TEST(Subscribe, F4FiltersAreTextAndNotEmpty) {
  struct Row {
    std::string_view filter;
    Errc error;
  };

  constexpr Row kRows[] = {{"", Errc::protocol_error},
                           {{"a\0", 2}, Errc::malformed_packet},
                           {"\xFF", Errc::malformed_packet}};
  for (const Row& row : kRows) {
    for (const Version version : kVersions) {
      EXPECT_EQ(error_of(decode(subscribe(version, row.filter, 0), version)), row.error);
      const Bytes other = packet(0xA2, {raw({0, 1}), block(version), text(row.filter)});
      EXPECT_EQ(error_of(decode_unsubscribe(frame_of(other), version)), row.error);
    }
  }
}

// A wrong filter is answered in SUBACK, filter by filter; it does not end the packet (F16, F19).
TEST(Subscribe, F16LeavesTheRulesOfFiltersToTheServer) {
  for (const auto* filter : {"a#", "#/a", "$share//t", "$share/g", "$share/g+/t"}) {
    EXPECT_TRUE(decode(subscribe(Version::v5, filter, 0), Version::v5)) << filter;
  }
}

// F3: the second entry cut at each byte
TEST(Subscribe, F3CutInItsSecondEntryIsMalformed) {
  for (const Version version : kVersions) {
    const Bytes bytes = subscribe(version, "alice/#", 0);
    const Bytes second = join({text("bob/#"), raw({0})});
    for (std::size_t size = 1; size < second.size(); ++size) {
      const Frame frame = frame_of(bytes);
      Bytes body{frame.body.begin(), frame.body.end()};
      body.insert(body.end(), second.begin(), second.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_TRUE(
          decode_subscribe({.type = frame.type, .flags = 2, .body = body}, version).has_error());
    }
  }
}

// F15, [MQTT5 3.8.2.1.2]
TEST(Subscribe, F15HasOneSubscriptionIdOtherThanZero) {
  const auto with = [](const Bytes& block) {
    return packet(0x82, {raw({0, 1}), block, text("a"), raw({0})});
  };
  const Bytes largest = with(properties({raw({0x0B, 0xFF, 0xFF, 0xFF, 0x7F})}));
  EXPECT_EQ(decode(largest, Version::v5)->subscription_id, kMaxVarint);
  EXPECT_EQ(error_of(decode(with(properties({raw({0x0B, 0})})), Version::v5)),
            Errc::protocol_error);
  EXPECT_EQ(error_of(decode(with(properties({raw({0x0B, 1}), raw({0x0B, 2})})), Version::v5)),
            Errc::property_repeated);
}

TEST(Unsubscribe, KeepsItsFiltersInOrder) {
  const std::vector<std::string_view> filters{"alice/#", "other/#", "+"};
  for (const Version version : kVersions) {
    Bytes out;
    encode_unsubscribe(PacketId{7}, filters, version, out);
    const auto decoded = decode_unsubscribe(frame_of(out), version);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->count, 3U);
    UnsubscribeReader reader{*decoded};
    std::vector<std::string_view> seen;
    std::string_view filter;
    while (reader.next(filter)) {
      seen.push_back(filter);
    }
    EXPECT_EQ(seen, filters);
  }
}

// [MQTT-3.9.3-2], [MQTT5-3.9.3-2], [MQTT5-3.11.3-2]
TEST(Suback, HasCodesOfItsVersion) {
  const auto decoded = [](int first, Version version, int code) {
    const Bytes bytes = packet(first, {raw({0, 1}), block(version), raw({code})});
    return first == 0x90 ? error_of(decode_suback(frame_of(bytes), version))
                         : error_of(decode_unsuback(frame_of(bytes), version));
  };
  for (const int code : {0, 1, 2, 0x80}) {
    for (const Version version : kVersions) {
      EXPECT_FALSE(decoded(0x90, version, code).failed()) << code;
    }
  }
  for (const int code : {0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2}) {
    EXPECT_FALSE(decoded(0x90, Version::v5, code).failed()) << code;
    EXPECT_EQ(decoded(0x90, Version::v311, code), Errc::protocol_error) << code;
  }
  for (const int code : {3, 4, 0x10, 0x11, 0x81, 0x93, 0xFF}) {
    EXPECT_EQ(decoded(0x90, Version::v5, code), Errc::protocol_error) << code;
  }
  for (const int code : {0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91}) {
    EXPECT_FALSE(decoded(0xB0, Version::v5, code).failed()) << code;
  }
  for (const int code : {0x01, 0x02, 0x10, 0x97, 0xA1}) {
    EXPECT_EQ(decoded(0xB0, Version::v5, code), Errc::protocol_error) << code;
  }
}

// [MQTT 3.11]: an UNSUBACK of 3.1 and 3.1.1 is only a packet id
TEST(Suback, OfUnsubscribeHasNoCodesBefore5) {
  const Bytes codes = raw({0x11, 0x00});
  const Suback packet{.packet_id = PacketId{1}, .codes = codes};
  for (const Version version : {Version::v31, Version::v311}) {
    Bytes out;
    encode_unsuback(packet, version, out);
    EXPECT_EQ(out, raw({0xB0, 2, 0, 1}));
    EXPECT_TRUE(decode_unsuback(frame_of(out), version));
    const Bytes with_code = raw({0xB0, 3, 0, 1, 0});
    EXPECT_EQ(error_of(decode_unsuback(frame_of(with_code), version)), Errc::malformed_packet);
  }
  Bytes out;
  encode_unsuback(packet, Version::v5, out);
  EXPECT_EQ(out, raw({0xB0, 5, 0, 1, 0, 0x11, 0}));
}

TEST(Suback, HasACode) {
  for (const Version version : kVersions) {
    const Bytes nothing = packet(0x90, {raw({0, 1}), block(version)});
    EXPECT_EQ(error_of(decode_suback(frame_of(nothing), version)), Errc::protocol_error);
  }
}

}  // namespace
}  // namespace owb::mqtt::testing
