#include "tenants/base/text.hpp"

#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace owb::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Trim, TakesBlanksFromBothEnds) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split(",", ','), ElementsAre("", ""));
}

TEST(SplitBlanks, SkipsRunsOfThem) {
  EXPECT_THAT(split_blanks("  a \t b"), ElementsAre("a", "b"));
  EXPECT_THAT(split_blanks("a "), ElementsAre("a"));
  EXPECT_THAT(split_blanks(" "), IsEmpty());
}

TEST(ParseNumber, TakesWholeDecimalNumbers) {
  EXPECT_EQ(*parse_number<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(*parse_number<int>("-3"), -3);
  EXPECT_EQ(*parse_number<int>("7", 1, 7), 7);
}

TEST(ParseNumber, RefusesWhatIsNone) {
  for (const auto* text : {"", " 1", "1 ", "+1", "1x", "0x10", "1.0", "-1"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(error_of(parse_number<std::uint32_t>(text)), Errc::not_a_number);
  }
}

TEST(ParseNumber, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_of(parse_number<std::uint16_t>("65536")), Errc::out_of_range);
  EXPECT_EQ(error_of(parse_number<int>("8", 1, 7)), Errc::out_of_range);
  EXPECT_EQ(error_of(parse_number<int>("0", 1, 7)), Errc::out_of_range);
}

TEST(EqualIgnoringCase, KnowsAsciiOnly) {
  EXPECT_TRUE(equal_ignoring_case("True", "tRUE"));
  EXPECT_FALSE(equal_ignoring_case("true", "true "));
  EXPECT_TRUE(starts_with_ignoring_case("Bearer x", "bearer"));
  EXPECT_FALSE(starts_with_ignoring_case("Bea", "bearer"));
}

}  // namespace
}  // namespace owb::text
