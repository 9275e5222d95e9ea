#include "portal/http/theme_cookie.hpp"

#include <gtest/gtest.h>

namespace owb::portal::http {
namespace {

TEST(ThemeCookie, HasTheAttributesOfTheLogin) {
  EXPECT_EQ(set_theme_cookie("dark", 60),
            "__Host-owb-theme=dark; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict");
}

TEST(ThemeCookie, F45OnlyKnownNamesGoOutAndIn) {
  EXPECT_EQ(set_theme_cookie("x\r\nSet-Cookie: a=b", 60),
            "__Host-owb-theme=standard; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(theme_of_cookie("a=b; __Host-owb-theme=dark; c=d"), "dark");
  EXPECT_EQ(theme_of_cookie("__Host-owb-theme=../../x"), "standard");
  EXPECT_EQ(theme_of_cookie("X__Host-owb-theme=dark"), "standard");
  EXPECT_EQ(theme_of_cookie(""), "standard");
}

}  // namespace
}  // namespace owb::portal::http
