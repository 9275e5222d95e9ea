#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/broker/net/web/web_fixture.hpp"

namespace owb::net::web {

namespace {

using test::WebClient;
using Record = test::FakeGate::Record;

const std::string kConnect = "\x10\x02zz";

class WebSocketTest : public test::WebFixture {
 protected:
  WebSocketTest() { start(); }

  /// Upgraded without a cookie, and routed to a worker by a CONNECT whose echo has come back.
  WebClient connect_and_route() {
    auto client = connect();
    EXPECT_EQ(client.upgrade("/mqtt").status, 101);
    client.send_frame(2, kConnect);
    EXPECT_EQ(client.read_payload(kConnect.size()), kConnect);
    return client;
  }
};

// [MQTT-6.0.0-4], [MQTT5-6.0.0-4]
TEST_F(WebSocketTest, SpeaksMqttOnThreePathsWithBothSubprotocols) {
  for (const char* path : {"/mqtt", "/ws", "/"}) {
    for (const std::string offered : {"mqtt", "mqttv3.1", "foo, mqtt", "mqttv3.1, mqtt"}) {
      SCOPED_TRACE(path + std::string{" "} + offered);
      auto client = connect();
      const auto reply = client.upgrade(path, {}, offered);
      EXPECT_EQ(reply.status, 101);
      EXPECT_EQ(reply.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      EXPECT_EQ(reply.header("Sec-WebSocket-Protocol"),
                offered.starts_with("mqttv3.1") ? "mqttv3.1" : "mqtt");
    }
  }
}

TEST_F(WebSocketTest, OffersOnlyHttp11) {
  EXPECT_EQ(connect().alpn(), "http/1.1");
}

TEST_F(WebSocketTest, F41_RefusesUpgradesThatAreNotForUs) {
  EXPECT_EQ(connect().upgrade("/mqtt", {}, "").status, 400);
  EXPECT_EQ(connect().upgrade("/mqtt", {}, "chat").status, 400);
  EXPECT_EQ(connect().upgrade("/mqtt", {}, "MQTT").status, 400);
  EXPECT_EQ(connect().upgrade("/elsewhere").status, 404);
  // The name under which libwebsockets knows our HTTP handler.
  EXPECT_EQ(connect().upgrade("/mqtt", {}, "http, mqtt").status, 0);
}

TEST_F(WebSocketTest, F41_RefusesOtherVersionsAndOtherProtocols) {
  auto old = connect();
  const auto reply = old.ask(
      "GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n"
      "Sec-WebSocket-Protocol: mqtt\r\n\r\n");
  EXPECT_EQ(reply.status, 426);
  EXPECT_EQ(reply.header("Sec-WebSocket-Version"), "13");

  auto h2c = connect();
  EXPECT_NE(h2c.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
                .status,
            101);
  auto tunnel = connect();
  EXPECT_EQ(tunnel.ask("CONNECT other.example:443 HTTP/1.1\r\nHost: a\r\n\r\n").status, 0);
}

TEST_F(WebSocketTest, AValidCookieWithItsOwnOriginIsAnIdentity) {
  auto client = connect();
  EXPECT_EQ(client.upgrade("/mqtt", login() + std::string{test::kOwnOrigin}).status, 101);
  ASSERT_TRUE(gate_.wait_for([](const Record& r) { return !r.opened.empty(); }));
  const auto peer = gate_.record().opened[0];
  ASSERT_TRUE(peer.identity);
  EXPECT_EQ(peer.identity->tenant, "alice");
  EXPECT_NE(peer.identity->tenant_uid, 0U);
  EXPECT_EQ(peer.identity->session_id.size(), 16U);
  EXPECT_EQ(peer.identity->role, WebRole::owner);
  EXPECT_EQ(peer.address, "203.0.113.7");
  EXPECT_EQ(peer.port, 50'123);
  // Routed at once: the worker hears of it before any CONNECT.
  EXPECT_EQ(gate_.record().received, "");
}

TEST_F(WebSocketTest, AViewerIsTold) {
  auto client = connect();
  EXPECT_EQ(
      client.upgrade("/mqtt", login(tenants::Role::viewer) + std::string{test::kOwnOrigin}).status,
      101);
  ASSERT_TRUE(gate_.wait_for([](const Record& r) { return !r.opened.empty(); }));
  EXPECT_EQ(gate_.record().opened[0].identity->role, WebRole::viewer);
}

TEST_F(WebSocketTest, F41_ACookieFromAForeignPageIsRefused) {
  const auto cookie = login();
  for (const char* origin :
       {"", "Origin: https://evil.example\r\n", "Origin: https://cloud.example.org\r\n",
        "Origin: null\r\n", "Origin: http://cloud.example.org:8443\r\n",
        "Origin: https://www.cloud.example.org:8443\r\n",
        "Origin: https://cloud.example.org:8443\r\n"
        "Origin: https://evil.example\r\n"}) {
    SCOPED_TRACE(origin);
    const auto status = connect().upgrade("/mqtt", cookie + origin).status;
    EXPECT_TRUE(status == 403 || status == 400) << status;
  }
  EXPECT_TRUE(gate_.record().opened.empty());
}

TEST_F(WebSocketTest, F45_ARevokedOrForgedCookieIsA401) {
  const auto cookie = login();
  EXPECT_EQ(connect().upgrade("/mqtt", "Cookie: __Host-owb=nonsense\r\n").status, 401);
  revoke_sessions();
  EXPECT_EQ(connect().upgrade("/mqtt", cookie + std::string{test::kOwnOrigin}).status, 401);
  EXPECT_EQ(connect().upgrade("/mqtt", "Cookie: session=other; lang=de\r\n").status, 101);
}

TEST_F(WebSocketTest, WithoutACookieTheFirstPacketDecides) {
  auto client = connect();
  ASSERT_EQ(client.upgrade("/mqtt").status, 101);
  client.send_frame(2, kConnect.substr(0, 1));
  client.send_frame(2, kConnect.substr(1) + "rest");
  EXPECT_EQ(client.read_payload(8), kConnect + "rest");
  EXPECT_FALSE(gate_.record().opened.at(0).identity);

  auto stranger = connect();
  ASSERT_EQ(stranger.upgrade("/mqtt").status, 101);
  stranger.send_frame(2, "GET / HTTP/1.1\r\n");
  EXPECT_EQ(stranger.read_close_code(), 1002);
}

// [MQTT-6.0.0-2], [MQTT5-6.0.0-2], [MQTT-7.1.1-1], [MQTT5-4.2.0-1]
TEST_F(WebSocketTest, F41_PacketsMayBeSplitAndMergedOverFrames) {
  auto client = connect_and_route();
  // Three packets in two and a half frames, one of them fragmented, a ping between the fragments.
  std::string bytes;
  bytes += WebClient::make_frame(2, "one-tw");
  bytes += WebClient::make_frame(2, "o-th", false);
  bytes += WebClient::make_frame(9, "still there?");
  bytes += WebClient::make_frame(0, "", false);
  bytes += WebClient::make_frame(0, "ree");
  for (const char byte : bytes) {
    client.send({&byte, 1});
  }
  std::string payload;
  std::string pong;
  while (payload.size() < 13) {
    const auto frame = client.read_frame();
    ASSERT_TRUE(frame);
    (frame->opcode == 10 ? pong : payload) += frame->payload;
  }
  EXPECT_EQ(payload, "one-two-three");
  EXPECT_EQ(pong, "still there?");
}

TEST_F(WebSocketTest, CarriesLargeFramesInBothDirections) {
  auto client = connect_and_route();
  std::string large(300'000, 'x');
  for (std::size_t i = 0; i < large.size(); ++i) {
    large[i] = static_cast<char>('a' + static_cast<char>(i % 26));
  }
  client.send_frame(2, large);
  EXPECT_EQ(client.read_payload(large.size()), large);
  gate_.send(large);
  EXPECT_EQ(client.read_payload(large.size()), large);
  EXPECT_TRUE(gate_.wait_for(
      [&](const Record& r) { return r.sent == kConnect.size() + 2 * large.size(); }));
}

// [MQTT-6.0.0-1], [MQTT5-6.0.0-1]
TEST_F(WebSocketTest, F41_TextFramesAreRefusedWith1003) {
  auto client = connect_and_route();
  client.send_frame(1, "hello");
  EXPECT_EQ(client.read_close_code(), 1003);
  client.send_frame(8, "\x03\xeb");
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.closed == 1; }));

  auto empty = connect_and_route();
  empty.send_frame(1, "");
  EXPECT_EQ(empty.read_close_code(), 1003);
}

TEST_F(WebSocketTest, F41_BrokenFramesEndTheConnection) {
  struct Case {
    const char* what;
    std::string bytes;
  };

  const std::vector<Case> cases{
      {"continuation without start", WebClient::make_frame(0, "x")},
      {"fragmented ping", WebClient::make_frame(9, "x", false)},
      {"unknown opcode", WebClient::make_frame(3, "x")},
      {"reserved bit", "\xC2\x80\x01\x02\x03\x04"},
      {"new message inside a message",
       WebClient::make_frame(2, "x", false) + WebClient::make_frame(2, "y")},
      {"length of 2^63", std::string{"\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00", 10}},
      {"long ping", WebClient::make_frame(9, std::string(126, 'p'))},
  };
  std::size_t ended = 0;
  for (const auto& broken : cases) {
    SCOPED_TRACE(broken.what);
    auto client = connect_and_route();
    client.send(broken.bytes);
    auto frame = client.read_frame();
    while (frame && frame->opcode == 2) {
      frame = client.read_frame();
    }
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, 8);
    EXPECT_EQ(frame->payload.substr(0, 2), "\x03\xea");
    client = connect();  // the old one hangs up
    ++ended;
    EXPECT_TRUE(gate_.wait_for([&](const Record& r) { return r.closed == ended; }));
  }
}

TEST_F(WebSocketTest, F41_AFloodOfPingsIsAnsweredWithinBounds) {
  auto client = connect_and_route();
  std::string flood;
  for (int i = 0; i < 5'000; ++i) {
    flood += WebClient::make_frame(9, std::string(100, 'p'));
  }
  client.send(flood);
  client.send_frame(2, "done");
  std::size_t pongs = 0;
  for (;;) {
    const auto frame = client.read_frame();
    ASSERT_TRUE(frame);
    if (frame->opcode == 2) {
      EXPECT_EQ(frame->payload, "done");
      break;
    }
    pongs += frame->opcode == 10 ? 1U : 0U;
  }
  EXPECT_GE(pongs, 1U);
  EXPECT_LT(pongs, 5'000U);  // one pong is kept, never a queue of them
}

TEST_F(WebSocketTest, TheCloseHandshakeIsAnswered) {
  auto client = connect_and_route();
  client.send_frame(8, "\x03\xe8");
  EXPECT_EQ(client.read_close_code(), 1000);
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.closed == 1; }));
}

