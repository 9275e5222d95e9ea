#include "portal/http/origin_check.hpp"

#include <gtest/gtest.h>

namespace owb::portal::http {
namespace {

const std::vector<std::string> kListed{"https://cloud.example:8443", "https://other.example"};

TEST(OriginCheck, ListedOriginsMayChangeThings) {
  EXPECT_TRUE(comes_from_us({"https://cloud.example:8443", "same-origin", ""}, kListed));
  EXPECT_TRUE(comes_from_us({"https://CLOUD.example:8443", "", ""}, kListed));
  EXPECT_TRUE(comes_from_us({"https://other.example", "", ""}, kListed));
  EXPECT_TRUE(comes_from_us({"https://other.example:443", "", ""}, kListed));
}

TEST(OriginCheck, WithoutAListItIsTheHost) {
  EXPECT_TRUE(comes_from_us({"https://cloud.example:8443", "", "cloud.example:8443"}, {}));
  EXPECT_TRUE(comes_from_us({"https://cloud.example", "", "cloud.example:443"}, {}));
  EXPECT_FALSE(comes_from_us({"https://cloud.example:8443", "", "cloud.example"}, {}));
  EXPECT_FALSE(comes_from_us({"http://cloud.example", "", "cloud.example"}, {}));
  EXPECT_FALSE(comes_from_us({"https://", "", ""}, {}));
}

TEST(OriginCheck, F45ForeignOriginsMayNot) {
  for (const auto* origin :
       {"https://evil.example", "https://cloud.example", "http://cloud.example:8443",
        "https://sub.cloud.example:8443", "https://cloud.example:8443.evil.example",
        "https://cloud.example:8443/", "cloud.example:8443"}) {
    SCOPED_TRACE(origin);
    // What a foreign page says in Sec-Fetch-Site does not help it; a browser would not let it.
    EXPECT_FALSE(comes_from_us({origin, "same-origin", "cloud.example:8443"}, kListed));
  }
}

TEST(OriginCheck, F45WithoutOriginOnlyTheBrowsersWordCounts) {
  for (const auto* origin : {"", "null"}) {
    SCOPED_TRACE(origin);
    EXPECT_TRUE(comes_from_us({origin, "same-origin", ""}, kListed));
    for (const auto* site : {"", "none", "same-site", "cross-site", "Same-Origin "}) {
      SCOPED_TRACE(site);
      EXPECT_FALSE(comes_from_us({origin, site, "cloud.example:8443"}, kListed));
    }
  }
}

}  // namespace
}  // namespace owb::portal::http
