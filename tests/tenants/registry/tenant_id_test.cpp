#include "tenants/registry/tenant_id.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenants/registry/error.hpp"

namespace owb {
namespace {

using tenants::Errc;
using testing::HasSubstr;

TEST(TenantId, TakesEveryNameOfTheRule) {
  for (const auto& name : {std::string{"a"}, std::string{"Mueller-2_x"}, std::string{"0"},
                           std::string{"-"}, std::string{"_"}, std::string(32, 'Z')}) {
    SCOPED_TRACE(name);
    const auto id = TenantId::parse(name);
    ASSERT_TRUE(id);
    EXPECT_EQ(id->str(), name);
  }
}

TEST(TenantId, F20RefusesEveryOtherNameWithItsReason) {
  struct Case {
    std::string name;
    Errc errc;
  };

  for (const auto& [name, errc] : {Case{"", Errc::name_empty},
                                   {std::string(33, 'a'), Errc::name_too_long},
                                   {std::string(65'536, 'a'), Errc::name_too_long},
                                   {"al.ice", Errc::name_has_dot},
                                   {".", Errc::name_has_dot},
                                   {"..", Errc::name_has_dot},
                                   {"+", Errc::name_has_plus},
                                   {"al+ice", Errc::name_has_plus},
                                   {"a/b", Errc::name_has_slash},
                                   {"alice/", Errc::name_has_slash},
                                   {"/alice", Errc::name_has_slash},
                                   {"#", Errc::name_has_hash},
                                   {"$SYS", Errc::name_has_dollar},
                                   {"$share", Errc::name_has_dollar},
                                   {"al ice", Errc::name_has_blank},
                                   {" alice", Errc::name_has_blank},
                                   {"alice\n", Errc::name_has_control},
                                   {std::string("al\0ice", 6), Errc::name_has_control},
                                   {std::string(1, '\0'), Errc::name_has_control},
                                   {"\x1b[2J", Errc::name_has_control},
                                   {"\x7f", Errc::name_has_control},
                                   {"m\xC3\xBCller", Errc::name_not_ascii},
                                   {"\xFF", Errc::name_not_ascii},
                                   {"%u", Errc::name_has_other},
                                   {"a:b", Errc::name_has_other},
                                   {"a'b", Errc::name_has_other},
                                   {"<b>", Errc::name_has_other},
                                   {"a\\b", Errc::name_has_other},
                                   {"a@b", Errc::name_has_other}}) {
    SCOPED_TRACE(testing::PrintToString(name.substr(0, 40)));
    EXPECT_EQ(error_of(TenantId::parse(name)), errc);
  }
}

TEST(TenantId, SaysWhyOpenWbsOwnCharactersAreRefused) {
  for (const auto* name : {"al.ice", "al+ice"}) {
    EXPECT_THAT(error_of(TenantId::parse(name)).message(), HasSubstr("not in a prefix"));
  }
}

TEST(TenantId, DiffersByEveryByte) {
  EXPECT_EQ(*TenantId::parse("alice"), *TenantId::parse("alice"));
  EXPECT_NE(*TenantId::parse("alice"), *TenantId::parse("Alice"));
  EXPECT_LT(*TenantId::parse("alice"), *TenantId::parse("alicex"));
  EXPECT_EQ(std::hash<TenantId>{}(*TenantId::parse("alice")),
            std::hash<TenantId>{}(*TenantId::parse("alice")));
}

}  // namespace
}  // namespace owb
