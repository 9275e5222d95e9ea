#include "broker/shard/auth/failure_throttle.hpp"

#include <string>

#include <gtest/gtest.h>

namespace owb::shard {
namespace {

using Kind = FailureThrottle::Admission::Kind;

constexpr auto kHome = "203.0.113.7";

/// Fails until the block is there; returns the time of the last failure.
std::int64_t fail_until_blocked(FailureThrottle& throttle, std::string_view address,
                                std::string_view name, std::int64_t now = 0) {
  for (std::uint32_t i = 0; i < FailureThrottle::kBlockAfter; ++i) {
    EXPECT_NE(throttle.admit(address, name, now).kind, Kind::blocked);
    now = throttle.failed(address, name, now);
  }
  return now;
}

TEST(FailureThrottle, DelaysGrowAndThenBlock) {
  FailureThrottle throttle;
  std::int64_t now = 1'000;
  std::int64_t former = 0;
  for (std::uint32_t i = 1; i < FailureThrottle::kBlockAfter; ++i) {
    EXPECT_EQ(throttle.admit(kHome, "alice", now).kind, Kind::now) << i;
    const auto answer_at = throttle.failed(kHome, "alice", now);
    const auto delay = answer_at - now;
    EXPECT_EQ(delay > 0, i > FailureThrottle::kFreeFailures) << i;
    EXPECT_GE(delay, former);
    EXPECT_LE(delay, FailureThrottle::kLongestDelayMs);
    if (delay > 0) {
      EXPECT_EQ(throttle.admit(kHome, "alice", answer_at - 1).kind, Kind::later);
      EXPECT_EQ(throttle.admit(kHome, "alice", answer_at - 1).at_ms, answer_at);
    }
    former = delay;
    now = answer_at;
  }
  throttle.failed(kHome, "alice", now);
  EXPECT_EQ(throttle.admit(kHome, "alice", now + FailureThrottle::kBlockMs - 1).kind,
            Kind::blocked);
  EXPECT_EQ(throttle.admit(kHome, "alice", now + FailureThrottle::kBlockMs).kind, Kind::now);
}

TEST(FailureThrottle, BlocksAnewAtTheNextFailure) {
  FailureThrottle throttle;
  auto now = fail_until_blocked(throttle, kHome, "alice") + FailureThrottle::kBlockMs;
  EXPECT_EQ(throttle.admit(kHome, "alice", now).kind, Kind::now);
  throttle.failed(kHome, "alice", now);
  EXPECT_EQ(throttle.admit(kHome, "alice", now + 1).kind, Kind::blocked);
}

TEST(FailureThrottle, ForgetsAfterQuietTimeAndAfterSuccess) {
  FailureThrottle throttle;
  const auto now = fail_until_blocked(throttle, kHome, "alice");
  const auto later = now + FailureThrottle::kForgetMs;
  EXPECT_EQ(throttle.failed(kHome, "alice", later), later);
  EXPECT_EQ(throttle.admit(kHome, "alice", later).kind, Kind::now);

  fail_until_blocked(throttle, kHome, "bob");
  throttle.succeeded(kHome, "bob");
  EXPECT_EQ(throttle.admit(kHome, "bob", 0).kind, Kind::now);
}

TEST(FailureThrottle, CountsForNetworkAndNameTogether) {  // F33

  struct Case {
    const char* failing;
    const char* asking;
    const char* name;
    bool blocked;
  };

  for (const auto& [failing, asking, name, blocked] : {
           Case{"203.0.113.7", "203.0.113.7", "alice", true},
           Case{"203.0.113.7", "203.0.113.8", "alice", false},
           Case{"203.0.113.7", "203.0.113.7", "bob", false},
           Case{"203.0.113.7", "::ffff:203.0.113.7", "alice", true},
           Case{"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "alice", true},
           Case{"2001:db8:1:2::1", "2001:db8:1:3::1", "alice", false},
           Case{"", "", "alice", true},
           Case{"unix", "unixa", "lice", false},
       }) {
    SCOPED_TRACE(std::string(failing) + " " + asking + " " + name);
    FailureThrottle throttle;
    const auto now = fail_until_blocked(throttle, failing, "alice");
    EXPECT_EQ(throttle.admit(asking, name, now + 1).kind == Kind::blocked, blocked);
  }
}

}  // namespace
}  // namespace owb::shard
