#include "broker/mqtt/topic.hpp"

#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/broker/mqtt/support/naive_topic.hpp"

namespace owb::mqtt {
namespace {

using namespace std::string_literals;

constexpr std::size_t kManyLevels = 100'000;

/// `count` times `part`.
std::string many(std::size_t count, std::string_view part) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    all += part;
  }
  return all;
}

TEST(TopicName, TakesAnyCharacterButWildcardsAndNul) {
  for (const auto& topic : {"a"s, "/"s, "//"s, "/finance"s, "a/"s, "sport/tennis/player1"s,
                            "Accounts payable"s, "$SYS/broker"s, "Küche/Zähler"s, "\x01"s}) {
    EXPECT_TRUE(is_topic_name(topic)) << topic;
  }
}

// F4, [MQTT-3.3.2-2], [MQTT-4.7.1-1], [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT5-3.3.2-2],
// [MQTT5-4.7.0-1], [MQTT5-4.7.3-1], [MQTT5-4.7.3-2]
TEST(TopicName, F4RefusesEmptyWildcardsAndNul) {
  for (const auto& topic : {""s, "+"s, "#"s, "a/+"s, "a/#"s, "a+"s, "#a"s, "a\0b"s, "\0"s}) {
    EXPECT_FALSE(is_topic_name(topic)) << ::testing::PrintToString(topic);
  }
}

// [MQTT-4.7.1-1], [MQTT-4.7.3-2], [MQTT5-4.7.0-1], [MQTT5-4.7.3-2]
TEST(TopicName, SeesAWildcardAtAnyPlace) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char bad : {'+', '#', '\0'}) {
        std::string topic(size, '\xA3');  // "#" with the high bit
        topic[at] = bad;
        ASSERT_FALSE(is_topic_name(topic)) << size << " bytes, " << at;
      }
    }
    EXPECT_TRUE(is_topic_name(std::string(size, '\xAB')));  // "+" with the high bit
    EXPECT_TRUE(is_topic_name(std::string(size, '$')));     // beside "#"
  }
}

// [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT5-4.7.1-1], [MQTT5-4.7.1-2]: the examples of the
// specification among them
TEST(TopicFilter, TakesWildcardsThatFillALevel) {
  for (const auto* filter : {"#", "+", "/", "/#", "/+", "+/+", "sport/tennis/player1/#", "sport/#",
                             "sport/tennis/#", "sport/tennis/+", "+/tennis/#", "sport/+/player1",
                             "sport/+", "a//b", "+/", "$SYS/#", "$SYS/monitor/+", "$share/g/a/+"}) {
    EXPECT_TRUE(is_topic_filter(filter)) << filter;
  }
}

// [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT5-4.7.1-1],
// [MQTT5-4.7.1-2], [MQTT5-4.7.3-1], [MQTT5-4.7.3-2]
TEST(TopicFilter, RefusesWildcardsElsewhere) {
  for (const auto& filter :
       {""s, "sport/tennis#"s, "sport/tennis/#/ranking"s, "sport+"s, "#/"s, "##"s, "#+"s, "+#"s,
        "++"s, "+a"s, "a+/b"s, "a/b#"s, "#/a"s, "/#/"s, "a/+b/c"s, "a\0b"s, "+/\0"s}) {
    EXPECT_FALSE(is_topic_filter(filter)) << ::testing::PrintToString(filter);
  }
}

struct Match {
  const char* filter;
  const char* topic;
  bool expected;
};

