#include "portal/http/next_path.hpp"

#include <string>

#include <gtest/gtest.h>

namespace owb::portal::http {
namespace {

using namespace std::string_literals;

TEST(NextPath, LocalPagesAreKept) {
  for (const auto* next : {"/", "/history", "/history?d=2026-11-20", "/log?from=2026-01&to=2026-11",
                           "/home", "/password", "/password/home", "/a%20b", "/loginfo", "/apix"}) {
    SCOPED_TRACE(next);
    EXPECT_EQ(safe_next(next), next);
  }
}

TEST(NextPath, F45EverythingElseLeadsHome) {
  const std::string cases[] = {
      "",
      "history",
      "https://evil.example/",
      "//evil.example",
      "///evil.example",
      "/\\evil.example",
      "\\\\evil.example",
      "/\\/evil.example",
      "/%2f%2fevil.example"s,
      "/%2fevil.example",
      "/%2Fevil.example",
      "/%5cevil.example",
      "%2f%2fevil.example",
      "/\t/evil.example",
      "/\n/evil.example",
      "/%09/evil.example",
      "/%0d%0aSet-Cookie:x=1",
      "/\r\nSet-Cookie: x=1",
      "/\0/evil"s,
      "/%00",
      "/%zz",
      "/%2",
      "/ü",
      "/<script>",
      "/\"onload=",
      "/#fragment",
      "/@evil.example",
      "javascript:alert(1)",
      "/login",
      "/login?next=/login",
      "/login/once?t=1",
      "/logout",
      "/api/session",
      "/" + std::string(512, 'a'),
  };
  for (const auto& next : cases) {
    SCOPED_TRACE(next);
    EXPECT_EQ(safe_next(next), "/");
  }
}

}  // namespace
}  // namespace owb::portal::http
