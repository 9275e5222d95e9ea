#include <ctime>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/error.hpp"
#include "tests/broker/mqtt/support/any_packet.hpp"
#include "tests/broker/mqtt/support/raw.hpp"

namespace owb::mqtt::testing {
namespace {

/// A 5.0 packet around a property block: the block is all that is in question.
struct Place {
  const char* name;
  int first_byte;
  Bytes before;
  Bytes after;
  std::string ids;  ///< identifiers that may stand here [MQTT5 table 2-4]
};

std::vector<Place> places() {
  const Bytes protocol = join({text("MQTT"), raw({5})});
  return {
      {"CONNECT", 0x10, join({protocol, raw({0x02, 0, 0})}), text("id"),
       "\x11\x15\x16\x17\x19\x21\x22\x26\x27"},
      {"will", 0x10, join({protocol, raw({0x06, 0, 0, 0}), text("id")}),
       join({text("t"), text("")}), "\x01\x02\x03\x08\x09\x18\x26"},
      {"CONNACK",
       0x20,
       raw({0, 0}),
       {},
       "\x11\x12\x13\x15\x16\x1A\x1C\x1F\x21\x22\x24\x25\x26\x27\x28\x29\x2A"},
      {"PUBLISH", 0x30, text("t"), {}, "\x01\x02\x03\x08\x09\x0B\x23\x26"},
      {"PUBACK", 0x40, raw({0, 1, 0}), {}, "\x1F\x26"},
      {"PUBREC", 0x50, raw({0, 1, 0}), {}, "\x1F\x26"},
      {"PUBREL", 0x62, raw({0, 1, 0}), {}, "\x1F\x26"},
      {"PUBCOMP", 0x70, raw({0, 1, 0}), {}, "\x1F\x26"},
      {"SUBSCRIBE", 0x82, raw({0, 1}), join({text("t"), raw({0})}), "\x0B\x26"},
      {"SUBACK", 0x90, raw({0, 1}), raw({0}), "\x1F\x26"},
      {"UNSUBSCRIBE", 0xA2, raw({0, 1}), text("t"), "\x26"},
      {"UNSUBACK", 0xB0, raw({0, 1}), raw({0}), "\x1F\x26"},
      {"DISCONNECT", 0xE0, raw({0}), {}, "\x11\x1C\x1F\x26"},
      {"AUTH", 0xF0, raw({0}), {}, "\x15\x16\x1F\x26"},
  };
}

/// A good value for each identifier; empty for those that do not exist.
Bytes property(int id) {
  switch (id) {
    case 0x01:
    case 0x17:
    case 0x19:
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2A:
    case 0x0B:
      return raw({id, 1});
    case 0x13:
    case 0x21:
    case 0x22:
    case 0x23:
      return raw({id, 0, 1});
    case 0x02:
    case 0x11:
    case 0x18:
    case 0x27:
      return raw({id, 0, 0, 0, 1});
    case 0x03:
    case 0x08:
    case 0x09:
    case 0x12:
    case 0x15:
    case 0x16:
    case 0x1A:
    case 0x1C:
    case 0x1F:
      return join({raw({id}), text("x")});
    case 0x26:
      return user_property("k", "v");
    default:
      return {};
  }
}

Error error_with(const Place& place, const Bytes& block) {
  const Bytes bytes = packet(place.first_byte, {place.before, block, place.after});
  return error_of(describe(frame_of(bytes), Version::v5));
}

/// What else must stand in the block for it to be good.
Bytes companion(const Place& place, int id) {
  const bool is_auth = place.first_byte == 0xF0;
  const bool needs_method = id == 0x16 && place.first_byte == 0x10;
  return (is_auth && id != 0x15) || needs_method ? property(0x15) : Bytes{};
}

// F5, [MQTT5 table 2-4]: every identifier in every place
TEST(Properties, F5StandOnlyWhereTheyMay) {
  for (const Place& place : places()) {
    for (int id = 0; id < 128; ++id) {
      SCOPED_TRACE(std::string{place.name} + ", property " + std::to_string(id));
      const Bytes value = property(id);
      const Bytes block =
          properties({companion(place, id), value.empty() ? raw({id, 0, 0, 0, 0, 0, 0}) : value});
      const bool good = place.ids.find(static_cast<char>(id)) != std::string::npos;
      const auto wrong = value.empty() ? Errc::malformed_packet : Errc::property_not_allowed;
      EXPECT_EQ(error_with(place, block), good ? Error{} : Error{wrong});
    }
  }
}

// F5, [MQTT5 2.2.2.2]
TEST(Properties, F5StandOnceButForUserPropertiesAndTheIdsOfAPublish) {
  for (const Place& place : places()) {
    for (const char c : place.ids) {
      const int id = c;
      SCOPED_TRACE(std::string{place.name} + ", property " + std::to_string(id));
      const Bytes block = properties({companion(place, id), property(id), property(id)});
      const bool good = id == 0x26 || (id == 0x0B && place.first_byte == 0x30);
      EXPECT_EQ(error_with(place, block), good ? Error{} : Error{Errc::property_repeated});
    }
  }
}

// F5
TEST(Properties, F5EndWithinTheirBlock) {
  for (const Place& place : places()) {
    for (const char c : place.ids) {
      const Bytes value = property(c);
      for (std::size_t size = 1; size < value.size(); ++size) {
        SCOPED_TRACE(std::string{place.name} + ", property " + std::to_string(c) + " cut to " +
                     std::to_string(size));
        const Bytes cut{value.begin(), value.begin() + static_cast<std::ptrdiff_t>(size)};
        // What follows the block would complete the property.
        const Bytes rest{value.begin() + static_cast<std::ptrdiff_t>(size), value.end()};
        EXPECT_TRUE(error_with(place, join({properties({cut}), rest})).failed());
      }
    }
  }
}

// F5
TEST(Properties, F5BlockIsNotLongerThanItsPacket) {
  for (const Place& place : places()) {
    SCOPED_TRACE(place.name);
    const Bytes far = join({raw({0x7F}), user_property("k", "v")});
    EXPECT_EQ(error_with(place, far), Errc::malformed_packet);
    EXPECT_EQ(error_with(place, raw({0xFF, 0xFF, 0xFF, 0x7F})), Errc::malformed_packet);
  }
}

// [MQTT5-2.2.2-1]: a block may be empty, but its length is there; acknowledgements and DISCONNECT
// may end before it.
TEST(Properties, F5HaveALength) {
  for (const Place& place : places()) {
    SCOPED_TRACE(place.name);
    const bool may_be_missing = (place.first_byte & 0xF0) >= 0x40 && place.after.empty();
    EXPECT_EQ(error_with(place, raw({0})).failed(), place.first_byte == 0xF0);  // AUTH has a method
    EXPECT_EQ(error_with({place.name, place.first_byte, place.before, {}, {}}, {}).failed(),
              !may_be_missing || place.first_byte == 0xF0);
  }
}

// F2, [MQTT5-1.5.5-1]
TEST(Properties, F2LengthIsAShortestVarint) {
  for (const Place& place : places()) {
    SCOPED_TRACE(place.name);
    for (const Bytes& length : {raw({0x80, 0x00}), raw({0x80, 0x80, 0x80, 0x80, 0x00})}) {
      EXPECT_EQ(error_with(place, length), Errc::malformed_packet);
    }
  }
}

// An identifier is a variable byte integer, too: 0xA6 0x00 is no way to say 0x26.
TEST(Properties, F2IdentifierIsAShortestVarint) {
  for (const Place& place : places()) {
    SCOPED_TRACE(place.name);
    const Bytes overlong = properties({raw({0xA6, 0x00}), text("k"), text("v")});
    EXPECT_EQ(error_with(place, overlong), Errc::malformed_packet);
  }
}

// F4, [MQTT5-1.5.4-1], [MQTT5-1.5.7-1]
TEST(Properties, F4TextIsUtf8) {
  for (const Place& place : places()) {
    SCOPED_TRACE(place.name);
    EXPECT_EQ(error_with(place, properties({user_property("\xFF", "v")})), Errc::malformed_packet);
    EXPECT_EQ(error_with(place, properties({user_property("k", "\xFF")})), Errc::malformed_packet);
  }
}

// F6
TEST(Properties, F6UserPropertiesAreCountedAndCapped) {
  const Bytes one = user_property("", "");
  for (const Place& place : places()) {
    SCOPED_TRACE(place.name);
    const Bytes method = companion(place, 0x26);
    EXPECT_FALSE(error_with(place, properties({method, repeat(kMaxUserProperties, one)})).failed());
    EXPECT_EQ(error_with(place, properties({method, repeat(kMaxUserProperties + 1, one)})),
              Errc::too_many_properties);
  }
}

// F6: what the codec does for each property does not depend on how many there are
TEST(Properties, F6ThirtyThousandAreRefusedAtOnce) {
  const Bytes bytes =
      packet(0x30, {text("t"), properties({repeat(30'000, user_property("key", "value"))})});
  const auto used = std::clock();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(error_of(decode_publish(frame_of(bytes), Version::v5)), Errc::too_many_properties);
  }
  EXPECT_LT(std::clock() - used, 5 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace owb::mqtt::testing
