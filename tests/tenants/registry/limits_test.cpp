#include "tenants/registry/limits.hpp"

#include <set>

#include <gtest/gtest.h>

#include "tenants/registry/error.hpp"

namespace owb::tenants {
namespace {

TEST(Limits, HaveANameAndAFieldOfTheirOwn) {
  std::set<std::string_view> names;
  for (const auto& limit : limit_table()) {
    EXPECT_TRUE(names.insert(limit.name).second) << limit.name;
    EXPECT_FALSE(limit.help.empty()) << limit.name;
    EXPECT_EQ(find_limit(limit.name), &limit);
    Limits limits;
    limits.*limit.field = 4711;  // and nobody else's
    for (const auto& other : limit_table()) {
      EXPECT_EQ(limits.*other.field == 4711, &other == &limit) << limit.name << " " << other.name;
    }
  }
}

TEST(Limits, OfAPasswordFileUserKeepOnlyWhatProtectsTheBroker) {
  const auto limits = Limits::unlimited();
  EXPECT_EQ(limits.connections, 0U);
  EXPECT_EQ(limits.retained_bytes, 0U);
  EXPECT_EQ(limits.queue_messages, 1'000U);
  EXPECT_EQ(limits.connect_timeout, Limits{}.connect_timeout);
  EXPECT_EQ(limits.half_open_per_address, Limits{}.half_open_per_address);
}

TEST(LimitValue, IsWrittenAsPeopleDo) {
  struct Case {
    std::string_view limit;
    std::string_view text;
    std::uint64_t value;
  };

  for (const auto& [limit, text, value] : {Case{"connections", "25", 25},
                                           {"connections", "unlimited", 0},
                                           {"retained_bytes", "8MB", 8U << 20},
                                           {"retained_bytes", "8mb", 8U << 20},
                                           {"retained_bytes", "300KB", 300U << 10},
                                           {"retained_bytes", "1GB", 1U << 30},
                                           {"retained_bytes", "1000", 1000},
                                           {"session_expiry_home", "24h", 86'400},
                                           {"session_expiry_home", "90s", 90},
                                           {"session_expiry_home", "30d", 2'592'000},
                                           {"session_expiry_web", "0", 0}}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(*parse_limit_value(*find_limit(limit), text), value);
  }
}

TEST(LimitValue, ComesBackFromItsText) {
  for (const auto& limit : limit_table()) {
    for (const std::uint64_t value :
         {0ULL, 1ULL, 60ULL, 1024ULL, 86'400ULL, 8ULL << 20, 4'294'967'295ULL}) {
      const auto text = format_limit_value(limit, value);
      SCOPED_TRACE(std::string{limit.name} + "=" + text);
      EXPECT_EQ(*parse_limit_value(limit, text), value);
    }
  }
}

TEST(LimitValue, RefusesWhatIsNone) {
  for (const auto* text :
       {"", "-1", "ten", "1.5", "8 MB", "8XB", "MB", "99999999999", "5GB", "24h", "0x10", "+1"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(error_of(parse_limit_value(*find_limit("retained_bytes"), text)),
              Errc::limit_value_invalid);
  }
  EXPECT_FALSE(parse_limit_value(*find_limit("session_expiry_web"), "unlimited"));
}

TEST(LimitOverrides, ApplyToAnyBase) {
  LimitOverrides overrides;
  ASSERT_TRUE(overrides.set("connections", "20"));
  ASSERT_TRUE(overrides.set("retained_bytes", "16MB"));
  const auto limits = apply(Limits{}, overrides);
  EXPECT_EQ(limits.connections, 20U);
  EXPECT_EQ(limits.retained_bytes, 16U << 20);
  EXPECT_EQ(limits.sessions, Limits{}.sessions);
}

TEST(LimitOverrides, ComeBackFromTheirText) {
  LimitOverrides overrides;
  ASSERT_TRUE(overrides.set("retained_bytes", "16MB"));
  ASSERT_TRUE(overrides.set("connections", "20"));
  ASSERT_TRUE(overrides.set("connections", "30"));
  EXPECT_EQ(overrides.str(), "connections=30 retained_bytes=16MB");
  EXPECT_EQ(*LimitOverrides::parse(overrides.str()), overrides);
  ASSERT_TRUE(overrides.clear("connections"));
  EXPECT_EQ(overrides.str(), "retained_bytes=16MB");
  EXPECT_EQ(overrides.get("connections"), std::nullopt);
  EXPECT_TRUE(LimitOverrides::parse("")->empty());
}

TEST(LimitOverrides, RefuseUnknownNames) {
  LimitOverrides overrides;
  EXPECT_EQ(error_of(overrides.set("conections", "20")), Errc::limit_unknown);
  EXPECT_EQ(error_of(overrides.clear("conections")), Errc::limit_unknown);
  EXPECT_EQ(error_of(LimitOverrides::parse("connections")), Errc::limit_value_invalid);
}

TEST(LimitOverrides, OfATenantCannotLoosenWhatComesBeforeTheLogin) {
  LimitOverrides overrides;
  EXPECT_EQ(error_of(overrides.set("connect_timeout", "20s")), Errc::limit_unknown);
  EXPECT_TRUE(overrides.set("connect_timeout", "20s", LimitOverrides::Scope::any));
}

}  // namespace
}  // namespace owb::tenants