// The examples of sections 4.7.1 and 4.7.2 of the specification, and their borders.
constexpr Match kMatches[] = {
    {"sport/tennis/player1/#", "sport/tennis/player1", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
    {"sport/tennis/player1/#", "sport/tennis/player2", false},
    {"sport/tennis/player1/#", "sport/tennis/player10", false},
    {"sport/#", "sport", true},
    {"sport/#", "sport/", true},
    {"sport/#", "sports", false},
    {"#", "sport", true},
    {"#", "/", true},
    {"sport/tennis/+", "sport/tennis/player1", true},
    {"sport/tennis/+", "sport/tennis/player2", true},
    {"sport/tennis/+", "sport/tennis/player1/ranking", false},
    {"sport/+", "sport", false},
    {"sport/+", "sport/", true},
    {"+/+", "/finance", true},
    {"/+", "/finance", true},
    {"+", "/finance", false},
    {"+", "finance", true},
    {"+/tennis/#", "sport/tennis", true},
    {"+/tennis/#", "sport/tennis/a/b", true},
    {"+/tennis/#", "sport/golf", false},
    {"sport/+/player1", "sport/tennis/player1", true},
    {"sport/+/player1", "sport//player1", true},
    {"sport/+/player1", "sport/player1", false},
    {"+/#", "sport", true},
    {"+/+/#", "sport", false},
    {"+/+/#", "sport/", true},
    {"/", "/", true},
    {"/", "//", false},
    {"//", "/", false},
    {"a//b", "a//b", true},
    {"a//b", "a/b", false},
    {"ACCOUNTS", "Accounts", false},  // [MQTT-4.7.3-4], [MQTT5-4.7.3-4]: byte for byte
    {"a", "a/", false},               // [MQTT-4.7.3-4]: "/" counts
    {"a/", "a", false},
    {"a/b", "a", false},
    {"a", "a/b", false},
    {"a", "b", false},
    {"ab", "a", false},
    {"a", "ab", false},
    {"caf\xC3\xA9", "cafe\xCC\x81", false},  // the same to the eye
    // [MQTT-4.7.2-1], [MQTT5-4.7.2-1]
    {"#", "$SYS/monitor/Clients", false},
    {"+/monitor/Clients", "$SYS/monitor/Clients", false},
    {"#", "$SYS", false},
    {"+", "$SYS", false},
    {"+/#", "$SYS/a", false},
    {"$SYS/#", "$SYS/monitor/Clients", true},
    {"$SYS/#", "$SYS", true},
    {"$SYS/monitor/+", "$SYS/monitor/Clients", true},
    {"$SYS/+/Clients", "$SYS/monitor/Clients", true},
    {"#", "a/$SYS", true},
    {"+/+", "a/$SYS", true},
};

TEST(TopicMatching, FollowsTheExamplesOfTheSpecification) {
  for (const Match& match : kMatches) {
    EXPECT_EQ(matches(match.filter, match.topic), match.expected)
        << match.filter << " and " << match.topic;
  }
}

TEST(TopicMatching, OfLevelsKnowsNoDollarRule) {
  EXPECT_TRUE(matches_levels("#", "$SYS/monitor"));
  EXPECT_TRUE(matches_levels("+/monitor", "$SYS/monitor"));
  EXPECT_TRUE(matches_levels("#", ""));
  EXPECT_TRUE(matches_levels("+", ""));
  EXPECT_FALSE(matches_levels("+/+", ""));
}

TEST(TopicMatching, AgreesWithTheNaiveOne) {
  std::mt19937 random{20};  // NOLINT(bugprone-random-generator-seed): the same cases each time
  const auto pick = [&random](std::string_view from, std::size_t longest) {
    std::string text;
    for (auto size = random() % (longest + 1); size > 0; --size) {
      text += from[random() % from.size()];
    }
    return text;
  };
  int valid = 0;
  int matching = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string filter = pick("aab//+#$", 7);
    const std::string topic = pick("aab//$", 7);
    ASSERT_EQ(is_topic_filter(filter), testing::naive_is_topic_filter(filter)) << filter;
    if (topic.empty() || !is_topic_filter(filter)) {
      continue;
    }
    ++valid;
    const bool expected = testing::naive_matches_levels(filter, topic);
    matching += expected ? 1 : 0;
    ASSERT_EQ(matches_levels(filter, topic), expected) << filter << " and " << topic;
    const bool hidden = topic[0] == '$' && (filter[0] == '+' || filter[0] == '#');
    ASSERT_EQ(matches(filter, topic), expected && !hidden) << filter << " and " << topic;
  }
  EXPECT_GT(valid, 50'000);  // the cases are worth something
  EXPECT_GT(matching, 5'000);
}

TEST(TopicLevels, AreCounted) {
  EXPECT_EQ(count_levels(""), 1U);
  EXPECT_EQ(count_levels("a"), 1U);
  EXPECT_EQ(count_levels("/"), 2U);
  EXPECT_EQ(count_levels("a/b/c"), 3U);
  EXPECT_EQ(count_levels("/a/"), 3U);
}

// F17: no recursion, and time that grows with the length only
TEST(TopicLevels, F17AHundredThousandAreNoTrouble) {
  const std::string topic = many(kManyLevels, "/");
  const std::string same = many(kManyLevels, "+/") + "+";
  const std::string longer = many(kManyLevels + 2, "+/") + "#";
  EXPECT_EQ(count_levels(topic), kManyLevels + 1);
  EXPECT_TRUE(is_topic_name(topic));
  EXPECT_TRUE(is_topic_filter(same));
  EXPECT_TRUE(matches(same, topic));
  EXPECT_TRUE(matches(same + "/#", topic));
  EXPECT_FALSE(matches(longer, topic));
  EXPECT_FALSE(matches(topic + "a", topic));
}

// F16, [MQTT5-4.8.2-1], [MQTT5-4.8.2-2]
TEST(SharedSubscription, F16IsTakenApart) {
  const auto share = parse_share("$share/consumer1/sport/tennis/+");
  ASSERT_TRUE(share);
  EXPECT_EQ(share->group, "consumer1");
  EXPECT_EQ(share->filter, "sport/tennis/+");
  const auto slash = parse_share("$share/g//finance");
  ASSERT_TRUE(slash);
  EXPECT_EQ(slash->filter, "/finance");
  const auto all = parse_share("$share/g/#");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->filter, "#");
}

// F16, [MQTT5-4.8.2-1], [MQTT5-4.8.2-2]
TEST(SharedSubscription, F16IsRefusedWhenMalformed) {
  for (const auto* filter :
       {"$share", "$share/", "$share/g", "$share/g/", "$share//t", "$share//", "$share/g+/t",
        "$share/+/t", "$share/#/t", "$share/#", "$share/g#/t"}) {
    EXPECT_TRUE(is_shared(filter)) << filter;
    EXPECT_FALSE(parse_share(filter)) << filter;
  }
}

TEST(SharedSubscription, IsNotWhatOnlyLooksLikeIt) {
  for (const auto* filter : {"", "$", "$shar", "$shared", "$shared/g/t", "$SHARE/g/t",
                             "a/$share/g/t", "share/g/t", "/$share/g/t"}) {
    EXPECT_FALSE(is_shared(filter)) << filter;
    EXPECT_FALSE(parse_share(filter)) << filter;
  }
}

TEST(SharedSubscription, F16TakesAGroupOf64Kilobytes) {
  const std::string group(65'000, 'g');
  const std::string filter = "$share/" + group + "/t";
  const auto share = parse_share(filter);
  ASSERT_TRUE(share);
  EXPECT_EQ(share->group, group);
  EXPECT_FALSE(parse_share("$share/" + group));
}

}  // namespace
}  // namespace owb::mqtt
