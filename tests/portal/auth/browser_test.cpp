#include "portal/auth/browser.hpp"

#include <gtest/gtest.h>

namespace owb::portal::auth {
namespace {

struct Row {
  const char* address;
  const char* throttled;
  const char* shown;
};

TEST(Browser, NetworksOfAddresses) {
  const Row rows[] = {
      {"203.0.113.77", "203.0.113.77", "203.0.113.0/24"},
      {"::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0/24"},
      {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"},
      {"::1", "::/64", "::/48"},
      {"", "unknown", "unknown"},
      {"localhost", "unknown", "unknown"},
      {"203.0.113.77:443", "unknown", "unknown"},
      {"203.0.113.077x", "unknown", "unknown"},
      {"1.2.3.4\r\nX-Evil: 1", "unknown", "unknown"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.address);
    EXPECT_EQ(throttled_network_of(row.address), row.throttled);
    EXPECT_EQ(shown_network_of(row.address), row.shown);
  }
}

TEST(Browser, NulDoesNotEndAnAddress) {
  using namespace std::string_view_literals;
  // inet_pton() would stop reading there.
  EXPECT_EQ(throttled_network_of("1.2.3.4\0garbage"sv), "unknown");
}

}  // namespace
}  // namespace owb::portal::auth
