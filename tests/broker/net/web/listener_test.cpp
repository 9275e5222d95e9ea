#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/broker/net/web/web_fixture.hpp"

namespace owb::net::web {

namespace {

using test::WebClient;
using Record = test::FakeGate::Record;

const std::string kConnect = "\x10\x02zz";

/// Listeners of every kind, and what they have to do with TLS.
class ListenerTest : public test::WebFixture {
 protected:
  static constexpr std::size_t kCertified = 1;
  static constexpr std::size_t kPlain = 2;

  ListenerTest() {
    owb::net::test::write_file(ca_, authority_.certificate_pem());
    owb::net::test::write_file(crl_, authority_.revocation_list_pem({}));
    trust_ = std::make_shared<ClientTrust>(ca_, crl_);
    config_.listeners.resize(3);
    config_.listeners[kCertified].tls = config_.listeners[0].tls;
    config_.listeners[kCertified].tls.client_trust = trust_;
    config_.listeners[kCertified].client_name = ClientNameFrom::common_name;
    start();
  }

  WebClient with_certificate(const owb::net::test::TestCertificate& certificate) {
    return connect(WebClient::Transport::tls, kCertified, &certificate);
  }

  std::string ca_ = folder_.file("ca.pem");
  std::string crl_ = folder_.file("crl.pem");
  std::shared_ptr<ClientTrust> trust_;
  owb::net::test::TestCertificate alice_ = authority_.issue("alice");
};

TEST_F(ListenerTest, F43_AClientCertificateIsCheckedAndItsNameToldOverWebSocketToo) {
  auto client = with_certificate(alice_);
  ASSERT_EQ(client.upgrade("/mqtt").status, 101);
  client.send_frame(2, kConnect);
  EXPECT_EQ(client.read_payload(4), kConnect);
  const auto peer = gate_.record().opened.at(0);
  EXPECT_EQ(peer.listener, kCertified);
  EXPECT_EQ(peer.certificate_name, "alice");

  EXPECT_EQ(connect(WebClient::Transport::tls, kCertified).upgrade("/mqtt").status, 0);
  owb::net::test::TestAuthority other{"another CA"};
  EXPECT_EQ(with_certificate(other.issue("alice")).upgrade("/mqtt").status, 0);
}

TEST_F(ListenerTest, F43_ARevokedCertificateIsRefusedFromNowOn) {
  EXPECT_EQ(with_certificate(alice_).upgrade("/mqtt").status, 101);
  owb::net::test::write_file(crl_, authority_.revocation_list_pem({&alice_}));
  EXPECT_EQ(trust_->reload_if_changed().kind, Reload::Kind::replaced);
  EXPECT_EQ(with_certificate(alice_).upgrade("/mqtt").status, 0);
}

TEST_F(ListenerTest, F43_ANameThatIsNotPlainTextIsRefused) {
  using namespace std::string_view_literals;
  for (const auto name : {"alice\0bob"sv, "\xff\xfe"sv}) {
    // Bytes that are no UTF-8 may end in the handshake already.
    EXPECT_NE(with_certificate(authority_.issue(name)).upgrade("/mqtt").status, 101);
  }
  EXPECT_EQ(with_certificate(authority_.issue_nameless()).upgrade("/mqtt").status, 403);
}

TEST_F(ListenerTest, F43_NoServerNameOrHostLeadsToAnotherListener) {
  auto client = connect(WebClient::Transport::tls, 0);
  const auto reply = client.ask(
      "GET /mqtt HTTP/1.1\r\nHost: listener 1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: mqtt\r\n\r\n");
  EXPECT_EQ(reply.status, 400);
}

TEST_F(ListenerTest, APlainListenerSpeaksHttpAndWebSocket) {
  auto client = connect(WebClient::Transport::plain, kPlain);
  const auto page = client.get("/", login());
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.header("Strict-Transport-Security"), "");
  EXPECT_THAT(page.header("Content-Security-Policy"),
              testing::HasSubstr("ws://cloud.example.org:8443"));
  auto socket = connect(WebClient::Transport::plain, kPlain);
  EXPECT_EQ(socket.upgrade("/mqtt").status, 101);
}

TEST_F(ListenerTest, PlainHttpOnATlsPortIsHungUpOn) {
  auto client = connect(WebClient::Transport::plain, 0);
  EXPECT_EQ(client.get("/").status, 0);
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.sockets_gone == 1; }));
}

TEST_F(ListenerTest, F35_BytesThatAreNoHandshakeEndTheConnectionAtOnce) {
  for (int i = 0; i < 20; ++i) {
    auto [client, server] = test::tcp_pair();
    ASSERT_EQ(::send(client.get(), "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);  // there before adoption
    server_->adopt(0, server.release(), "203.0.113.9", 1, gate_.ticket());
  }
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.sockets_gone == 20; }));
  EXPECT_EQ(connect().get("/assets/app-1a2b3c.js").status, 200);
}

TEST_F(ListenerTest, F35_ASocketIsHalfOpenUntilItsFirstWholeRequest) {
  auto client = connect();
  client.send("GET /assets/app-1a2b3c.js HTTP/1.1\r\n");
  EXPECT_TRUE(client.silent_for(50));
  EXPECT_EQ(gate_.record().sockets_established, 0U);
  client.send("Host: a\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_EQ(client.get("/assets/app-1a2b3c.js").status, 200);
  EXPECT_EQ(gate_.record().sockets_established, 1U);
  auto socket = connect();
  EXPECT_EQ(socket.upgrade("/mqtt").status, 101);
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.sockets_established == 2; }));
  EXPECT_EQ(gate_.record().sockets_gone, 0U);
}

