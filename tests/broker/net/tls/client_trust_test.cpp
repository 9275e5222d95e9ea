#include "broker/net/tls/client_trust.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/net/tls/tls_context.hpp"
#include "tests/broker/net/tls/handshake.hpp"
#include "tests/broker/net/tls/test_authority.hpp"

namespace owb::net {

namespace {

using test::shake_hands;
using test::write_file;
using testing::HasSubstr;
using testing::ThrowsMessage;

class ClientTrustTest : public testing::Test {
 protected:
  ClientTrustTest() {
    const auto server = authority_.issue("cloud.example.org");
    write_file(folder_.file("chain.pem"), server.certificate_pem());
    write_file(folder_.file("key.pem"), server.key_pem());
    write_file(ca_, authority_.certificate_pem());
    write_file(crl_, authority_.revocation_list_pem({}));
  }

  SslContext context_with(std::shared_ptr<ClientTrust> trust) {
    return make_server_context({.certificate = std::make_shared<ServerCertificate>(
                                    folder_.file("chain.pem"), folder_.file("key.pem")),
                                .client_trust = std::move(trust)});
  }

  test::TemporaryFolder folder_;
  std::string ca_ = folder_.file("ca.pem");
  std::string crl_ = folder_.file("crl.pem");
  test::TestAuthority authority_;
  test::TestCertificate alice_ = authority_.issue("alice");
  test::TestCertificate bob_ = authority_.issue("bob");
};

TEST_F(ClientTrustTest, F43_LetsInOnlyClientsOfTheAuthority) {
  test::TestAuthority other{"another CA"};
  const auto mallory = other.issue("alice");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = context_with(std::make_shared<ClientTrust>(ca_, ""));
    const auto let_in =
        shake_hands(context.get(), {.client = &alice_, .lowest = version, .highest = version});
    EXPECT_TRUE(let_in.done);
    EXPECT_EQ(let_in.client_name, "alice");
    EXPECT_FALSE(shake_hands(context.get(), {.lowest = version, .highest = version}).done);
    EXPECT_FALSE(
        shake_hands(context.get(), {.client = &mallory, .lowest = version, .highest = version})
            .done);
  }
}

TEST_F(ClientTrustTest, F43_ARevokedClientIsRefusedFromTheNextHandshakeOn) {
  const auto trust = std::make_shared<ClientTrust>(ca_, crl_);
  const auto context = context_with(trust);
  EXPECT_TRUE(shake_hands(context.get(), {.client = &alice_}).done);

  write_file(crl_, authority_.revocation_list_pem({&alice_}));
  EXPECT_EQ(trust->reload_if_changed().kind, Reload::Kind::replaced);
  EXPECT_FALSE(shake_hands(context.get(), {.client = &alice_}).done);
  EXPECT_TRUE(shake_hands(context.get(), {.client = &bob_}).done);
}

TEST_F(ClientTrustTest, F54_ADamagedListLeavesTheOldOneInForce) {
  write_file(crl_, authority_.revocation_list_pem({&alice_}));
  const auto trust = std::make_shared<ClientTrust>(ca_, crl_);
  const auto context = context_with(trust);
  write_file(crl_, "nothing of a list");
  const auto reload = trust->reload_if_changed();
  EXPECT_EQ(reload.kind, Reload::Kind::refused);
  EXPECT_THAT(reload.reason, HasSubstr(crl_));
  EXPECT_FALSE(shake_hands(context.get(), {.client = &alice_}).done);
  EXPECT_TRUE(shake_hands(context.get(), {.client = &bob_}).done);
}

TEST_F(ClientTrustTest, GivesNoSessionsThatWouldSkipTheCheck) {
  const auto context = context_with(std::make_shared<ClientTrust>(ca_, ""));
  EXPECT_FALSE(shake_hands(context.get(), {.client = &alice_}).resumable);
}

TEST_F(ClientTrustTest, NamesTheFileAtFaultAtTheStart) {
  EXPECT_THAT([&] { ClientTrust(folder_.file("none.pem"), ""); },
              ThrowsMessage<std::runtime_error>(HasSubstr("none.pem")));
  write_file(folder_.file("empty.pem"), "");
  EXPECT_THAT([&] { ClientTrust(folder_.file("empty.pem"), ""); },
              ThrowsMessage<std::runtime_error>(HasSubstr("no readable CA certificate")));
  EXPECT_THAT([&] { ClientTrust(ca_, folder_.file("empty.pem")); },
              ThrowsMessage<std::runtime_error>(HasSubstr("no readable revocation list")));
}

}  // namespace

}  // namespace owb::net
