#include "broker/net/tls/server_certificate.hpp"

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

class ServerCertificateTest : public testing::Test {
 protected:
  ServerCertificateTest() {
    put_chain(first_);
    put_key(first_);
    certificate_ = std::make_shared<ServerCertificate>(chain_, key_);
    context_ = make_server_context({.certificate = certificate_});
  }

  void put_chain(const test::TestCertificate& which) {
    write_file(chain_, which.certificate_pem() + authority_.certificate_pem());
  }

  void put_key(const test::TestCertificate& which) { write_file(key_, which.key_pem()); }

  test::TemporaryFolder folder_;
  std::string chain_ = folder_.file("fullchain.pem");
  std::string key_ = folder_.file("privkey.pem");
  test::TestAuthority authority_;
  test::TestCertificate first_ = authority_.issue("cloud.example.org");
  test::TestCertificate second_ = authority_.issue("cloud.example.org");
  std::shared_ptr<ServerCertificate> certificate_;
  SslContext context_;
};

TEST_F(ServerCertificateTest, IsShownToClientsWithAndWithoutSni) {
  for (const char* name : {static_cast<const char*>(nullptr), "cloud.example.org", "other.net"}) {
    const auto seen = shake_hands(context_.get(), {.server_name = name});
    EXPECT_TRUE(seen.done);
    EXPECT_EQ(seen.server_serial, first_.serial());
  }
}

TEST_F(ServerCertificateTest, IsNotReadAgainWhileTheFilesStayTheSame) {
  EXPECT_EQ(certificate_->reload_if_changed().kind, Reload::Kind::unchanged);
}

TEST_F(ServerCertificateTest, F54_ARenewedPairIsShownByTheNextHandshake) {
  put_chain(second_);
  put_key(second_);
  EXPECT_EQ(certificate_->reload_if_changed().kind, Reload::Kind::replaced);
  EXPECT_EQ(shake_hands(context_.get()).server_serial, second_.serial());
}

TEST_F(ServerCertificateTest, F54_BetweenTheTwoStepsOfARenewalTheOldPairServes) {
  put_chain(second_);
  const auto between = certificate_->reload_if_changed();
  EXPECT_EQ(between.kind, Reload::Kind::refused);
  EXPECT_THAT(between.reason, HasSubstr(key_));
  const auto seen = shake_hands(context_.get());
  EXPECT_TRUE(seen.done);
  EXPECT_EQ(seen.server_serial, first_.serial());

  put_key(second_);
  EXPECT_EQ(certificate_->reload_if_changed().kind, Reload::Kind::replaced);
  EXPECT_EQ(shake_hands(context_.get()).server_serial, second_.serial());
}

TEST_F(ServerCertificateTest, F54_ADamagedOrMissingFileLeavesTheOldPair) {
  write_file(chain_, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  EXPECT_EQ(certificate_->reload_if_changed().kind, Reload::Kind::refused);
  std::filesystem::remove(chain_);
  EXPECT_EQ(certificate_->reload_if_changed().kind, Reload::Kind::refused);
  EXPECT_EQ(shake_hands(context_.get()).server_serial, first_.serial());
}

TEST_F(ServerCertificateTest, ServesOnThoughTheObjectIsGone) {
  certificate_.reset();
  EXPECT_TRUE(shake_hands(context_.get()).done);
}

TEST_F(ServerCertificateTest, NamesTheFileAtFaultAtTheStart) {
  EXPECT_THAT([&] { ServerCertificate(folder_.file("none.pem"), key_); },
              ThrowsMessage<std::runtime_error>(HasSubstr("none.pem: No such file")));
  EXPECT_THAT(
      [&] { ServerCertificate(chain_, chain_); },
      ThrowsMessage<std::runtime_error>(HasSubstr("fullchain.pem: no readable private key")));
  put_key(second_);
  EXPECT_THAT([&] { ServerCertificate(chain_, key_); },
              ThrowsMessage<std::runtime_error>(HasSubstr("does not belong to the certificate")));
}

}  // namespace

}  // namespace owb::net
