#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/broker/net/web/web_fixture.hpp"

namespace owb::net::web {

namespace {

using namespace std::chrono_literals;
using test::WebClient;
using Record = test::FakeGate::Record;

const std::string kConnect = "\x10\x02zz";

/// How a TLS client begins.
std::string client_hello() {
  const SslContext context{SSL_CTX_new(TLS_client_method())};
  const std::unique_ptr<SSL, OpensslFree<SSL_free>> ssl{SSL_new(context.get())};
  auto* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
  SSL_connect(ssl.get());
  const char* data = nullptr;
  const auto size = BIO_get_mem_data(out, &data);
  return {data, static_cast<std::size_t>(size)};
}

bool has_input(const UniqueFd& socket) {
  char byte = 0;
  return ::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

/// Browsers that are slow, silent or pushy (F35).
class PatienceTest : public test::WebFixture {
 protected:
  PatienceTest() {
    config_.times.head = 400ms;
    config_.times.keep_alive = 400ms;
    config_.times.body = 400ms;
    config_.times.send = 400ms;
    config_.times.connect = 400ms;
    config_.times.close = 400ms;
    config_.times.portal = 600ms;
  }

  /// Sends a byte now and then until the server hangs up; whether it did.
  static bool dripping_is_ended(WebClient& client, std::string_view bytes) {
    for (const char byte : bytes) {
      if (!client.send({&byte, 1})) {
        return true;
      }
      if (!client.silent_for(50)) {
        return client.ends();
      }
    }
    return client.ends();
  }
};

TEST_F(PatienceTest, F35_ASilentConnectionIsEnded) {
  start();
  auto plain = connect(WebClient::Transport::plain);  // TCP only: no handshake comes
  EXPECT_TRUE(plain.ends());
  auto client = connect();
  EXPECT_TRUE(client.ends());
}

TEST_F(PatienceTest, F35_AHeadThatDripsIsEnded) {
  start();
  auto client = connect();
  EXPECT_TRUE(dripping_is_ended(
      client, "GET /assets/app-1a2b3c.js HTTP/1.1\r\nHost: cloud.example.org\r\n\r\n"));
}

TEST_F(PatienceTest, F35_ABodyThatDripsIsEnded) {
  start();
  auto client = connect();
  client.send("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
  EXPECT_TRUE(dripping_is_ended(client, std::string(99, 'b')));
}

TEST_F(PatienceTest, F35_AKeptConnectionIsEndedWhenNothingComes) {
  start();
  auto client = connect();
  EXPECT_EQ(client.get("/assets/app-1a2b3c.js").status, 200);
  EXPECT_TRUE(client.ends());
  auto dripping = connect();
  EXPECT_EQ(dripping.get("/assets/app-1a2b3c.js").status, 200);
  EXPECT_TRUE(dripping_is_ended(dripping, "GET /assets/app-1a2b3c.js HTTP/1.1\r\nHost: a\r\n"));
}

TEST_F(PatienceTest, F35_AWebSocketWithoutConnectIsEnded) {
  start();
  auto client = connect();
  ASSERT_EQ(client.upgrade("/mqtt").status, 101);
  client.send_frame(2, kConnect.substr(0, 1));
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(gate_.record().opened.size(), 0U);
}

TEST_F(PatienceTest, OnceConnectedAWebSocketMayBeSilent) {
  start();
  auto client = connect();
  ASSERT_EQ(client.upgrade("/mqtt").status, 101);
  client.send_frame(2, kConnect);
  EXPECT_EQ(client.read_payload(4), kConnect);
  EXPECT_TRUE(client.silent_for(900));
  client.send_frame(2, "awake");
  EXPECT_EQ(client.read_payload(5), "awake");
}

TEST_F(PatienceTest, AReaderThatStopsReadingIsEnded) {
  put_page("assets/large.bin", std::string(7'000'000, 'l'));
  start();
  auto client = connect();
  client.send("GET /assets/large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.sockets_gone == 1; }));
}

TEST_F(PatienceTest, AReaderThatIsSlowGetsItAll) {
  put_page("assets/large.bin", std::string(7'000'000, 'l'));
  start();
  auto client = connect();
  client.send("GET /assets/large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(client.silent_for(200));
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(client.read_reply().body.size(), 7'000'000U);
}

TEST_F(PatienceTest, AWebSocketThatIgnoresTheCloseIsEnded) {
  start();
  auto client = connect();
  ASSERT_EQ(client.upgrade("/mqtt").status, 101);
  client.send_frame(2, kConnect);
  EXPECT_EQ(client.read_payload(4), kConnect);
  gate_.command(WsCommand::Kind::close, 1000);
  EXPECT_EQ(client.read_close_code(), 1000);
  EXPECT_TRUE(client.ends());
}

TEST_F(PatienceTest, AReaderThatStopsReadingDoesNotHoldUpTheStop) {
  config_.times.send = 20'000ms;
  start();
  auto client = connect();
  ASSERT_EQ(client.upgrade("/mqtt").status, 101);
  client.send_frame(2, kConnect);
  EXPECT_EQ(client.read_payload(4), kConnect);
  for (int i = 0; i < 7; ++i) {
    gate_.send(std::string(1U << 20, 'l'));
  }
  const auto begin = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_EQ(gate_.record().closed, 1U);
}

TEST_F(PatienceTest, F52_WhatIsDroppedIsGoneAtOnce) {
  config_.times.send = 600'000ms;
  start();
  auto client = connect();
  ASSERT_EQ(client.upgrade("/mqtt").status, 101);
  client.send_frame(2, kConnect);
  EXPECT_EQ(client.read_payload(4), kConnect);
  for (int i = 0; i < 7; ++i) {
    gate_.send(std::string(1U << 20, 'l'));
  }
  gate_.command(WsCommand::Kind::drop, 1008);
  EXPECT_TRUE(gate_.wait_for([](const Record& r) { return r.closed == 1 && r.sockets_gone == 1; }));
}

TEST_F(PatienceTest, F35_ACrowdOfSilentConnectionsHoldsNobodyUp) {
  config_.times.head = 10'000ms;
  start();
  std::vector<UniqueFd> crowd;
  for (int i = 0; i < 300; ++i) {
    auto [client, server] = test::tcp_pair();
    server_->adopt(0, server.release(), "198.51.100.1", 1, gate_.ticket());
    crowd.push_back(std::move(client));
  }
  std::vector<WebClient> half;
  for (int i = 0; i < 60; ++i) {
    half.push_back(connect());
    half.back().send("GET / HTTP/1.1\r\nHost:");
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(connect().get("/assets/app-1a2b3c.js").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 8s);
}

/// CPU time of this process, the web thread's and the test's.
std::chrono::nanoseconds cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

/// A request pipelined behind one that is not answered yet must not make libwebsockets poll in
/// circles.
class PipelineTest : public test::WebFixture {
 protected:
  PipelineTest() {
    put_page("assets/large.bin", std::string(7'000'000, 'l'));
    portal_.server().Get(".*", [this](const httplib::Request&, httplib::Response&) {
      while (!go_on_) {
        std::this_thread::sleep_for(10ms);
      }
    });
    portal_.start();
    start();
  }

  ~PipelineTest() override {
    go_on_ = true;
    server_->stop();
    portal_.stop();
  }

  void expect_quiet() {
    std::this_thread::sleep_for(100ms);
    const auto before = cpu_time();
    std::this_thread::sleep_for(300ms);
    EXPECT_LT(cpu_time() - before, 100ms);
  }

  static constexpr std::string_view kSecond = "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n";

  std::atomic<bool> go_on_ = false;
  test::FakePortal portal_{config_.portal_socket};
};

TEST_F(PipelineTest, F41_BehindAWaitingPortalInTheSameSegment) {
  auto client = connect();
  client.send("GET /login HTTP/1.1\r\nHost: a\r\n\r\n" + std::string{kSecond});
  expect_quiet();
}

TEST_F(PipelineTest, F41_BehindAWaitingPortalInASegmentOfItsOwn) {
  auto client = connect();
  client.send("GET /login HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  client.send(kSecond);
  expect_quiet();
}

TEST_F(PipelineTest, F41_BehindAPostThatWaits) {
  auto client = connect();
  client.send("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" +
              std::string{kSecond});
  expect_quiet();
}

TEST_F(PipelineTest, F41_BehindARefusal) {
  for (const std::string length : {"0, 0", "-1", "5, 5"}) {
    auto client = connect();
    client.send("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n" +
                std::string{kSecond});
    expect_quiet();
  }
}

TEST_F(PipelineTest, F41_BehindAnAnswerNobodyReads) {
  auto client = connect();
  client.send("GET /assets/large.bin HTTP/1.1\r\nHost: a\r\n\r\n" + std::string{kSecond});
  expect_quiet();
  client.send(kSecond);
  expect_quiet();
}

TEST_F(PatienceTest, F36_ACrowdOfHandshakesComesBehindWhoIsIn) {
  constexpr std::size_t kCrowd = 64;
  const auto hello = client_hello();
  std::vector<UniqueFd> crowd;
  std::vector<UniqueFd> others;
  for (std::size_t i = 0; i < kCrowd; ++i) {
    auto [client, server] = test::tcp_pair();
    ASSERT_EQ(::send(client.get(), hello.data(), hello.size(), 0),
              static_cast<ssize_t>(hello.size()));
    crowd.push_back(std::move(client));
    others.push_back(std::move(server));
  }
  const auto served = [&crowd] {
    return static_cast<std::size_t>(std::ranges::count_if(crowd, has_input));
  };
  // All of them come in the very turn in which somebody who is in asks for something, and before it
  // is over somebody else does.
  std::optional<WebClient> second;
  std::optional<std::size_t> before_the_answer;
  std::optional<std::size_t> before_the_second;
  gate_.watch([&](const WsEvent& event) {
    if (event.kind == WsEvent::Kind::bytes && as_text(event.bytes) == "ask") {
      for (auto& other : others) {
        server_->adopt(0, other.release(), "203.0.113.9", 1, gate_.ticket());
      }
      second->send_frame(2, "me too");
    } else if (event.kind == WsEvent::Kind::sent && !others[0] && !before_the_answer) {
      before_the_answer = served();
    } else if (event.kind == WsEvent::Kind::bytes) {
      before_the_second = served();
    }
  });
  config_.times.head = 20s;
  config_.times.connect = 20s;
  start();
  auto first = connect();
  second.emplace(connect());
  for (auto* inside : {&first, &*second}) {
    ASSERT_EQ(inside->upgrade("/mqtt").status, 101);
    inside->send_frame(2, kConnect);
    EXPECT_EQ(inside->read_payload(4), kConnect);
  }
  first.send_frame(2, "ask");
  EXPECT_EQ(first.read_payload(3), "ask");
  EXPECT_EQ(second->read_payload(6), "me too");
  for (int i = 0; i < 1'000 && served() < kCrowd; ++i) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(served(), kCrowd);
  server_->stop();
  ASSERT_TRUE(before_the_answer && before_the_second);
  EXPECT_LT(*before_the_answer, kCrowd / 2);
  EXPECT_LT(*before_the_second, kCrowd / 2);
}

}  // namespace

}  // namespace owb::net::web
