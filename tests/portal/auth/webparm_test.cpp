#include "portal/auth/webparm.hpp"

#include <string>

#include <gtest/gtest.h>

#include "portal/auth/errc.hpp"

namespace owb::portal::auth {
namespace {

using namespace std::string_literals;

TEST(Webparm, F46IdIsDigitsAndNothingElse) {
  EXPECT_EQ(parse_webparm_id("2561"), 2561U);
  EXPECT_EQ(parse_webparm_id("0"), 0U);
  EXPECT_EQ(parse_webparm_id("0000000000000000007"), 7U);
  EXPECT_EQ(parse_webparm_id("9999999999999999999"), 9'999'999'999'999'999'999U);
  for (const auto& payload :
       {""s, " 1"s, "1 "s, "1\n"s, "+1"s, "-1"s, "1.5"s, "1e3"s, "0x10"s, "\"1\""s, "1;"s,
        "<script>1</script>"s, "1\0"s, "\0"s, "\xFF\xFE"s, "true"s, "10000000000000000000"s,
        "99999999999999999999999999"s, std::string(1'000'000, '9')}) {
    SCOPED_TRACE(payload.substr(0, 40));
    EXPECT_EQ(parse_webparm_id(payload), std::nullopt);
  }
}

TEST(Webparm, F45F46ThemeIsOneOfTheKnownNames) {
  EXPECT_EQ(theme_or_standard("standard"), "standard");
  EXPECT_EQ(theme_or_standard("light"), "light");
  EXPECT_EQ(theme_or_standard("dark"), "dark");
  EXPECT_EQ(theme_or_standard("EvenDarker"), "dark");
  for (const auto& payload :
       {""s, "Gauges"s, "DARK"s, "dark\0"s, "../../etc/passwd"s, "\"><script>"s,
        "dark\r\nSet-Cookie: x=1"s, std::string(1'000'000, 'd')}) {
    SCOPED_TRACE(payload.substr(0, 40));
    EXPECT_EQ(theme_or_standard(payload), "standard");
  }
}

Result<Webparm> verdict_of(std::initializer_list<std::pair<const char*, const char*>> messages) {
  WebparmTopics topics{"alice", "webparm"};
  for (const auto& [topic, payload] : messages) {
    topics.take(topic, payload);
  }
  return topics.verdict();
}

TEST(Webparm, IdAboveZeroIsUnlocked) {
  const auto verdict = verdict_of({{"alice/webparm/id", "2561"}, {"alice/webparm/thema", "dark"}});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->id, 2561U);
  EXPECT_EQ(verdict->theme, "dark");
}

TEST(Webparm, ThemeIsStandardWhenItIsNotThere) {
  const auto verdict = verdict_of({{"alice/webparm/id", "1"}});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->theme, "standard");
}

TEST(Webparm, PredecessorsSpellingIsReadToo) {
  const auto verdict = verdict_of({{"alice/webpara/id", "7"}, {"alice/webpara/thema", "dark"}});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->id, 7U);
  EXPECT_EQ(verdict->theme, "dark");
}

TEST(Webparm, WebparmWinsOverWebpara) {
  const auto verdict = verdict_of({{"alice/webpara/id", "7"},
                                   {"alice/webparm/id", "8"},
                                   {"alice/webparm/thema", "light"},
                                   {"alice/webpara/thema", "dark"}});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->id, 8U);
  EXPECT_EQ(verdict->theme, "light");
}

TEST(Webparm, F46NotUnlockedWithoutAGoodId) {
  using Message = std::pair<const char*, const char*>;
  const std::initializer_list<Message> cases[] = {
      {},
      {{"alice/webparm/id", "0"}},
      {{"alice/webparm/id", ""}},
      {{"alice/webparm/id", "yes"}},
      {{"alice/webparm/thema", "dark"}},
      {{"bob/webparm/id", "1"}},
      {{"alice/webparm/id/1", "1"}},
      {{"alice/webparm/ID", "1"}},
      {{"alice/webparmX/id", "1"}},
      {{"alicewebparm/id", "1"}},
      {{"alice/webparm/id", "0"}, {"alice/webpara/id", "5"}},   // webparm wins
      {{"alice/webparm/id", "no"}, {"alice/webpara/id", "5"}},  // also when it is nonsense
  };
  for (const auto& messages : cases) {
    EXPECT_EQ(error_of(verdict_of(messages)), Errc::not_unlocked);
  }
}

TEST(Webparm, RootIsConfigurable) {
  WebparmTopics topics{"alice", "login"};
  topics.take("alice/login/id", "3");
  ASSERT_TRUE(topics.verdict());
  EXPECT_EQ(topics.verdict()->id, 3U);
}

}  // namespace
}  // namespace owb::portal::auth