TEST_F(WebSocketTest, F42_AVanishedTabIsReported) {
  { auto client = connect_and_route(); }
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.closed == 1 && r.sockets_gone == 1; }));
}

TEST_F(WebSocketTest, AWorkerClosesAfterEverythingItSaid) {
  auto client = connect_and_route();
  gate_.send("last words");
  gate_.command(WsCommand::Kind::close, 1008);
  EXPECT_EQ(client.read_payload(10), "last words");
  EXPECT_EQ(client.read_close_code(), 1008);
}

TEST_F(WebSocketTest, F41_BothSidesMayCloseAtTheSameTime) {
  auto client = connect_and_route();
  gate_.command(WsCommand::Kind::close, 1000);
  client.send_frame(8, "\x03\xe9");
  const int code = client.read_close_code();
  EXPECT_TRUE(code == 1000 || code == 1001) << code;
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.closed == 1; }));
}

TEST_F(WebSocketTest, ReadingPausesAndResumes) {
  auto client = connect_and_route();
  gate_.command(WsCommand::Kind::pause_reading);
  gate_.send("paused");
  EXPECT_EQ(client.read_payload(6), "paused");
  client.send_frame(2, "held back");
  client.send_frame(2, " and more");
  EXPECT_TRUE(client.silent_for(200));
  gate_.command(WsCommand::Kind::resume_reading);
  EXPECT_EQ(client.read_payload(18), "held back and more");
}

TEST_F(WebSocketTest, F37_ABrowserThatDoesNotReadIsCutOffAtTheCap) {
  config_.listeners[0].max_packet = 1U << 20;
  server_->stop();
  start();
  auto client = connect_and_route();
  const std::string block(1U << 20, 'b');
  for (int i = 0; i < 20; ++i) {
    gate_.send(block);
  }
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.closed >= 1; }));
}

TEST_F(WebSocketTest, StoppingSaysGoodbyeWith1001) {
  auto client = connect_and_route();
  auto idle = connect();
  server_->stop();
  EXPECT_EQ(client.read_close_code(), 1001);
  EXPECT_TRUE(idle.ends());
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.closed == 1 && r.sockets_gone == 2; }));
}

TEST_F(WebSocketTest, CommandsForConnectionsThatAreGoneAreDropped) {
  { auto client = connect_and_route(); }
  ASSERT_TRUE(gate_.wait_for([](const Record& r) { return r.closed == 1; }));
  gate_.send("to nobody");
  gate_.command(WsCommand::Kind::close);
  auto next = connect_and_route();
  EXPECT_TRUE(next.silent_for(50));
}

}  // namespace

}  // namespace owb::net::web
