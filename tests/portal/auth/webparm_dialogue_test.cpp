#include "portal/auth/webparm_dialogue.hpp"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "packets.hpp"
#include "portal/auth/errc.hpp"

namespace owb::portal::auth {
namespace {

using namespace std::string_literals;
using packets::connack;
using packets::kPingresp;
using packets::live;
using packets::retained;
using packets::suback;

/// The user alice at a broker that says what the test says.
class WebparmDialogueTest : public testing::Test {
 protected:
  using Outcome = std::optional<Result<Webparm>>;

  Outcome receives(std::string_view bytes) { return dialogue_.receive(as_byte_view(bytes), sent_); }

  /// The same, byte by byte, until there is an outcome.
  Outcome receives_drop_by_drop(std::string_view bytes) {
    Outcome outcome;
    for (std::size_t i = 0; i < bytes.size() && !outcome; ++i) {
      outcome = receives(bytes.substr(i, 1));
    }
    return outcome;
  }

  Error error_after(std::string_view bytes) {
    const auto outcome = receives(bytes);
    return outcome ? error_of(*outcome) : Error{};
  }

  std::string sent() const { return std::string{as_text(sent_)}; }

  Bytes sent_;
  WebparmDialogue dialogue_{"alice", "webparm"};
};

TEST_F(WebparmDialogueTest, ConnectsAs311ClientWithCleanSession) {
  dialogue_.open("secret", "portal123", sent_);
  EXPECT_EQ(sent(), "\x10\x24"s + packets::text("MQTT") + "\x04\xC2\x00\x1E"s +
                        packets::text("portal123") + packets::text("alice") +
                        packets::text("secret"));
}

TEST_F(WebparmDialogueTest, AsksForBothSpellingsAndPings) {
  EXPECT_FALSE(receives(connack(0)));
  EXPECT_EQ(sent(), packets::subscribe_and_ping("alice/webparm/#", "alice/webpara/#"));
}

TEST_F(WebparmDialogueTest, RetainedIdUnlocks) {
  const auto outcome = receives(connack(0) + suback() + retained("alice/webparm/id", "2561") +
                                retained("alice/webparm/thema", "dark") + kPingresp);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->id, 2561U);
  EXPECT_EQ((*outcome)->theme, "dark");
}

TEST_F(WebparmDialogueTest, BytesMayComeInAnyPieces) {
  const auto outcome =
      receives_drop_by_drop(connack(0) + retained("alice/webparm/big", std::string(10'000, 'x')) +
                            suback() + retained("alice/webparm/id", "1") + kPingresp);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->id, 1U);
}

TEST_F(WebparmDialogueTest, WhatHasNotComeByThePingrespIsAbsent) {
  EXPECT_EQ(error_after(connack(0) + suback() + kPingresp + retained("alice/webparm/id", "1")),
            Errc::not_unlocked);
}

TEST_F(WebparmDialogueTest, LiveMessagesAreNoRetainedId) {
  EXPECT_EQ(error_after(connack(0) + suback() + live("alice/webparm/id", "1") + kPingresp),
            Errc::not_unlocked);
}

TEST_F(WebparmDialogueTest, RefusedFiltersAreNotUnlocked) {
  EXPECT_EQ(error_after(connack(0) + suback('\x80', '\x80') + kPingresp), Errc::not_unlocked);
}

TEST_F(WebparmDialogueTest, RefusalsAreToldApart) {
  struct Row {
    char code;
    Errc expected;
  };

  for (const auto& row :
       {Row{1, Errc::bad_answer}, Row{2, Errc::bad_answer}, Row{3, Errc::broker_busy},
        Row{4, Errc::wrong_credentials}, Row{5, Errc::wrong_credentials}}) {
    SCOPED_TRACE(static_cast<int>(row.code));
    WebparmDialogue dialogue{"alice", "webparm"};
    Bytes out;
    const auto outcome = dialogue.receive(as_byte_view(connack(row.code)), out);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(error_of(*outcome), row.expected);
    EXPECT_TRUE(out.empty());
  }
}

TEST_F(WebparmDialogueTest, F46HugePayloadsAreSkippedNotStored) {
  const auto megabyte = std::string(1'000'000, '9');
  const auto outcome = receives(connack(0) + suback() + retained("alice/webparm/junk", megabyte) +
                                retained("alice/webparm/id", "5") +
                                retained("alice/webparm/thema", megabyte) + kPingresp);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->id, 5U);
  EXPECT_EQ((*outcome)->theme, "standard");
}

TEST_F(WebparmDialogueTest, F46MegabyteIdIsNotUnlocked) {
  EXPECT_EQ(error_after(connack(0) + suback() +
                        retained("alice/webparm/id", std::string(1'000'000, '1')) + kPingresp),
            Errc::not_unlocked);
}

TEST_F(WebparmDialogueTest, F46EndlessAnswersEnd) {
  ASSERT_FALSE(receives(connack(0) + suback()));
  const auto message = retained("alice/webparm/x", std::string(1'000, 'x'));
  std::size_t received = 0;
  WebparmDialogueTest::Outcome outcome;
  while (!outcome && received < 2 * WebparmDialogue::kMaxAnswer) {
    outcome = receives(message);
    received += message.size();
  }
  ASSERT_TRUE(outcome);
  EXPECT_EQ(error_of(*outcome), Errc::bad_answer);
}

TEST_F(WebparmDialogueTest, F46QuarterGigabyteHeaderIsNoReasonToWaitOrAllocate) {
  // As CONNACK it ends at once, as PUBLISH it is skipped until the bound.
  EXPECT_EQ(error_after("\x20\xFF\xFF\xFF\x7F"s), Errc::bad_answer);
}

TEST_F(WebparmDialogueTest, F46GarbageIsABadAnswer) {
  const std::string answers[] = {
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      std::string(100, '\0'),
      std::string(100, '\xFF'),
      "\x20\xFF\xFF\xFF\xFF\x7F"s,                  // length of five bytes
      "\x20\x01\x00"s,                              // CONNACK too short
      "\x20\x03\x00\x00\x00"s,                      // and too long
      connack(6),                                   // no such code
      suback(),                                     // before CONNACK
      kPingresp,                                    // before CONNACK
      retained("alice/webparm/id", "1"),            // before CONNACK
      connack(0) + connack(0),                      // twice
      connack(0) + kPingresp,                       // before SUBACK
      connack(0) + "\x90\x04\x00\x02\x00\x00"s,     // SUBACK for another packet
      connack(0) + "\x90\x03\x00\x01\x00"s,         // for one filter
      connack(0) + suback() + suback(),             // twice
      connack(0) + suback() + "\x31\x01\x00"s,      // PUBLISH without a topic
      connack(0) + suback() + "\x31\x02\x00\x00"s,  // with an empty one
      connack(0) + suback() +
          "\x31\x04\x00\x09"
          "al"s,  // topic beyond the packet
      connack(0) + suback() +
          "\x37\x05\x00\x01"
          "a\x00\x01"s,                                 // QoS 3
      connack(0) + suback() + "\x31\x03\x00\x01\xFF"s,  // topic that is no UTF-8
      connack(0) + suback() + "\x31\x03\x00\x01#"s,     // wildcard in a topic
      connack(0) + "\x10\x00"s,                         // CONNECT from a server
      connack(0) + "\xE0\x00"s,                         // DISCONNECT, in 3.1.1
      connack(0) + "\x82\x05\x00\x01\x00\x00\x00"s,     // SUBSCRIBE from a server
  };
  for (const auto& answer : answers) {
    SCOPED_TRACE(testing::PrintToString(answer));
    WebparmDialogue dialogue{"alice", "webparm"};
    Bytes out;
    const auto outcome = dialogue.receive(as_byte_view(answer), out);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(error_of(*outcome), Errc::bad_answer);
  }
}

}  // namespace
}  // namespace owb::portal::auth
