#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/broker/net/web/web_fixture.hpp"

namespace owb::net::web {

namespace {

using test::WebClient;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PagesTest : public test::WebFixture {
 protected:
  PagesTest() {
    config_.times.close = std::chrono::milliseconds{200};
    start();
  }
};

TEST_F(PagesTest, AllViewsAreTheSameShell) {
  const auto cookie = login();
  auto client = connect();
  for (const char* path :
       {"/", "/history", "/log", "/home", "/settings", "/history?d=2026-11-20"}) {
    SCOPED_TRACE(path);
    const auto reply = client.get(path, cookie);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "<!doctype html><title>shell</title>");
    EXPECT_EQ(reply.header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(reply.header("Cache-Control"), "no-cache");
  }
}

TEST_F(PagesTest, EveryAnswerHasTheSecurityHeaders) {
  const auto cookie = login();
  auto client = connect();
  for (const char* path : {"/", "/assets/app-1a2b3c.js", "/nothing", "/api/session"}) {
    SCOPED_TRACE(path);
    const auto reply = client.get(path, cookie);
    EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(reply.header("Referrer-Policy"), "same-origin");
    EXPECT_THAT(reply.header("Strict-Transport-Security"), HasSubstr("max-age="));
    EXPECT_EQ(reply.header("Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(reply.header("Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_THAT(reply.header("Permissions-Policy"), HasSubstr("camera=()"));
    EXPECT_EQ(reply.all("Content-Security-Policy").size(), 1U);
    EXPECT_THAT(reply.header("Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
  }
  EXPECT_THAT(client.get("/", cookie).header("Content-Security-Policy"),
              HasSubstr("connect-src 'self' wss://cloud.example.org:8443;"));
}

TEST_F(PagesTest, WithoutAValidCookiePagesLeadToTheLogin) {
  auto client = connect();
  const auto root = client.get("/");
  EXPECT_EQ(root.status, 303);
  EXPECT_EQ(root.header("Location"), "/login");
  EXPECT_EQ(root.header("Cache-Control"), "no-store");
  EXPECT_EQ(client.get("/history?d=2026-11-20&x=a+b%26c").header("Location"),
            "/login?next=/history%3Fd%3D2026-11-20%26x%3Da%2520b%2526c");
  EXPECT_EQ(client.get("/log", "Cookie: __Host-owb=forged\r\n").status, 303);
  const auto cookie = login();
  EXPECT_EQ(client.get("/log", cookie).status, 200);
  revoke_sessions();
  EXPECT_EQ(client.get("/log", cookie).status, 303);
}

TEST_F(PagesTest, FromAnotherSiteTheShellComesWithoutACookie) {
  auto client = connect();
  EXPECT_EQ(client.get("/history", "Sec-Fetch-Site: cross-site\r\n").status, 200);
  EXPECT_EQ(client.get("/history", "sec-fetch-site: same-origin\r\n").status, 303);
}

TEST_F(PagesTest, AssetsAreImmutableAndNeedNoCookie) {
  auto client = connect();
  const auto reply = client.get("/assets/app-1a2b3c.js");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "console.log('app')");
  EXPECT_EQ(reply.header("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_THAT(reply.header("Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(reply.header("Content-Encoding"), "");
}

TEST_F(PagesTest, AnUnchangedFileIsA304) {
  auto client = connect();
  const auto first = client.get("/assets/app-1a2b3c.js");
  const auto tag = first.header("ETag");
  ASSERT_THAT(tag, Not(IsEmpty()));
  const auto second = client.get("/assets/app-1a2b3c.js", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.header("ETag"), tag);
  put_page("assets/app-1a2b3c.js", "console.log('another')");
  const auto third = client.get("/assets/app-1a2b3c.js", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(third.status, 200);
  EXPECT_EQ(third.body, "console.log('another')");
}

TEST_F(PagesTest, HeadSendsNoBody) {
  auto client = connect();
  const auto reply = client.ask("HEAD /assets/app-1a2b3c.js HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Content-Length"), "18");
  EXPECT_EQ(client.get("/nothing").status, 404);  // the stream is still in step
}

TEST_F(PagesTest, CompressedNeighboursAreTakenIfTheClientLikes) {
  put_page("assets/app-1a2b3c.js.gz", "gzipped");
  put_page("assets/app-1a2b3c.js.br", "brotli");
  auto client = connect();
  const auto ask = [&client](const std::string& coding) {
    return client.get("/assets/app-1a2b3c.js", "Accept-Encoding: " + coding + "\r\n");
  };
  const auto br = ask("gzip, deflate, br");
  EXPECT_EQ(br.body, "brotli");
  EXPECT_EQ(br.header("Content-Encoding"), "br");
  EXPECT_EQ(br.header("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(br.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(ask("gzip").body, "gzipped");
  EXPECT_EQ(ask("br;q=0, gzip").body, "gzipped");
  EXPECT_EQ(ask("identity").body, "console.log('app')");
}

TEST_F(PagesTest, F45_NoPathLeadsOutOfTheFolder) {
  owb::net::test::write_file(folder_.file("secret.txt"), "secret");
  std::filesystem::create_symlink(folder_.file("secret.txt"),
                                  std::filesystem::path{config_.www_dir} / "link.txt");
  std::filesystem::create_directory_symlink(folder_.path(),
                                            std::filesystem::path{config_.www_dir} / "up");
  put_page(".hidden", "hidden");
  auto client = connect();
  for (const char* path :
       {"/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/..%2fsecret.txt",
        "/link.txt", "/up/secret.txt", "/.hidden", "/assets", "/assets/", "//secret.txt",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.txt", "/registry.db", "/..\\secret.txt"}) {
    SCOPED_TRACE(path);
    const auto reply = client.get(path);
    EXPECT_EQ(reply.status, 404);
    EXPECT_THAT(reply.body, Not(HasSubstr("secret")));
  }
}

TEST_F(PagesTest, OtherMethodsAreA405) {
  auto client = connect();
  const auto reply = client.ask(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nAccept-Language: en\r\n\r\nhi");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.header("Allow"), "GET, HEAD");
  EXPECT_THAT(reply.body, HasSubstr("lang=\"en\""));
  auto options = connect();
  EXPECT_EQ(options.ask("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n").status, 405);
}

TEST_F(PagesTest, ErrorPagesSpeakTheReadersLanguage) {
  auto client = connect();
  EXPECT_THAT(client.get("/nothing", "Accept-Language: en-GB,en;q=0.9\r\n").body,
              HasSubstr("Not found"));
  EXPECT_THAT(client.get("/nothing", "Accept-Language: fr, de;q=0.5\r\n").body,
              HasSubstr("Nicht gefunden"));
}

TEST_F(PagesTest, ManyRequestsShareAConnection) {
  auto client = connect();
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(client.get("/assets/app-1a2b3c.js").status, 200);
  }
  EXPECT_EQ(client.get("/assets/app-1a2b3c.js", "Connection: close\r\n").header("Connection"),
            "close");
  EXPECT_TRUE(client.ends());
}

TEST_F(PagesTest, ALargeFileArrivesWhole) {
  std::string large(3'000'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) {
    large[i] = static_cast<char>('a' + static_cast<char>(i / 1000 % 26));
  }
  put_page("assets/large.bin", large);
  auto client = connect();
  EXPECT_TRUE(client.get("/assets/large.bin").body == large);
  EXPECT_EQ(client.get("/assets/app-1a2b3c.js").status, 200);
}

/// Requests whose framing is not beyond doubt; none of them may reach a second request.
TEST_F(PagesTest, F41_UncertainFramingEndsTheConnection) {
  struct Case {
    const char* what;
    std::string head;
    int status;
  };

  const std::string hidden = "0\r\n\r\nGET /assets/app-1a2b3c.js HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::vector<Case> cases{
      {"chunked", "Host: a\r\nTransfer-Encoding: chunked\r\n", 411},
      {"both", "Host: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n", 400},
      {"two lengths", "Host: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n", 400},
      {"equal lengths", "Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n", 400},
      {"list of lengths", "Host: a\r\nContent-Length: 5, 5\r\n", 400},
      {"negative", "Host: a\r\nContent-Length: -1\r\n", 400},
      {"plus", "Host: a\r\nContent-Length: +5\r\n", 400},
      {"hexadecimal", "Host: a\r\nContent-Length: 0x5\r\n", 400},
      {"enormous", "Host: a\r\nContent-Length: 99999999999999999999\r\n", 400},
      {"too large", "Host: a\r\nContent-Length: 65537\r\n", 413},
      {"none", "Host: a\r\n", 411},
      {"no host", "Content-Length: 5\r\n", 400},
      {"two hosts", "Host: a\r\nHost: b\r\nContent-Length: 5\r\n", 400},
      {"odd host", "Host: a;script-src *\r\nContent-Length: 5\r\n", 400},
  };
  for (const auto& broken : cases) {
    SCOPED_TRACE(broken.what);
    auto client = connect();
    const auto reply = client.ask("POST /login HTTP/1.1\r\n" + broken.head + "\r\n" + hidden);
    EXPECT_EQ(reply.status, broken.status);
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_EQ(client.read_reply().status, 0);
  }
  auto with_body = connect();
  EXPECT_EQ(with_body.ask("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").status,
            400);
}

TEST_F(PagesTest, ARefusedBodyIsReadSoThatTheAnswerIsSeen) {
  auto client = connect();
  client.send("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(2'000'000, 'b')));
  EXPECT_EQ(client.read_reply().status, 413);
  EXPECT_TRUE(client.ends());
}

TEST_F(PagesTest, F41_HugeHeadersAreRefused) {
  auto many = connect();
  std::string request = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 2'000; ++i) {
    request += "X-Filler-" + std::to_string(i) + ": " + std::string(24, 'f') + "\r\n";
  }
  many.send(request + "\r\n");
  EXPECT_TRUE(many.ends());
  auto one = connect();
  one.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: " + std::string(64'000, 'c') + "\r\n\r\n");
  EXPECT_TRUE(one.ends());
  auto target = connect();
  target.send("GET /" + std::string(64'000, 'p') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(target.ends());
  EXPECT_EQ(connect().get("/assets/app-1a2b3c.js").status, 200);
}

TEST_F(PagesTest, ALongCookieIsNotCut) {
  auto cookie = login();
  cookie.insert(cookie.find(": ") + 2, "filler=" + std::string(6'000, 'c') + "; ");
  EXPECT_EQ(connect().get("/", cookie).status, 200);
}

TEST_F(PagesTest, F41_PipelinedRequestsAreAnsweredInOrderOrNotAtAll) {
  auto client = connect();
  client.send(
      "GET /assets/app-1a2b3c.js HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 200);
  const auto second = client.read_reply().status;
  EXPECT_TRUE(second == 404 || second == 0) << second;
}

TEST_F(PagesTest, WithThePortalAwayItsPagesAreA502InTheReadersLanguage) {
  auto client = connect();
  const auto german = client.get("/login");
  EXPECT_EQ(german.status, 502);
  EXPECT_THAT(german.body, HasSubstr("Portal nicht erreichbar"));
  EXPECT_THAT(client.get("/api/session", "Accept-Language: en\r\n").body,
              HasSubstr("Portal not reachable"));
  EXPECT_EQ(client.get("/assets/app-1a2b3c.js").status, 200);
}

}  // namespace

}  // namespace owb::net::web
