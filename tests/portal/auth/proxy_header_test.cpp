#include "portal/auth/proxy_header.hpp"

#include <string>

#include <gtest/gtest.h>

namespace owb::portal::auth {
namespace {

using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string header_for(std::string_view address) {
  Bytes out;
  append_proxy_header(address, out);
  return std::string{as_text(out)};
}

TEST(ProxyHeader, NamesAnIpv4Browser) {
  EXPECT_EQ(header_for("203.0.113.77"),
            kSignature + "\x21\x11\x00\x0C"s + "\xCB\x00\x71\x4D"s + std::string(8, '\0'));
}

TEST(ProxyHeader, NamesAnIpv6Browser) {
  EXPECT_EQ(header_for("2001:db8::5"), kSignature + "\x21\x21\x00\x24"s +
                                           "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x05"s +
                                           std::string(20, '\0'));
}

TEST(ProxyHeader, F44AnythingElseIsLocal) {
  for (const auto* address : {"", "unknown", "203.0.113.77, 10.0.0.1", "example.org"}) {
    SCOPED_TRACE(address);
    EXPECT_EQ(header_for(address), kSignature + "\x20\x00\x00\x00"s);
  }
}

}  // namespace
}  // namespace owb::portal::auth
