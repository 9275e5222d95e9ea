#include "portal/auth/login_throttle.hpp"

#include <string>

#include <gtest/gtest.h>

namespace owb::portal::auth {
namespace {

using std::chrono::seconds;

/// Somebody who guesses, with a clock that only moves when told.
class LoginThrottleTest : public testing::Test {
 protected:
  /// One attempt with a wrong password; returns how long it was told to wait.
  seconds guesses(const std::string& address, const std::string& name) {
    return throttle_.admit(address, name, now_);
  }

  /// Guesses until told to wait; returns how many were admitted.
  int guesses_until_stopped(const std::string& address, const std::string& name) {
    int admitted = 0;
    while (guesses(address, name) == seconds{0}) {
      ++admitted;
    }
    return admitted;
  }

  void passes(seconds time) { now_ += time; }

  LoginThrottle throttle_;
  LoginThrottle::TimePoint now_{seconds{1'000'000}};
};

TEST_F(LoginThrottleTest, LetsAPersonMistypeAFewTimes) {
  EXPECT_EQ(guesses_until_stopped("192.0.2.1", "alice"), 4);
}

TEST_F(LoginThrottleTest, DelayDoublesUpToABound) {
  guesses_until_stopped("192.0.2.1", "alice");
  seconds last{0};
  for (int i = 0; i < 30; ++i) {
    const auto wait = guesses("192.0.2.1", "alice");
    ASSERT_GE(wait, last);
    last = wait;
    passes(wait);
    ASSERT_EQ(guesses("192.0.2.1", "alice"), seconds{0}) << "after waiting as told";
  }
  EXPECT_EQ(last, seconds{900});
}

TEST_F(LoginThrottleTest, AskingWhileStoppedDoesNotProlong) {
  guesses_until_stopped("192.0.2.1", "alice");
  const auto wait = guesses("192.0.2.1", "alice");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(guesses("192.0.2.1", "alice"), wait);
  }
}

TEST_F(LoginThrottleTest, F33OwnerElsewhereStillGetsIn) {
  for (int i = 0; i < 40; ++i) {
    guesses("192.0.2.1", "alice");
  }
  EXPECT_EQ(guesses("198.51.100.7", "alice"), seconds{0});
}

TEST_F(LoginThrottleTest, F33NamesTriedFromOneNetworkCountTogether) {
  int admitted = 0;
  for (int i = 0; i < 100; ++i) {
    admitted += guesses("192.0.2.1", "user" + std::to_string(i)) == seconds{0} ? 1 : 0;
  }
  EXPECT_EQ(admitted, 20);
}

TEST_F(LoginThrottleTest, F33AddressesOfOneSlash64CountTogether) {
  int admitted = 0;
  for (int i = 1; i <= 100; ++i) {
    const auto address = "2001:db8:1:2::" + std::to_string(i);
    admitted += guesses(address, "user" + std::to_string(i)) == seconds{0} ? 1 : 0;
  }
  EXPECT_EQ(admitted, 20);
  EXPECT_EQ(guesses("2001:db8:1:3::1", "alice"), seconds{0});
}

TEST_F(LoginThrottleTest, F33GuessesFromManyNetworksAreSlowedByName) {
  int admitted = 0;
  seconds longest{0};
  for (int i = 0; i < 200; ++i) {
    const auto wait = guesses("10.0.0." + std::to_string(i), "alice");
    admitted += wait == seconds{0} ? 1 : 0;
    longest = std::max(longest, wait);
  }
  EXPECT_EQ(admitted, 50);
  EXPECT_LE(longest, seconds{30}) << "or strangers could lock the owner out";
}

TEST_F(LoginThrottleTest, F33OwnerGetsInFromAKnownNetworkWhileStrangersGuess) {
  ASSERT_EQ(guesses("198.51.100.7", "alice"), seconds{0});
  throttle_.succeeded("198.51.100.7", "alice");
  for (int i = 0; i < 200; ++i) {
    guesses("10.0.0." + std::to_string(i), "alice");
  }
  EXPECT_GT(guesses("192.0.2.55", "alice"), seconds{0}) << "a stranger waits";
  EXPECT_EQ(guesses("198.51.100.7", "alice"), seconds{0});
  throttle_.succeeded("198.51.100.7", "alice");
  EXPECT_EQ(guesses_until_stopped("198.51.100.7", "alice"), 4) << "but has no free hand";
}

TEST_F(LoginThrottleTest, RightPasswordForgetsTheMistakes) {
  for (int i = 0; i < 3; ++i) {
    guesses("192.0.2.1", "alice");
  }
  ASSERT_EQ(guesses("192.0.2.1", "alice"), seconds{0});
  throttle_.succeeded("192.0.2.1", "alice");
  EXPECT_EQ(guesses_until_stopped("192.0.2.1", "alice"), 4);
}

TEST_F(LoginThrottleTest, OwnAccountDoesNotBuyGuessesAtOthers) {
  int admitted = 0;
  for (int i = 0; i < 100; ++i) {
    if (guesses("192.0.2.1", "mallory") == seconds{0}) {
      throttle_.succeeded("192.0.2.1", "mallory");
    }
    admitted += guesses("192.0.2.1", "user" + std::to_string(i)) == seconds{0} ? 1 : 0;
  }
  EXPECT_EQ(admitted, 20);
}

TEST_F(LoginThrottleTest, BrokerAwayCountsForNothing) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(guesses("192.0.2.1", "alice"), seconds{0});
    throttle_.forgive("192.0.2.1", "alice");
  }
}

TEST_F(LoginThrottleTest, ManyAtOnceGainNothing) {
  // None of these has been answered yet when the next one comes.
  EXPECT_EQ(guesses_until_stopped("192.0.2.1", "alice"), 4);
}

TEST_F(LoginThrottleTest, FailuresAreForgottenAfterAnHour) {
  guesses_until_stopped("192.0.2.1", "alice");
  passes(std::chrono::hours{2});
  EXPECT_EQ(guesses_until_stopped("192.0.2.1", "alice"), 4);
}

TEST(FailureTable, KeepsABoundedNumberOfKeys) {
  FailureTable table{{.free_failures = 1, .max_entries = 100}};
  const FailureTable::TimePoint now{seconds{1'000}};
  table.add("first", now);
  for (int i = 0; i < 10'000; ++i) {
    table.add(std::to_string(i), now);
  }
  EXPECT_EQ(table.size(), 100U);
  EXPECT_EQ(table.wait_of("first", now), seconds{0}) << "the one that failed longest ago gave way";
  EXPECT_GT(table.wait_of("9999", now), seconds{0});
}

}  // namespace
}  // namespace owb::portal::auth