TEST_F(ListenerTest, StoppingWhileHandshakesFailIsClean) {
  for (int i = 0; i < 20; ++i) {
    auto [client, server] = test::tcp_pair();
    ASSERT_EQ(::send(client.get(), "no handshake", 12, 0), 12);
    server_->adopt(0, server.release(), "203.0.113.9", 1, gate_.ticket());
  }
  server_->stop();
  EXPECT_EQ(gate_.record().sockets_gone, 20U);
}

TEST_F(ListenerTest, F54_ARenewedCertificateIsShownAndOpenConnectionsStay) {
  auto before = connect();
  ASSERT_EQ(before.upgrade("/mqtt").status, 101);
  const auto renewed = authority_.issue("cloud.example.org");
  owb::net::test::write_file(folder_.file("chain.pem"), renewed.certificate_pem());
  owb::net::test::write_file(folder_.file("key.pem"), renewed.key_pem());
  const auto& certificate = config_.listeners[0].tls.certificate;
  EXPECT_EQ(std::const_pointer_cast<ServerCertificate>(certificate)->reload_if_changed().kind,
            Reload::Kind::replaced);
  EXPECT_EQ(connect().server_serial(), renewed.serial());
  before.send_frame(2, kConnect);
  EXPECT_EQ(before.read_payload(4), kConnect);
}

TEST_F(ListenerTest, SocketsAreSpreadOverThreads) {
  server_->stop();
  config_.threads = 3;
  start();
  std::vector<WebClient> clients;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(connect());
    ASSERT_EQ(clients.back().upgrade("/mqtt").status, 101);
    clients.back().send_frame(2, kConnect);
    EXPECT_EQ(clients.back().read_payload(4), kConnect);
  }
  std::map<std::uint32_t, int> used;
  for (const auto& id : gate_.record().ids) {
    ++used[id.thread];
  }
  EXPECT_THAT(
      used, testing::ElementsAre(testing::Pair(0U, 3), testing::Pair(1U, 3), testing::Pair(2U, 3)));
}

TEST_F(ListenerTest, TheProgramsSignalHandlersAreLeftAlone) {
  struct sigaction before {};

  struct sigaction mine {};

  mine.sa_handler = SIG_IGN;
  ::sigaction(SIGTERM, &mine, &before);
  server_->stop();
  start();

  struct sigaction now {};

  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_IGN);
  server_->stop();
  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_IGN);
  ::sigaction(SIGTERM, &before, nullptr);
}

/// A broker without pages: MQTT over WebSocket only.
TEST_F(ListenerTest, WithoutPagesThereIsOnlyWebSocket) {
  server_->stop();
  config_.www_dir.clear();
  config_.registry_path.clear();
  start();
  EXPECT_EQ(connect().get("/").status, 404);
  EXPECT_EQ(connect().get("/login").status, 404);
  EXPECT_EQ(connect().upgrade("/mqtt").status, 101);
  EXPECT_EQ(connect().upgrade("/mqtt", "Cookie: __Host-owb=x\r\n").status, 401);
}

TEST_F(ListenerTest, ListedOriginsReplaceTheOwnHost) {
  server_->stop();
  config_.origins = {"https://dash.example.org"};
  start();
  const auto cookie = login();
  EXPECT_EQ(connect().upgrade("/mqtt", cookie + "Origin: https://dash.example.org\r\n").status,
            101);
  EXPECT_EQ(connect().upgrade("/mqtt", cookie + std::string{test::kOwnOrigin}).status, 403);
}

TEST(WebServerStart, NamesTheSettingAtFault) {
  test::FakeGate gate;
  WebConfig config;
  config.listeners.resize(1);
  config.www_dir = "/nowhere/www";
  WebServer without_folder{config, gate};
  EXPECT_THAT([&] { without_folder.start(); },
              testing::ThrowsMessage<std::runtime_error>(
                  testing::HasSubstr("www_dir /nowhere/www: No such file")));
  config.www_dir.clear();
  owb::net::test::TemporaryFolder folder;
  owb::net::test::TestAuthority authority;
  const auto certificate = authority.issue("a");
  owb::net::test::write_file(folder.file("c.pem"), certificate.certificate_pem());
  owb::net::test::write_file(folder.file("k.pem"), certificate.key_pem());
  config.listeners[0].tls.certificate =
      std::make_shared<ServerCertificate>(folder.file("c.pem"), folder.file("k.pem"));
  config.listeners[0].tls.tls_version = "sslv3";
  WebServer with_old_tls{config, gate};
  EXPECT_THAT([&] { with_old_tls.start(); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("listener 0")));
  config.listeners.clear();
  config.registry_path = "/nowhere/registry.db";
  WebServer without_registry{config, gate};
  EXPECT_THAT([&] { without_registry.start(); },
              testing::ThrowsMessage<std::runtime_error>(
                  testing::HasSubstr("registry /nowhere/registry.db")));
}

}  // namespace

}  // namespace owb::net::web
