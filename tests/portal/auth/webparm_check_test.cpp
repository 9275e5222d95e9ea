#include "portal/auth/webparm_check.hpp"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "fake_broker.hpp"
#include "packets.hpp"
#include "portal/auth/errc.hpp"

namespace owb::portal::auth {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using packets::connack;
using packets::kPingresp;
using packets::retained;
using packets::suback;

constexpr std::size_t kProxyHeader = 28;  // version 2, IPv4
constexpr auto kShort = 300ms;

Result<Webparm> ask(const FakeBroker& broker, std::chrono::milliseconds limit = 5s) {
  const WebparmCheck check{make_login_socket_dialer(broker.path()), "webparm", limit};
  return check.ask("alice", "secret", "203.0.113.77");
}

/// Reads the header and CONNECT, then says what it is given.
auto answers(std::string bytes) {
  return [bytes = std::move(bytes)](const Wire& wire) {
    wire.reads(kProxyHeader);
    wire.reads_packet();
    wire.writes(bytes);
    wire.waits_for_close();
  };
}

TEST(WebparmCheck, TellsTheBrowsersAddressThenLogsIn) {
  std::string header;
  std::string connect;
  std::string rest;
  std::string goodbye;
  {
    const FakeBroker broker{[&](const Wire& wire) {
      header = wire.reads(kProxyHeader);
      connect = wire.reads_packet();
      wire.writes(connack(0));
      rest = wire.reads_packet();
      rest += wire.reads_packet();
      wire.writes(suback() + retained("alice/webparm/id", "7") + kPingresp);
      goodbye = wire.reads_packet();
    }};
    const auto webparm = ask(broker);
    ASSERT_TRUE(webparm);
    EXPECT_EQ(webparm->id, 7U);
  }
  EXPECT_EQ(header.substr(12), "\x21\x11\x00\x0C\xCB\x00\x71\x4D"s + std::string(8, '\0'));
  EXPECT_EQ(connect.front(), '\x10');
  EXPECT_NE(connect.find(packets::text("alice") + packets::text("secret")), std::string::npos);
  EXPECT_EQ(rest, packets::subscribe_and_ping("alice/webparm/#", "alice/webpara/#"));
  EXPECT_EQ(goodbye, "\xE0\x00"s);
}

TEST(WebparmCheck, EachConnectionHasItsOwnClientId) {
  std::string first;
  std::string second;
  {
    const FakeBroker broker{[&](const Wire& wire) {
      wire.reads(kProxyHeader);
      first = wire.reads_packet();
    }};
    EXPECT_EQ(error_of(ask(broker)), Errc::broker_away);
  }
  {
    const FakeBroker broker{[&](const Wire& wire) {
      wire.reads(kProxyHeader);
      second = wire.reads_packet();
    }};
    EXPECT_EQ(error_of(ask(broker)), Errc::broker_away);
  }
  EXPECT_EQ(first.size(), second.size());
  EXPECT_NE(first, second);
}

TEST(WebparmCheck, OutcomesAreToldApart) {
  EXPECT_EQ(error_of(ask(FakeBroker{answers(connack(4))})), Errc::wrong_credentials);
  EXPECT_EQ(error_of(ask(FakeBroker{answers(connack(5))})), Errc::wrong_credentials);
  EXPECT_EQ(error_of(ask(FakeBroker{answers(connack(3))})), Errc::broker_busy);
  EXPECT_EQ(error_of(ask(FakeBroker{answers(connack(0) + suback() + kPingresp)})),
            Errc::not_unlocked);
  EXPECT_EQ(error_of(ask(FakeBroker{answers("HTTP/1.0 400\r\n\r\n")})), Errc::bad_answer);
}

TEST(WebparmCheck, NobodyThereIsBrokerAway) {
  const WebparmCheck check{make_login_socket_dialer("/nonexistent/login.sock"), "webparm"};
  EXPECT_EQ(error_of(check.ask("alice", "secret", "203.0.113.77")), Errc::broker_away);
}

TEST(WebparmCheck, ClosedWithoutAWordIsBrokerAway) {
  const FakeBroker broker{[](const Wire&) {}};
  EXPECT_EQ(error_of(ask(broker)), Errc::broker_away);
}

TEST(WebparmCheck, SilenceTimesOut) {
  const FakeBroker broker{[](const Wire& wire) { wire.waits_for_close(); }};
  EXPECT_EQ(error_of(ask(broker, kShort)), Errc::timed_out);
}

TEST(WebparmCheck, F46SlowDripTimesOut) {
  const FakeBroker broker{[](const Wire& wire) {
    wire.reads(kProxyHeader);
    wire.reads_packet();
    wire.writes(connack(0) + suback());
    const auto endless = retained("alice/webparm/x", std::string(100'000, 'x'));
    for (const char byte : endless) {
      if (!wire.writes({&byte, 1})) {
        return;
      }
      std::this_thread::sleep_for(1ms);
    }
  }};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of(ask(broker, kShort)), Errc::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 50 * kShort);
}

TEST(WebparmCheck, F46EndlessStreamEnds) {
  const FakeBroker broker{[](const Wire& wire) {
    wire.reads(kProxyHeader);
    wire.reads_packet();
    wire.writes(connack(0) + suback());
    const auto message = retained("alice/webparm/x", std::string(1'000'000, 'x'));
    while (wire.writes(message)) {
    }
  }};
  EXPECT_EQ(error_of(ask(broker)), Errc::bad_answer);
}

TEST(WebparmCheck, PasswordsOfAnyBytesGoThrough) {
  std::string connect;
  const auto password = "a\0b\xFF\"'$(reboot)"s;
  {
    const FakeBroker broker{[&](const Wire& wire) {
      wire.reads(kProxyHeader);
      connect = wire.reads_packet();
      wire.writes(connack(4));
      wire.waits_for_close();
    }};
    const WebparmCheck check{make_login_socket_dialer(broker.path()), "webparm"};
    EXPECT_EQ(error_of(check.ask("alice", password, "203.0.113.77")), Errc::wrong_credentials);
  }
  EXPECT_TRUE(connect.ends_with(packets::text(password)));
}

}  // namespace
}  // namespace owb::portal::auth
