// mosquitto's acl_file, line by line.
#include "broker/core/acl.hpp"

#include <string>

#include <gtest/gtest.h>

namespace owb::core {
namespace {

constexpr auto kRead = Acl::Access::read;
constexpr auto kWrite = Acl::Access::write;

Acl made_of(std::string_view text) {
  Acl::Problem problem;
  auto acl = Acl::parse(text, problem);
  EXPECT_TRUE(acl.has_value()) << problem.line << ": " << problem.what;
  return acl.value_or(Acl{});
}

std::size_t bad_line(std::string_view text) {
  Acl::Problem problem;
  EXPECT_FALSE(Acl::parse(text, problem).has_value()) << text;
  EXPECT_FALSE(problem.what.empty());
  return problem.line;
}

TEST(Acl, WhatNoLineAllowsIsDenied) {
  for (const auto* text : {"", "# nothing\n\n", "user a\n"}) {
    EXPECT_FALSE(made_of(text).may(kRead, "a", "id", "t"));
    EXPECT_FALSE(made_of(text).may(kWrite, "", "id", "t"));
  }
}

TEST(Acl, TopicsBelongToTheUserAboveThem) {
  const auto acl =
      made_of("topic read open\nuser a\ntopic t\ntopic write w/#\nuser b c\ntopic read t\n");
  EXPECT_TRUE(acl.may(kRead, "", "id", "open"));
  EXPECT_FALSE(acl.may(kWrite, "", "id", "open"));
  EXPECT_FALSE(acl.may(kRead, "a", "id", "open"));  // only those without a name
  EXPECT_TRUE(acl.may(kRead, "a", "id", "t"));
  EXPECT_TRUE(acl.may(kWrite, "a", "id", "t"));
  EXPECT_TRUE(acl.may(kWrite, "a", "id", "w"));
  EXPECT_FALSE(acl.may(kRead, "a", "id", "w/x"));
  EXPECT_TRUE(acl.may(kRead, "b c", "id", "t"));
  EXPECT_FALSE(acl.may(kWrite, "b c", "id", "t"));
  EXPECT_FALSE(acl.may(kRead, "b", "id", "t"));
}

TEST(Acl, DenialsWinWhereverTheyStand) {
  const auto acl =
      made_of("topic t/#\ntopic deny t/no\npattern p/#\npattern deny p/%c\npattern t/no\n");
  EXPECT_TRUE(acl.may(kRead, "", "id", "t/yes"));
  EXPECT_FALSE(acl.may(kRead, "", "id", "t/no"));
  EXPECT_TRUE(acl.may(kWrite, "", "id", "p/other"));
  EXPECT_FALSE(acl.may(kWrite, "", "id", "p/id"));
}

TEST(Acl, PatternsKnowTheClient) {
  const auto acl = made_of("pattern c/%c\npattern read u/%u/+\npattern b/%u/%c\n");
  EXPECT_TRUE(acl.may(kWrite, "", "id", "c/id"));
  EXPECT_FALSE(acl.may(kWrite, "", "id", "c/other"));
  EXPECT_TRUE(acl.may(kRead, "me", "id", "u/me/x"));
  EXPECT_FALSE(acl.may(kWrite, "me", "id", "u/me/x"));
  EXPECT_FALSE(acl.may(kRead, "you", "id", "u/me/x"));
  EXPECT_FALSE(acl.may(kRead, "", "id", "u//x"));  // nobody's
  EXPECT_TRUE(acl.may(kRead, "me", "id", "b/me/id"));
  EXPECT_FALSE(acl.may(kRead, "%c", "id", "b/id/id"));  // put in once
}

TEST(Acl, NamesAreNoWildcards) {
  const auto acl = made_of("pattern c/%c/x\npattern u/%u\nuser +\ntopic own\n");
  EXPECT_FALSE(acl.may(kRead, "", "+", "c/other/x"));
  EXPECT_FALSE(acl.may(kRead, "#", "id", "u/you"));
  EXPECT_FALSE(acl.may(kRead, "+", "id", "c/id/x"));
  EXPECT_TRUE(acl.may(kRead, "+", "id", "own"));
}

TEST(Acl, TopicsOfTheBrokerAreNamed) {
  const auto acl = made_of("topic #\npattern %u/#\nuser a\ntopic read $SYS/#\n");
  EXPECT_FALSE(acl.may(kRead, "", "id", "$SYS/x"));
  EXPECT_FALSE(acl.may(kRead, "$SYS", "id", "$SYS/x"));
  EXPECT_TRUE(acl.may(kRead, "a", "id", "$SYS/x"));
}

TEST(Acl, LinesMayEndAndBeginAsTheyLike) {
  const auto acl = made_of("\r\n  # x\n user a\r\n\ttopic  read   two words \r\ntopic\tlast");
  EXPECT_TRUE(acl.may(kRead, "a", "id", "two words"));
  EXPECT_TRUE(acl.may(kWrite, "a", "id", "last"));
}

TEST(Acl, LinesThatMeanNothingAreNamed) {  // F28
  EXPECT_EQ(bad_line("\xEF\xBB\xBFtopic t\n"), 1U);
  EXPECT_EQ(bad_line("user\n"), 1U);
  EXPECT_EQ(bad_line("user a\n\ntopic\n"), 3U);
  EXPECT_EQ(bad_line("topic a\ntopics b\n"), 2U);
  EXPECT_EQ(bad_line("topic Read a\n"), 1U);
  EXPECT_EQ(bad_line("topic a b\n"), 1U);
  EXPECT_EQ(bad_line("pattern read a/#/b\n"), 1U);
  EXPECT_EQ(bad_line("topic a+\n"), 1U);
}

}  // namespace
}  // namespace owb::core
