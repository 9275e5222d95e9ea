#include "broker/net/tls/client_name.hpp"

#include <gtest/gtest.h>

#include "tests/broker/net/tls/test_authority.hpp"

namespace owb::net {

namespace {

using namespace std::string_view_literals;

Result<std::string> name_of(std::string_view common_name, ClientNameFrom from) {
  test::TestAuthority authority;
  return client_name(authority.issue(common_name).certificate.get(), from);
}

TEST(ClientName, IsTheCommonNameOrTheWholeSubject) {
  EXPECT_EQ(*name_of("alice", ClientNameFrom::common_name), "alice");
  EXPECT_EQ(*name_of("Jörg", ClientNameFrom::common_name), "Jörg");
  EXPECT_EQ(*name_of("alice", ClientNameFrom::subject), "CN=alice,O=owb");
}

TEST(ClientName, F43_RefusesNamesThatAreNotPlainText) {
  for (const auto name : {"alice\0.evil.org"sv, "\xff\xfe"sv, "al\xc3"sv, "al\nice"sv,
                          "\xed\xa0\x80"sv, "\x7f"sv, ""sv}) {
    SCOPED_TRACE(testing::PrintToString(name));
    EXPECT_EQ(error_of(name_of(name, ClientNameFrom::common_name)), TlsErrc::name_invalid);
    EXPECT_EQ(error_of(name_of(name, ClientNameFrom::subject)), TlsErrc::name_invalid);
  }
}

TEST(ClientName, NeedsACertificateAndACommonName) {
  EXPECT_EQ(error_of(client_name(nullptr, ClientNameFrom::common_name)), TlsErrc::no_certificate);
  test::TestAuthority authority;
  EXPECT_EQ(error_of(client_name(authority.issue_nameless().certificate.get(),
                                 ClientNameFrom::common_name)),
            TlsErrc::no_common_name);
}

}  // namespace

}  // namespace owb::net
