#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/net/web/error_pages.hpp"
#include "broker/net/web/media_type.hpp"
#include "broker/net/web/origin_rule.hpp"
#include "broker/net/web/proxy_rules.hpp"
#include "broker/net/web/request_rules.hpp"
#include "broker/net/web/routes.hpp"
#include "broker/net/web/security_headers.hpp"
#include "broker/net/web/static_files.hpp"
#include "broker/net/web/upgrade_rules.hpp"

namespace owb::net::web {

namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::Pair;

HttpRequest a_request(Method method = Method::get) {
  HttpRequest request;
  request.method = method;
  request.path = "/";
  request.host = "cloud.example.org:8443";
  return request;
}

HttpRequest an_upgrade() {
  auto request = a_request();
  request.path = "/mqtt";
  request.websocket_version = "13";
  request.websocket_protocol = "mqtt";
  request.origin = "https://cloud.example.org:8443";
  return request;
}

TEST(Routes, SortPathsByWhoAnswers) {
  for (const auto path : {"/", "/index.html", "/history", "/log", "/home", "/settings"}) {
    EXPECT_EQ(target_of(path), Target::shell) << path;
  }
  for (const auto path : {"/login", "/login.css", "/login/once", "/logout", "/password",
                          "/password/home", "/api/session", "/api/"}) {
    EXPECT_EQ(target_of(path), Target::portal) << path;
  }
  for (const auto path : {"/assets/a.js", "/logout/", "/Login", "/api", "/apix", "/History",
                          "/history/", "/x/login"}) {
    EXPECT_EQ(target_of(path), Target::file) << path;
  }
}

TEST(Routes, RememberThePageThatWasAskedFor) {
  auto request = a_request();
  EXPECT_EQ(login_location(request), "/login");
  request.path = "/history";
  EXPECT_EQ(login_location(request), "/login?next=/history");
  request.query = "d=2026-11-20";
  EXPECT_EQ(login_location(request), "/login?next=/history%3Fd%3D2026-11-20");
  request.query = std::string(600, 'x');
  EXPECT_EQ(login_location(request), "/login");
  request.query.clear();
  request.path = "/a\r\nSet-Cookie: x";
  EXPECT_EQ(login_location(request), "/login?next=/a%250D%250ASet-Cookie%253A%2520x");
}

TEST(RequestRules, KnowAHost) {
  for (const auto host : {"a", "cloud.example.org", "cloud.example.org:8443", "192.0.2.1:8443",
                          "[::1]", "[2001:db8::1]:8443", "under_score"}) {
    EXPECT_TRUE(is_host(host)) << host;
  }
  for (const auto host : {"", ":8443", "a:", "a:x", "a:123456", "a b", "a;b", "a/b", "a'b", "[]",
                          "[::1", "[::1]x", "[::1]:", "[g::1]", "a\r\nb", "http://a", "a@b"}) {
    EXPECT_FALSE(is_host(host)) << host;
  }
  EXPECT_FALSE(is_host(std::string(256, 'a')));
}

TEST(RequestRules, F41_RefuseControlCharactersInHeaders) {
  EXPECT_TRUE(is_header_value("text/html; q=0.8\tx"));
  EXPECT_TRUE(is_header_value("Jörg"));
  for (const auto value : {"a\rb"sv, "a\nb"sv, "a\0b"sv, "\x7f"sv}) {
    EXPECT_FALSE(is_header_value(value));
    auto request = a_request();
    request.user_agent = value;
    EXPECT_EQ(check_framing(request).refuse, 400);
  }
}

TEST(RequestRules, BodiesNeedALengthThatIsBeyondDoubt) {
  auto request = a_request(Method::post);
  EXPECT_EQ(check_framing(request).refuse, 411);
  request.content_length = "65536";
  EXPECT_EQ(check_framing(request).refuse, 0);
  EXPECT_EQ(check_framing(request).body, 65'536U);
  for (const auto length : {"", " 5", "5 ", "5,5", "-0", "0x1", "1e3"}) {
    request.content_length = length;
    EXPECT_EQ(check_framing(request).refuse, 400) << length;
  }
  request.content_length = "65537";
  EXPECT_EQ(check_framing(request).refuse, 413);
  request.content_length = "0";
  request.transfer_encoding = true;
  EXPECT_EQ(check_framing(request).refuse, 400);
  request.content_length.reset();
  EXPECT_EQ(check_framing(request).refuse, 411);
}

TEST(OriginRule, WithoutAListOnlyTheOwnHostCounts) {
  struct Case {
    const char* origin;
    const char* host;
    bool allowed;
  };

  for (const Case& c : {Case{"https://a.example:8443", "a.example:8443", true},
                        Case{"https://A.example:8443", "a.example:8443", true},
                        Case{"https://a.example", "a.example", true},
                        Case{"https://a.example", "a.example:443", true},
                        Case{"https://a.example:443", "a.example", true},
                        Case{"https://a.example", "a.example:8443", false},
                        Case{"http://a.example:8443", "a.example:8443", false},
                        Case{"https://b.a.example:8443", "a.example:8443", false},
                        Case{"https://a.example:8443.evil", "a.example:8443", false},
                        Case{"null", "a.example", false}, Case{"", "a.example", false},
                        Case{"https://", "", false}, Case{"https://a b", "a b", false}}) {
    SCOPED_TRACE(std::string{c.origin} + " at " + c.host);
    EXPECT_EQ(origin_allowed(c.origin, c.host, true, {}), c.allowed);
  }
  EXPECT_TRUE(origin_allowed("http://localhost:8080", "localhost:8080", false, {}));
  EXPECT_FALSE(origin_allowed("https://localhost:8080", "localhost:8080", false, {}));
}

TEST(OriginRule, AListReplacesTheOwnHost) {
  const std::vector<std::string> listed{"https://dash.example", "https://cloud.example:8443/"};
  EXPECT_TRUE(origin_allowed("https://dash.example", "a", true, listed));
  EXPECT_TRUE(origin_allowed("https://cloud.example:8443", "a", true, listed));
  EXPECT_FALSE(origin_allowed("https://a", "a", true, listed));
  EXPECT_FALSE(origin_allowed("http://dash.example", "a", true, listed));
}

TEST(UpgradeRules, DecideByCookieThenOrigin) {
  auto request = an_upgrade();
  EXPECT_EQ(check_upgrade(request, CookieState::valid, {}), 101);
  EXPECT_EQ(check_upgrade(request, CookieState::none, {}), 101);
  EXPECT_EQ(check_upgrade(request, CookieState::invalid, {}), 401);
  EXPECT_EQ(check_upgrade(request, CookieState::unknown, {}), 503);
  request.origin = "https://evil.example";
  EXPECT_EQ(check_upgrade(request, CookieState::valid, {}), 403);
  EXPECT_EQ(check_upgrade(request, CookieState::none, {}), 101);
}

TEST(UpgradeRules, F41_RefuseWhatIsNoUpgradeToMqtt) {
  const auto refused = [](auto change) {
    auto request = an_upgrade();
    change(request);
    return check_upgrade(request, CookieState::none, {});
  };
  EXPECT_EQ(refused([](auto& r) { r.method = Method::post; }), 411);
  EXPECT_EQ(refused([](auto& r) { r.method = Method::head; }), 400);
  EXPECT_EQ(refused([](auto& r) { r.http11 = false; }), 400);
  EXPECT_EQ(refused([](auto& r) { r.content_length = "5"; }), 400);
  EXPECT_EQ(refused([](auto& r) { r.path = "/mqtt/"; }), 404);
  EXPECT_EQ(refused([](auto& r) { r.websocket_version = "8"; }), 426);
  EXPECT_EQ(refused([](auto& r) { r.websocket_protocol = ""; }), 400);
  EXPECT_EQ(refused([](auto& r) { r.websocket_protocol = "mqttv5, xmqtt"; }), 400);
  EXPECT_EQ(refused([](auto& r) { r.host = ""; }), 400);
  EXPECT_EQ(refused([](auto& r) { r.repeated = true; }), 400);
  EXPECT_EQ(refused([](auto& r) { r.oversized = true; }), 431);
}

TEST(UpgradeRules, FindASubprotocolOfOurs) {
  EXPECT_TRUE(offers_mqtt("mqtt"));
  EXPECT_TRUE(offers_mqtt("foo,mqttv3.1"));
  EXPECT_TRUE(offers_mqtt("foo , mqtt , bar"));
  EXPECT_FALSE(offers_mqtt("mqtt5"));
  EXPECT_FALSE(offers_mqtt("mq tt"));
  EXPECT_FALSE(offers_mqtt(""));
}

TEST(SecurityHeaders, ThePolicyNamesTheHostAsked) {
  EXPECT_EQ(dashboard_policy("cloud.example.org:8443", true),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self' wss://cloud.example.org:8443; manifest-src "
            "'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "
            "'none'; require-trusted-types-for 'script'; trusted-types vue sw");
}

TEST(SecurityHeaders, LeaveWhatThePortalHasSet) {
  Headers headers{{"content-security-policy", "own"}, {"Referrer-Policy", "no-referrer"}};
  add_security_headers(headers, true);
  EXPECT_EQ(find_header(headers, "Content-Security-Policy"), "own");
  EXPECT_EQ(find_header(headers, "Referrer-Policy"), "no-referrer");
  EXPECT_FALSE(find_header(headers, "Strict-Transport-Security").empty());
  Headers plain;
  add_security_headers(plain, false);
  EXPECT_TRUE(find_header(plain, "Strict-Transport-Security").empty());
}

TEST(MediaType, FollowsTheNameAndNeverGuesses) {
  EXPECT_EQ(media_type("/assets/app.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type("/manifest.webmanifest"), "application/manifest+json");
  EXPECT_EQ(media_type("/favicon.svg"), "image/svg+xml");
  EXPECT_EQ(media_type("/what"), "application/octet-stream");
}

TEST(MediaType, CodingsAreTakenAsOffered) {
  EXPECT_TRUE(accepts_coding("gzip, deflate, br", "br"));
  EXPECT_TRUE(accepts_coding("GZIP;q=1.0", "gzip"));
  EXPECT_TRUE(accepts_coding("*", "br"));
  EXPECT_FALSE(accepts_coding("br;q=0", "br"));
  EXPECT_FALSE(accepts_coding("br; q=0.000", "br"));
  EXPECT_TRUE(accepts_coding("br;q=0.001", "br"));
  EXPECT_FALSE(accepts_coding("*;q=0", "br"));
  EXPECT_FALSE(accepts_coding("*, br;q=0", "br"));
  EXPECT_FALSE(accepts_coding("", "br"));
  EXPECT_FALSE(accepts_coding("brotli", "br"));
}

TEST(MediaType, EntityTagsAreComparedWeakly) {
  EXPECT_TRUE(etag_matches("\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("\"x\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("*", "\"a\""));
  EXPECT_FALSE(etag_matches("\"b\"", "\"a\""));
  EXPECT_FALSE(etag_matches("", "\"a\""));
}

TEST(StaticFiles, F45_KnowsAFilePath) {
  for (const auto path : {"/a", "/assets/a-b_c.js", "/a b", "/ä"}) {
    EXPECT_TRUE(is_file_path(path)) << path;
  }
  for (const auto path : {""sv, "/"sv, "a"sv, "/a/"sv, "//a"sv, "/./a"sv, "/../a"sv, "/a/.."sv,
                          "/.git"sv, "/a\0b"sv, "/a\nb"sv, "/a\\b"sv}) {
    EXPECT_FALSE(is_file_path(path)) << path;
  }
  EXPECT_FALSE(is_file_path("/" + std::string(2000, 'a')));
}

TEST(ProxyRules, CarryOverTheAllowListOnly) {
  auto request = a_request(Method::post);
  request.path = "/login/a b?";
  request.query = "x=1";
  request.cookie = "c=1";
  request.content_type = "application/x-www-form-urlencoded";
  request.if_none_match = "\"a\"";
  const auto out = make_proxy_request(request, "body", "2001:db8::1");
  EXPECT_EQ(out.target, "/login/a%20b%3F?x=1");
  EXPECT_THAT(out.headers,
              ElementsAre(Pair("Host", "cloud.example.org:8443"), Pair("Cookie", "c=1"),
                          Pair("X-Owb-Client-Address", "2001:db8::1")));
  EXPECT_EQ(out.content_type, "application/x-www-form-urlencoded");
  EXPECT_EQ(out.body, "body");
}

TEST(ProxyRules, HopByHopHeadersOfTheAnswerEndHere) {
  for (const auto name : {"set-cookie", "Location", "Cache-Control", "Content-Type"}) {
    EXPECT_TRUE(is_reply_header(name)) << name;
  }
  for (const auto name : {"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length",
                          "Upgrade", "Server", "X-Anything"}) {
    EXPECT_FALSE(is_reply_header(name)) << name;
  }
}

TEST(ErrorPages, TakeTheFirstLanguageWeSpeak) {
  EXPECT_EQ(choose_language("de-DE,de;q=0.9,en;q=0.8"), Language::german);
  EXPECT_EQ(choose_language("en-US,en;q=0.9,de;q=0.1"), Language::english);
  EXPECT_EQ(choose_language("fr-FR, en;q=0.5"), Language::english);
  EXPECT_EQ(choose_language("fr"), Language::german);
  EXPECT_EQ(choose_language(""), Language::german);
}

}  // namespace

}  // namespace owb::net::web
