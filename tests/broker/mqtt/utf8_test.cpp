#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "broker/mqtt/topic.hpp"

namespace owb::mqtt {
namespace {

using namespace std::string_literals;

/// The scalar value as UTF-8, without a look at whether it may be written so.
std::string encoded(unsigned code) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  const auto follower = [&](unsigned shift) { return byte(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    return {byte(code)};
  }
  if (code < 0x800) {
    return {byte(0xC0 | code >> 6), follower(0)};
  }
  if (code < 0x10000) {
    return {byte(0xE0 | code >> 12), follower(6), follower(0)};
  }
  return {byte(0xF0 | code >> 18), follower(12), follower(6), follower(0)};
}

// [MQTT-1.5.3-1], [MQTT-1.5.3-2], [MQTT5-1.5.4-1], [MQTT5-1.5.4-2]
TEST(Utf8, TakesEachScalarValueButNulAndSurrogates) {
  for (unsigned code = 0; code <= 0x11FFFF; ++code) {
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const bool expected = code != 0 && !surrogate && code <= 0x10FFFF;
    ASSERT_EQ(is_utf8(encoded(code)), expected) << std::hex << code;
  }
}

TEST(Utf8, TakesText) {
  for (const auto& text :
       {""s, "a"s, "openWB/evu/W"s, "Wärmepumpe/Küche/Zähler"s, "€"s, "🚗 lädt"s}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(is_utf8(text));
  }
}

// F4, [MQTT-1.5.3-3], [MQTT5-1.5.4-3]
TEST(Utf8, F4KeepsTheByteOrderMark) {
  EXPECT_TRUE(is_utf8("\xEF\xBB\xBFopenWB"));
}

// F4, [MQTT-1.5.3-1], [MQTT-1.5.3-2], [MQTT5-1.5.4-1], [MQTT5-1.5.4-2]
TEST(Utf8, F4RefusesWhatIsNotWellFormed) {
  for (const auto& text : {
           "\0"s,
           "a\0b"s,
           "\x80"s,  // a follower alone
           "\xBF"s,
           "\xC0\x80"s,  // overlong NUL
           "\xC1\xBF"s,  // overlong
           "\xE0\x80\x80"s,
           "\xE0\x9F\xBF"s,
           "\xF0\x80\x80\x80"s,
           "\xF0\x8F\xBF\xBF"s,
           "\xED\xA0\x80"s,      // U+D800
           "\xED\xBF\xBF"s,      // U+DFFF
           "\xF4\x90\x80\x80"s,  // U+110000
           "\xF5\x80\x80\x80"s,
           "\xFE"s,
           "\xFF"s,
           "\xC3"s,  // unfinished
           "\xE2\x82"s,
           "\xF0\x9F\x9A"s,
           "\xC3("s,  // no follower
           "\xE2(\xAC"s,
           "\xE2\x82("s,
           "\xF0(\x9A\x97"s,
           "\xF0\x9F(\x97"s,
           "\xF0\x9F\x9A("s,
       }) {
    EXPECT_FALSE(is_utf8(text)) << ::testing::PrintToString(text);
  }
}

// The fast path takes eight bytes at a time: the bad byte may stand anywhere in them
// [MQTT-1.5.3-1], [MQTT-1.5.3-2], [MQTT5-1.5.4-1], [MQTT5-1.5.4-2].
TEST(Utf8, SeesABadByteAtAnyPlace) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char bad : {'\0', '\x80', '\xFF', '\xC3'}) {
        std::string text(size, 'x');
        text[at] = bad;
        ASSERT_FALSE(is_utf8(text)) << size << " bytes, " << at;
      }
      std::string text(size, '\x7F');
      text[at] = '\x01';
      ASSERT_TRUE(is_utf8(text)) << size << " bytes, " << at;
    }
  }
}

TEST(Utf8, DoesNotReadPastTheEnd) {
  const std::string text = "€";
  EXPECT_FALSE(is_utf8(std::string_view{text}.substr(0, 1)));
  EXPECT_FALSE(is_utf8(std::string_view{text}.substr(0, 2)));
}

// [MQTT 1.5.3.1]: what may be refused
TEST(Utf8, KnowsControlCharactersAndNoncharacters) {
  for (const std::string_view text : {"a\x01", "\x1F", "\x7F", "\xC2\x80", "\xC2\x9F", "\xEF\xBF\xBE",
                                      "\xEF\xBF\xBF", "\xEF\xB7\x90", "\xF0\x9F\xBF\xBE"}) {
    EXPECT_TRUE(has_noncharacters(text));
  }
  for (const std::string_view text :
       {"", "a/b c~", "\xC2\xA0", "\xC3\xBC", "\xE2\x82\xAC", "\xEF\xBB\xBF", "A\xF0\xAA\x9B\x94"}) {
    EXPECT_FALSE(has_noncharacters(text));
  }
}

}  // namespace
}  // namespace owb::mqtt
