#include "broker/net/tls/tls_context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/broker/net/tls/handshake.hpp"
#include "tests/broker/net/tls/test_authority.hpp"

namespace owb::net {

namespace {

using test::shake_hands;
using testing::HasSubstr;
using testing::ThrowsMessage;

class TlsContextTest : public testing::Test {
 protected:
  TlsContextTest() {
    test::TestAuthority authority;
    const auto server = authority.issue("cloud.example.org");
    test::write_file(folder_.file("chain.pem"), server.certificate_pem());
    test::write_file(folder_.file("key.pem"), server.key_pem());
    config_.certificate =
        std::make_shared<ServerCertificate>(folder_.file("chain.pem"), folder_.file("key.pem"));
  }

  bool accepts(int version) {
    const auto context = make_server_context(config_);
    return shake_hands(context.get(), {.lowest = version, .highest = version}).done;
  }

  test::TemporaryFolder folder_;
  TlsListenerConfig config_;
};

TEST_F(TlsContextTest, AcceptsOneTwoAndNewerUnlessToldOtherwise) {
  EXPECT_FALSE(accepts(TLS1_1_VERSION));
  EXPECT_TRUE(accepts(TLS1_2_VERSION));
  EXPECT_TRUE(accepts(TLS1_3_VERSION));
  config_.tls_version = "tlsv1.3";
  EXPECT_FALSE(accepts(TLS1_2_VERSION));
  EXPECT_TRUE(accepts(TLS1_3_VERSION));
}

TEST_F(TlsContextTest, GivesNoSessionTicketsWithoutKeysForThem) {
  const auto context = make_server_context(config_);
  EXPECT_FALSE(shake_hands(context.get(), {.highest = TLS1_2_VERSION}).resumable);
  EXPECT_FALSE(shake_hands(context.get()).resumable);
}

TEST_F(TlsContextTest, F35_NeverRenegotiates) {
  const auto context = make_server_context(config_);
  const auto options = SSL_CTX_get_options(context.get());
  EXPECT_TRUE((options & SSL_OP_NO_RENEGOTIATION) != 0);
  EXPECT_TRUE((options & SSL_OP_NO_COMPRESSION) != 0);
}

TEST_F(TlsContextTest, NamesTheSettingAtFault) {
  const auto refused = [this](auto change, const char* text) {
    auto config = config_;
    change(config);
    EXPECT_THAT([&] { make_server_context(config); },
                ThrowsMessage<std::runtime_error>(HasSubstr(text)));
  };
  refused([](auto& config) { config.tls_version = "sslv3"; }, "tls_version sslv3");
  refused([](auto& config) { config.ciphers = "NO-SUCH-CIPHER"; }, "ciphers NO-SUCH-CIPHER");
  refused([](auto& config) { config.ciphers_tls13 = "NONE"; }, "ciphers_tls1.3 NONE");
  refused([](auto& config) { config.certificate = nullptr; }, "certfile");
}

}  // namespace

}  // namespace owb::net
