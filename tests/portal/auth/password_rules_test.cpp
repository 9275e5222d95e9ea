#include "portal/auth/password_rules.hpp"

#include <string>

#include <gtest/gtest.h>

namespace owb::portal::auth {
namespace {

TEST(PasswordRules, LengthInCharactersDecides) {
  EXPECT_TRUE(check_new_password("0123456789"));
  EXPECT_TRUE(check_new_password("zehn äöü ß"));
  EXPECT_TRUE(check_new_password(std::string(1'024, 'x')));
  EXPECT_EQ(check_new_password("012345678").error().why, Errc::password_too_short);
  EXPECT_EQ(check_new_password("").error().why, Errc::password_too_short);
  EXPECT_EQ(check_new_password("äöüäö").error().why, Errc::password_too_short)
      << "ten bytes, but five characters";
  EXPECT_EQ(check_new_password(std::string(1'025, 'x')).error().why, Errc::password_too_long);
}

}  // namespace
}  // namespace owb::portal::auth
