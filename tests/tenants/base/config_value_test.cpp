#include "tenants/base/config_value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenants/base/config_log.hpp"
#include "tenants/base/utf8.hpp"

namespace owb::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Directive line(const std::string& value) {
  return {"key", value, {"f", 3}};
}

TEST(ConfigValue, ReadsTimes) {
  for (const auto& [value, seconds] : std::vector<std::pair<std::string, int>>{{"0", 0},
                                                                               {"90", 90},
                                                                               {"90s", 90},
                                                                               {"15m", 900},
                                                                               {"2h", 7'200},
                                                                               {"1d", 86'400},
                                                                               {"1w", 604'800}}) {
    SCOPED_TRACE(value);
    Problems problems;
    std::chrono::seconds out{-1};
    EXPECT_TRUE(read_seconds(line(value), out, problems));
    EXPECT_EQ(out.count(), seconds);
  }
}

TEST(ConfigValue, ReadsSizes) {
  for (const auto& [value, bytes] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"0", 0},
                                                          {"1000", 1'000},
                                                          {"7B", 7},
                                                          {"64KB", 65'536},
                                                          {"8MB", 8'388'608},
                                                          {"1GB", 1U << 30}}) {
    SCOPED_TRACE(value);
    Problems problems;
    std::uint64_t out = 1;
    EXPECT_TRUE(read_bytes(line(value), out, problems));
    EXPECT_EQ(out, bytes);
  }
}

TEST(ConfigValue, LeavesTheDefaultAndSaysWhatIsAllowed) {
  for (const auto* value :
       {"", "x", "-1", "1.5", "+3", " ", "99999999999999999999", "5000d0", "s", "10000000w"}) {
    SCOPED_TRACE(value);
    Problems problems;
    std::chrono::seconds seconds{7};
    std::uint64_t bytes = 7;
    int number = 7;
    bool flag = true;
    EXPECT_FALSE(read_seconds(line(value), seconds, problems));
    EXPECT_FALSE(read_bytes(line(value), bytes, problems));
    EXPECT_FALSE(read_number(line(value), 0, 9, number, problems));
    EXPECT_FALSE(read_bool(line(value), flag, problems));
    EXPECT_EQ(seconds.count(), 7);
    EXPECT_EQ(bytes, 7U);
    EXPECT_EQ(number, 7);
    EXPECT_TRUE(flag);
    ASSERT_THAT(problems, SizeIs(4));
    EXPECT_THAT(problems[2].str(), HasSubstr("f:3: key: "));
    EXPECT_THAT(problems[2].str(), HasSubstr("allowed: 0 to 9"));
  }
}

TEST(ConfigValue, EscapesWhatTheFileHolds) {
  Problems problems;
  bool flag = false;
  read_bool(line("\x1B[31m"), flag, problems);
  EXPECT_THAT(problems.at(0).text, HasSubstr("\\x1b[31m"));
}

TEST(ConfigPicker, PicksItsKeysAndLeavesTheRest) {
  const std::vector<Directive> directives{
      {"portal_socket", "/run/p.sock", {"f", 1}}, {"listener", "1883", {"f", 2}},
      {"portal_threads", "4", {"f", 3}},          {"session_lifetime", "30d", {"f", 4}},
      {"log_timestamp", "false", {"f", 5}},
  };
  Problems problems;
  Picker pick{directives, problems};
  std::string socket;
  unsigned threads = 1;
  std::chrono::seconds lifetime{0};
  bool timestamp = true;
  std::string absent = "default";
  pick.text("portal_socket", socket);
  pick.number("portal_threads", 1U, 64U, threads);
  pick.seconds("session_lifetime", lifetime);
  pick.boolean("log_timestamp", timestamp);
  pick.text("registry", absent);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(socket, "/run/p.sock");
  EXPECT_EQ(threads, 4U);
  EXPECT_EQ(lifetime, std::chrono::hours{720});
  EXPECT_FALSE(timestamp);
  EXPECT_EQ(absent, "default");
}

TEST(ConfigPicker, RefusesAKeyGivenTwice) {
  const std::vector<Directive> directives{{"registry", "/a", {"f", 1}},
                                          {"registry", "/b", {"g", 2}}};
  Problems problems;
  std::string registry;
  Picker{directives, problems}.text("registry", registry);
  EXPECT_EQ(registry, "/a");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].str(), "g:2: registry: given twice, first at f:1");
}

log::Options log_of(const std::vector<std::pair<std::string, std::string>>& lines,
                    Problems& problems) {
  std::vector<Directive> directives;
  for (const auto& [key, value] : lines) {
    directives.push_back({key, value, {"f", 1}});
  }
  return pick_log_options(directives, problems);
}

TEST(ConfigLog, TheFirstOfAKindReplacesTheDefault) {
  Problems problems;
  const auto unsaid = log_of({}, problems);
  EXPECT_TRUE(unsaid.to_stderr);
  EXPECT_EQ(unsaid.types, log::kDefaultTypes);
  const auto said = log_of({{"log_dest", "syslog"},
                            {"log_dest", "file /var/log/a b.log"},
                            {"log_type", "error"},
                            {"log_type", "debug"}},
                           problems);
  EXPECT_FALSE(said.to_stderr);
  EXPECT_TRUE(said.to_syslog);
  EXPECT_EQ(said.file, "/var/log/a b.log");
  EXPECT_EQ(said.types,
            static_cast<log::Types>(log::Type::error) | static_cast<log::Types>(log::Type::debug));
  EXPECT_EQ(log_of({{"log_type", "all"}, {"log_type", "none"}}, problems).types, 0U);
  EXPECT_TRUE(log_of({{"log_dest", "file /a"}, {"log_dest", "none"}}, problems).file.empty());
  EXPECT_THAT(problems, IsEmpty());
}

TEST(ConfigLog, RefusesWhatItDoesNotKnow) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"log_dest", "dlt"},
                                                        {"log_dest", "file"},
                                                        {"log_dest", "file  "},
                                                        {"log_type", "loud"},
                                                        {"log_timestamp", "yes"}}) {
    SCOPED_TRACE(value);
    Problems problems;
    log_of({{key, value}}, problems);
    ASSERT_THAT(problems, SizeIs(1));
    EXPECT_THAT(problems[0].str(), HasSubstr("f:1: " + key));
  }
  Problems problems;
  log_of({{"log_dest", "file /a"}, {"log_dest", "file /b"}}, problems);
  EXPECT_THAT(problems, SizeIs(1));
}

TEST(Utf8, KnowsTheBordersOfItsForms) {
  for (const auto* good :
       {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBB\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const auto* bad :
       {"\x80", "\xC1\xBF", "\xC2", "\xC2\x7F", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE1\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE1\x80z"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace owb::config
