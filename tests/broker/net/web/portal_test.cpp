#include <future>
#include <mutex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "tests/broker/net/web/web_fixture.hpp"

namespace owb::net::web {

namespace {

using test::WebClient;
using testing::ElementsAre;
using testing::HasSubstr;

class PortalTest : public test::WebFixture {
 protected:
  PortalTest() {
    const auto echo = [this](const httplib::Request& request, httplib::Response& response) {
      const std::scoped_lock lock{mutex_};
      seen_ = request;
      response.status = status_;
      for (const auto& [name, value] : answer_headers_) {
        response.headers.emplace(name, value);
      }
      response.set_content(request.method + " " + request.target + " " + request.body, "text/html");
    };
    portal_.server().Get(".*", echo).Post(".*", echo).Put(".*", echo).Delete(".*", echo);
    portal_.start();
    start();
  }

  ~PortalTest() override {
    server_->stop();
    portal_.stop();
  }

  httplib::Request seen() {
    const std::scoped_lock lock{mutex_};
    return seen_;
  }

  std::mutex mutex_;
  httplib::Request seen_;
  int status_ = 200;
  httplib::Headers answer_headers_;
  test::FakePortal portal_{config_.portal_socket};
};

TEST_F(PortalTest, GetsWhatIsItsOwnAndNothingElse) {
  auto client = connect();
  for (const std::string path : {"/login", "/login?next=/log%3Fm%3D2026-11&lang=en",
                                 "/login/once?t=A-b_9", "/login.css?v=1a2b", "/logout", "/password",
                                 "/password/home", "/api/session", "/api/sessions/00ff"}) {
    SCOPED_TRACE(path);
    const auto reply = client.get(path);
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.body, testing::StartsWith("GET " + path.substr(0, path.find('?'))));
  }
  EXPECT_EQ(client.get("/api").status, 404);
  EXPECT_EQ(client.get("/apiary/x").status, 404);
}

TEST_F(PortalTest, QueriesArriveWithTheirMeaning) {
  auto client = connect();
  client.get("/login?next=/log%3Fm%3D2026-11%26x&q=a+b%2Bc%25&flag&e=%C3%A4");
  const auto request = seen();
  EXPECT_EQ(request.get_param_value("next"), "/log?m=2026-11&x");
  EXPECT_EQ(request.get_param_value("q"), "a b+c%");
  EXPECT_TRUE(request.has_param("flag"));
  EXPECT_EQ(request.get_param_value("e"), "ä");
}

TEST_F(PortalTest, MethodsAndBodiesAreCarried) {
  auto client = connect();
  const auto ask = [&client](const char* method, const char* path, const std::string& body) {
    return client
        .ask(fmt::format("{} {} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                         "Content-Length: {}\r\n\r\n{}",
                         method, path, body.size(), body))
        .body;
  };
  EXPECT_EQ(ask("POST", "/login", "user=alice&password=x"), "POST /login user=alice&password=x");
  EXPECT_EQ(ask("POST", "/logout", ""), "POST /logout ");
  EXPECT_EQ(ask("PUT", "/api/settings", "{}"), "PUT /api/settings {}");
  EXPECT_EQ(ask("PUT", "/api/settings", ""), "PUT /api/settings ");
  EXPECT_EQ(ask("DELETE", "/api/shares/1", ""), "DELETE /api/shares/1 ");
  EXPECT_EQ(ask("DELETE", "/api/shares/1", "{}"), "DELETE /api/shares/1 {}");
  EXPECT_EQ(client.ask("DELETE /api/shares/2 HTTP/1.1\r\nHost: a\r\n\r\n").body,
            "DELETE /api/shares/2 ");
  const std::string large(65'536, 'l');
  EXPECT_EQ(ask("POST", "/login", large).size(), large.size() + 12);
}

TEST_F(PortalTest, ABodyInManyPiecesIsForwardedWhole) {
  auto client = connect();
  const std::string request =
      "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789";
  for (const char byte : request) {
    client.send({&byte, 1});
  }
  EXPECT_EQ(client.read_reply().body, "POST /login 0123456789");
}

TEST_F(PortalTest, F45_OnlyListedHeadersReachIt) {
  auto client = connect();
  client.get("/login",
             "Origin: https://cloud.example.org:8443\r\nSec-Fetch-Site: same-origin\r\n"
             "Cookie: __Host-owb=x\r\nAccept-Language: en\r\nUser-Agent: browser\r\n"
             "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: http\r\nForwarded: for=1.2.3.4\r\n"
             "X-Real-IP: 1.2.3.4\r\nX-Owb-Client-Address: 1.2.3.4\r\n"
             "x-owb-client-address: 1.2.3.5\r\nAuthorization: Basic eDp5\r\nReferer: /a\r\n");
  const auto request = seen();
  EXPECT_EQ(request.get_header_value("Origin"), "https://cloud.example.org:8443");
  EXPECT_EQ(request.get_header_value("Sec-Fetch-Site"), "same-origin");
  EXPECT_EQ(request.get_header_value("Cookie"), "__Host-owb=x");
  EXPECT_EQ(request.get_header_value("Accept-Language"), "en");
  EXPECT_EQ(request.get_header_value("User-Agent"), "browser");
  EXPECT_EQ(request.get_header_value("Host"), "cloud.example.org:8443");
  EXPECT_EQ(request.get_header_value_count("X-Owb-Client-Address"), 1U);
  EXPECT_EQ(request.get_header_value("X-Owb-Client-Address"), "203.0.113.7");
  for (const char* gone : {"X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP",
                           "Authorization", "Referer"}) {
    EXPECT_FALSE(request.has_header(gone)) << gone;
  }
}

TEST_F(PortalTest, ItsAnswerGoesOnByAllowList) {
  status_ = 303;
  answer_headers_ = {{"Set-Cookie", "a=1; Secure"},
                     {"Set-Cookie", "b=2; Secure"},
                     {"Location", "/history"},
                     {"Cache-Control", "no-store"},
                     {"Content-Security-Policy", "default-src 'none'; form-action 'self'"},
                     {"Server", "internal"},
                     {"X-Powered-By", "internal"}};
  auto client = connect();
  const auto reply = client.ask("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(reply.status, 303);
  EXPECT_THAT(reply.all("Set-Cookie"), ElementsAre("a=1; Secure", "b=2; Secure"));
  EXPECT_EQ(reply.header("Location"), "/history");
  EXPECT_EQ(reply.header("Cache-Control"), "no-store");
  EXPECT_THAT(reply.all("Content-Security-Policy"),
              ElementsAre("default-src 'none'; form-action 'self'"));
  EXPECT_EQ(reply.header("Server"), "");
  EXPECT_EQ(reply.header("X-Powered-By"), "");
}

TEST_F(PortalTest, HeadIsAnsweredWithoutABody) {
  auto client = connect();
  EXPECT_EQ(client.ask("HEAD /login HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(client.get("/login").status, 200);
}

TEST_F(PortalTest, ItsRestartIsA502AndThenGoesOn) {
  auto client = connect();
  EXPECT_EQ(client.get("/login").status, 200);
  portal_.stop();
  EXPECT_EQ(client.get("/login").status, 502);
  std::filesystem::remove(config_.portal_socket);
  portal_.start();
  EXPECT_EQ(client.get("/login").status, 200);
}

/// A portal that thinks until it is told to go on.
class SlowPortalTest : public PortalTest {
 protected:
  SlowPortalTest() {
    portal_.stop();
    std::filesystem::remove(config_.portal_socket);
    slow_.server().Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
      ++waiting_;
      go_on_.get_future_copy().wait();
      response.set_content("late " + request.target, "text/plain");
    });
    slow_.start();
  }

  ~SlowPortalTest() override {
    go_on_.set();
    server_->stop();
    slow_.stop();
  }

  /// A promise that may be kept twice.
  class Gate {
   public:
    std::shared_future<void> get_future_copy() { return future_; }

    void set() {
      if (!set_.exchange(true)) {
        promise_.set_value();
      }
    }

   private:
    std::promise<void> promise_;
    std::shared_future<void> future_ = promise_.get_future().share();
    std::atomic<bool> set_ = false;
  };

  void wait_until_it_thinks() {
    while (waiting_ == 0) {
      std::this_thread::yield();
    }
  }

  Gate go_on_;
  std::atomic<int> waiting_ = 0;
  test::FakePortal slow_{config_.portal_socket};
};

TEST_F(SlowPortalTest, OthersAreServedMeanwhile) {
  auto waiting = connect();
  waiting.send("GET /login HTTP/1.1\r\nHost: a\r\n\r\n");
  wait_until_it_thinks();
  auto other = connect();
  EXPECT_EQ(other.get("/assets/app-1a2b3c.js").status, 200);
  EXPECT_EQ(other.upgrade("/mqtt").status, 101);
  go_on_.set();
  EXPECT_EQ(waiting.read_reply().body, "late /login");
}

TEST_F(SlowPortalTest, AnAnswerForABrowserThatHasGoneIsDropped) {
  {
    auto waiting = connect();
    waiting.send("GET /login HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until_it_thinks();
  }
  go_on_.set();
  EXPECT_EQ(connect().get("/login").body, "late /login");
}

TEST_F(SlowPortalTest, F36_BeyondTheQueueTheAnswerIsA503) {
  std::vector<WebClient> crowd;
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) {
    crowd.push_back(connect());
    crowd.back().send("GET /login HTTP/1.1\r\nHost: a\r\n\r\n");
    refused = i > 60 && !crowd.back().silent_for(50) && crowd.back().read_reply().status == 503;
  }
  EXPECT_TRUE(refused);
  go_on_.set();
  EXPECT_EQ(crowd.front().read_reply().status, 200);
}

TEST_F(SlowPortalTest, StoppingDoesNotWaitForIt) {
  auto waiting = connect();
  waiting.send("GET /login HTTP/1.1\r\nHost: a\r\n\r\n");
  wait_until_it_thinks();
  const auto begin = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
}

}  // namespace

}  // namespace owb::net::web
