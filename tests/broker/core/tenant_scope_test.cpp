#include "broker/core/tenant_scope.hpp"

#include <string>

#include <gtest/gtest.h>

#include "broker/core/error.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::core {
namespace {

const TenantScope kAlice{"alice", {.bytes = 64, .levels = 8}};

TEST(TenantScope, AdmitsTheTenantsOwnTopics) {
  struct Case {
    const char* topic;
    const char* rest;
  };

  for (const auto& [topic, rest] : {
           Case{"alice", ""},
           Case{"alice/", "/"},
           Case{"alice/a", "/a"},
           Case{"alice//a", "//a"},
           Case{"alice/bob/a", "/bob/a"},
           Case{"alice/../bob", "/../bob"},
           Case{"alice/$SYS/a", "/$SYS/a"},
       }) {
    SCOPED_TRACE(topic);
    const auto scoped = kAlice.admit_topic(topic);
    ASSERT_TRUE(scoped);
    EXPECT_EQ(scoped->rest(), rest);
  }
}

TEST(TenantScope, RefusesTopicsOfOthers) {  // F18
  for (const auto* topic : {"bob/a", "alicex/a", "Alice/a", "ALICE", "/alice/a", "/", "alic",
                            "$SYS/alice", "$SYS/broker/connection/alice/state", "$CONTROL/alice",
                            "$share/g/alice/a", "bob/alice", "alice\xCC\x81/a", "\xD0\xB0lice/a"}) {
    SCOPED_TRACE(topic);
    EXPECT_EQ(error_of(kAlice.admit_topic(topic)), Errc::outside_tenant);
  }
}

TEST(TenantScope, RefusesFiltersThatCanNeverMatch) {  // F18, rule 3
  for (const auto* filter :
       {"bob/#", "alicex/#", "Alice/#", "/alice/#", "/#", "/+", "bob", "bob/+", "$SYSx/#", "$/#",
        "alic/#", "$share", "ALICE/#", "\xD0\xB0lice/#", "alice\xCC\x81/#"}) {
    SCOPED_TRACE(filter);
    EXPECT_EQ(error_of(kAlice.admit_filter(filter)), Errc::outside_tenant);
  }
}

TEST(TenantScope, RefusesWhatIsNoFilter) {
  for (const auto* filter : {"", "alice/#/a", "alice/a#", "alice/+a", "#/", "alice/a+/b"}) {
    SCOPED_TRACE(filter);
    EXPECT_EQ(error_of(kAlice.admit_filter(filter)), Errc::invalid_topic);
  }
}

// What a granted filter sees of the tenant's topics, and only of those.
TEST(TenantScope, MatchesWithinTheTenantOnly) {
  struct Case {
    const char* filter;
    const char* topic;
    bool matches;
  };

  for (const auto& [filter, topic, matches] : {
           Case{"#", "alice", true},
           Case{"#", "alice/a/b", true},
           Case{"+/#", "alice", true},
           Case{"+/#", "alice/a/b", true},
           Case{"+", "alice", true},
           Case{"+", "alice/a", false},
           Case{"+/a", "alice/a", true},
           Case{"+/a", "alice/b", false},
           Case{"+/+", "alice/b", true},
           Case{"+/+", "alice", false},
           Case{"alice", "alice", true},
           Case{"alice", "alice/", false},
           Case{"alice/#", "alice", true},
           Case{"alice/#", "alice/a", true},
           Case{"alice/+", "alice", false},
           Case{"alice/+/c", "alice/b/c", true},
           Case{"alice/a", "alice/a", true},
           Case{"alice/a", "alice/A", false},
           Case{"alice/#", "alice/$SYS/a", true},
       }) {
    SCOPED_TRACE(std::string(filter) + " " + topic);
    const auto scoped = kAlice.admit_filter(filter);
    ASSERT_TRUE(scoped);
    EXPECT_FALSE(scoped->is_void());
    EXPECT_EQ(mqtt::matches(scoped->rest(), kAlice.admit_topic(topic)->rest()), matches);
  }
}

TEST(TenantScope, GrantsSysWithoutEffect) {
  for (const auto* filter : {"$SYS/#", "$SYS", "$SYS/broker/+", "$SYS/alice"}) {
    SCOPED_TRACE(filter);
    const auto scoped = kAlice.admit_filter(filter);
    ASSERT_TRUE(scoped);
    EXPECT_TRUE(scoped->is_void());
  }
}

TEST(TenantScope, KnowsWhoNamesCloud) {  // rule 2
  for (const auto& [filter, names] : {
           std::pair{"#", false},
           std::pair{"+/#", false},
           std::pair{"alice/#", false},
           std::pair{"alice/+/home", false},
           std::pair{"alice/cloudy/#", false},
           std::pair{"alice/a/cloud", false},
           std::pair{"alice/cloud", true},
           std::pair{"alice/cloud/#", true},
           std::pair{"alice/cloud/home", true},
           std::pair{"+/cloud/+", true},
       }) {
    SCOPED_TRACE(filter);
    EXPECT_EQ(kAlice.admit_filter(filter)->names_cloud(), names);
  }
}

TEST(TenantScope, LimitsLengthAndDepth) {  // F17
  const std::string longest = "alice/" + std::string(58, 'x');
  EXPECT_TRUE(kAlice.admit_topic(longest));
  EXPECT_EQ(error_of(kAlice.admit_topic(longest + "x")), Errc::topic_too_long);
  EXPECT_EQ(error_of(kAlice.admit_filter(longest + "x")), Errc::topic_too_long);
  EXPECT_TRUE(kAlice.admit_topic("alice/2/3/4/5/6/7/8"));
  EXPECT_EQ(error_of(kAlice.admit_topic("alice/2/3/4/5/6/7/8/9")), Errc::topic_too_long);
  EXPECT_EQ(error_of(kAlice.admit_filter("alice/2/3/4/5/6/7/8/#")), Errc::topic_too_long);
  const TenantScope unlimited{"alice", {}};
  EXPECT_TRUE(unlimited.admit_topic("alice" + std::string(60'000, '/')));
}

TEST(TenantScope, ClassicModeHasNoBorders) {
  const TenantScope classic{"", {}};
  for (const auto* topic : {"a", "bob/a", "/a", "$other/a"}) {
    EXPECT_TRUE(classic.admit_topic(topic)) << topic;
  }
  for (const auto* topic : {"$SYS/broker/uptime", "$share/g/a"}) {
    EXPECT_EQ(error_of(classic.admit_topic(topic)), Errc::outside_tenant) << topic;
  }
  const auto scoped = classic.admit_filter("+/cloud/#");
  ASSERT_TRUE(scoped);
  EXPECT_EQ(scoped->rest(), "+/cloud/#");
  EXPECT_FALSE(scoped->names_cloud());
}

}  // namespace
}  // namespace owb::core
