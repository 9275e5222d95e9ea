#include "broker/net/tls/ticket_keys.hpp"

#include <gtest/gtest.h>

#include "broker/net/tls/tls_context.hpp"
#include "tests/broker/net/tls/handshake.hpp"
#include "tests/broker/net/tls/test_authority.hpp"

namespace owb::net {

namespace {

using test::shake_hands;

class TicketKeysTest : public testing::TestWithParam<int> {
 protected:
  TicketKeysTest() {
    test::write_file(folder_.file("ca.pem"), authority_.certificate_pem());
    const auto server = authority_.issue("cloud.example.org");
    test::write_file(folder_.file("chain.pem"), server.certificate_pem());
    test::write_file(folder_.file("key.pem"), server.key_pem());
    config_.certificate =
        std::make_shared<ServerCertificate>(folder_.file("chain.pem"), folder_.file("key.pem"));
    config_.tickets = keys_;
  }

  test::Handshake shake(SSL_CTX* server, const test::Handshake* former = nullptr) {
    return shake_hands(server, {.client = client_,
                                .highest = GetParam(),
                                .session = former != nullptr ? former->session.get() : nullptr});
  }

  std::int64_t now_ = 1'000;
  test::TestAuthority authority_;
  test::TemporaryFolder folder_;
  std::shared_ptr<const TicketKeys> keys_ =
      std::make_shared<const TicketKeys>([this] { return now_; });
  TlsListenerConfig config_;
  const test::TestCertificate* client_ = nullptr;
};

TEST_P(TicketKeysTest, AClientResumesAtEveryListenerAndThread) {
  const auto here = make_server_context(config_);
  const auto there = make_server_context(config_);
  const auto first = shake(here.get());
  ASSERT_TRUE(first.done);
  EXPECT_FALSE(first.resumed);
  EXPECT_TRUE(first.resumable);
  EXPECT_TRUE(shake(here.get(), &first).resumed);
  EXPECT_TRUE(shake(there.get(), &first).resumed);
}

TEST_P(TicketKeysTest, TicketsOfAnotherProcessMeanAWholeHandshake) {
  const auto here = make_server_context(config_);
  config_.tickets = std::make_shared<const TicketKeys>([this] { return now_; });
  const auto elsewhere = make_server_context(config_);
  const auto first = shake(elsewhere.get());
  const auto second = shake(here.get(), &first);
  EXPECT_TRUE(second.done);
  EXPECT_FALSE(second.resumed);
}

TEST_P(TicketKeysTest, KeysAreRenewedAndTheFormerOnesServeOnce) {
  const auto server = make_server_context(config_);
  const auto first = shake(server.get());
  now_ += TicketKeys::kLifetimeS;
  const auto second = shake(server.get(), &first);
  EXPECT_TRUE(second.resumed);
  now_ += TicketKeys::kLifetimeS;
  EXPECT_FALSE(shake(server.get(), &first).resumed);
  EXPECT_TRUE(shake(server.get(), &second).resumed) << "no new ticket with the new keys";
  now_ += 2 * TicketKeys::kLifetimeS;
  EXPECT_FALSE(shake(server.get(), &second).resumed);
}

TEST_P(TicketKeysTest, WhoShowsACertificateGetsNone) {
  const auto certificate = authority_.issue("alice");
  client_ = &certificate;
  config_.client_trust = std::make_shared<const ClientTrust>(folder_.file("ca.pem"), "");
  const auto server = make_server_context(config_);
  const auto first = shake(server.get());
  ASSERT_TRUE(first.done);
  EXPECT_FALSE(first.resumable);
  EXPECT_FALSE(shake(server.get(), &first).resumed);
}

TEST_P(TicketKeysTest, ATicketOfAnotherListenerDoesNotStandForACertificate) {
  const auto open = make_server_context(config_);
  const auto first = shake(open.get());
  ASSERT_TRUE(first.resumable);
  config_.client_trust = std::make_shared<const ClientTrust>(folder_.file("ca.pem"), "");
  const auto closed = make_server_context(config_);
  const auto second = shake(closed.get(), &first);
  EXPECT_FALSE(second.done);
  EXPECT_FALSE(second.resumed);
}

INSTANTIATE_TEST_SUITE_P(Versions, TicketKeysTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

}  // namespace

}  // namespace owb::net
