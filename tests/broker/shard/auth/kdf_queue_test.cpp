#include "broker/shard/auth/kdf_queue.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace owb::shard {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Outcome = SlowAnswer::Outcome;
using Taken = SlowChecks::Taken;

class NoSink final : public AuthSink {
 public:
  void auth_answered(SlowAnswer /*answer*/) override {}
};

class KdfQueueTest : public testing::Test {
 protected:
  KdfQueue::Limits limits{.waiting = 6, .per_address = 4, .running_per_address = 2};
  KdfQueue queue{limits};
  NoSink sink;
  std::int64_t now = 1'000;
  std::uint64_t next_link = 1;

  SlowCheck check(std::string name, std::string address = "203.0.113.7") {
    SlowCheck check;
    check.sink = &sink;
    check.link = next_link++;
    check.name = std::move(name);
    check.address = std::move(address);
    check.password = SecretBytes::copy_of(as_byte_view("secret"));
    return check;
  }

  Taken submits(std::string name, std::string address = "203.0.113.7") {
    return queue.submit(check(std::move(name), std::move(address)), now);
  }

  /// The names that can run now, in their order; they stay running.
  std::vector<std::string> runs() {
    std::vector<std::string> names;
    while (auto check = queue.take(now)) {
      names.push_back(check->name);
      running.push_back(std::move(*check));
    }
    return names;
  }

  void finishes(std::size_t index, Outcome outcome) {
    queue.finish(running.at(index), outcome, now);
  }

  /// Link and outcome of what is due.
  std::vector<std::pair<std::uint64_t, Outcome>> answers() {
    std::vector<std::pair<std::uint64_t, Outcome>> result;
    for (const auto& due : queue.take_due(now)) {
      EXPECT_EQ(due.sink, &sink);
      result.emplace_back(due.answer.link, due.answer.outcome);
    }
    return result;
  }

  std::vector<SlowCheck> running;
};

TEST_F(KdfQueueTest, FirstComeFirstServed) {
  submits("alice");
  submits("bob");
  submits("carol");
  EXPECT_EQ(queue.waiting(), 3U);
  EXPECT_THAT(runs(), ElementsAre("alice", "bob"));  // two of one address at once
  finishes(0, Outcome::right);
  EXPECT_THAT(runs(), ElementsAre("carol"));
  EXPECT_THAT(answers(), ElementsAre(std::pair{1, Outcome::right}));
  EXPECT_EQ(queue.waiting(), 0U);
}

TEST_F(KdfQueueTest, AddressesTakeTurns) {
  for (const auto* name : {"a1", "a2", "a3", "a4"}) {
    submits(name, "192.0.2.1");
  }
  submits("b1", "192.0.2.2");
  EXPECT_THAT(runs(), ElementsAre("a1", "b1", "a2"));
}

TEST_F(KdfQueueTest, OneCheckAtATimeForAName) {
  submits("alice", "192.0.2.1");
  submits("alice", "192.0.2.2");
  submits("bob", "192.0.2.2");
  EXPECT_THAT(runs(), ElementsAre("alice", "bob"));
  finishes(0, Outcome::right);
  EXPECT_THAT(runs(), ElementsAre("alice"));
}

TEST_F(KdfQueueTest, WhoWaitsTooLongIsToldSo) {
  submits("alice", "192.0.2.1");
  submits("alice", "192.0.2.1");
  EXPECT_THAT(runs(), ElementsAre("alice"));
  EXPECT_EQ(queue.next_event_ms(), now + limits.wait_ms);
  now += limits.wait_ms - 1;
  EXPECT_THAT(answers(), IsEmpty());
  now += 1;
  EXPECT_THAT(answers(), ElementsAre(std::pair{2, Outcome::busy}));
  EXPECT_EQ(queue.waiting(), 0U);
  finishes(0, Outcome::right);
  EXPECT_THAT(answers(), ElementsAre(std::pair{1, Outcome::right}));
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.next_event_ms(), std::nullopt);
}

TEST_F(KdfQueueTest, AnAddressHasItsShareOfTheQueue) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(submits("alice", "192.0.2.1"), Taken::queued);
  }
  EXPECT_EQ(submits("bob", "192.0.2.1"), Taken::full);
  EXPECT_EQ(submits("bob", "192.0.2.2"), Taken::queued);
  EXPECT_EQ(queue.waiting(), 5U);
}

TEST_F(KdfQueueTest, WhenItIsFullTheGreediestMakesPlace) {  // F34
  for (int i = 0; i < 4; ++i) {
    submits("alice", "192.0.2.1");
  }
  submits("bob", "192.0.2.2");
  submits("bob", "192.0.2.2");
  EXPECT_EQ(submits("carol", "192.0.2.3"), Taken::queued);
  EXPECT_EQ(queue.waiting(), limits.waiting);
  EXPECT_THAT(answers(), ElementsAre(std::pair{4, Outcome::busy}));
  EXPECT_EQ(submits("dave", "192.0.2.4"), Taken::queued);
  EXPECT_THAT(answers(), ElementsAre(std::pair{3, Outcome::busy}));
  EXPECT_EQ(submits("erin", "192.0.2.5"), Taken::queued);
  EXPECT_EQ(submits("fay", "192.0.2.6"), Taken::queued);
  EXPECT_EQ(answers().size(), 2U);
  EXPECT_EQ(submits("gwen", "192.0.2.7"), Taken::full);  // each of six waits for one
  EXPECT_EQ(queue.waiting(), limits.waiting);
}

TEST_F(KdfQueueTest, WhatIsForgottenIsNeitherRunNorAnswered) {
  submits("alice");
  submits("bob");
  submits("carol");
  EXPECT_THAT(runs(), ElementsAre("alice", "bob"));
  queue.forget(sink, 3);
  queue.forget(sink, 1);
  queue.forget(sink, 99);
  finishes(0, Outcome::wrong);
  finishes(1, Outcome::right);
  EXPECT_THAT(runs(), IsEmpty());
  EXPECT_THAT(answers(), ElementsAre(std::pair{2, Outcome::right}));
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.next_event_ms(), std::nullopt);
}

TEST_F(KdfQueueTest, HoldsBackAnswersAndTheNextChecksAfterFailures) {  // F33
  for (std::uint32_t i = 0; i < FailureThrottle::kFreeFailures; ++i) {
    submits("alice");
    EXPECT_THAT(runs(), ElementsAre("alice"));
    finishes(i, Outcome::wrong);
    EXPECT_EQ(answers().size(), 1U);
  }
  submits("alice");
  runs();
  finishes(FailureThrottle::kFreeFailures, Outcome::wrong);
  EXPECT_THAT(answers(), IsEmpty());
  submits("alice");
  submits("bob");
  EXPECT_THAT(runs(), ElementsAre("bob"));  // the same network, but another name
  EXPECT_EQ(queue.waiting(), 1U);
  EXPECT_EQ(queue.next_event_ms(), now + FailureThrottle::kFirstDelayMs);

  now += FailureThrottle::kFirstDelayMs;
  EXPECT_THAT(answers(), ElementsAre(std::pair{3, Outcome::wrong}));
  EXPECT_THAT(runs(), ElementsAre("alice"));
}

TEST_F(KdfQueueTest, AParkedCheckCanBeForgotten) {
  for (std::uint32_t i = 0; i <= FailureThrottle::kFreeFailures; ++i) {
    submits("alice");
    runs();
    finishes(i, Outcome::wrong);
  }
  answers();
  submits("alice");
  EXPECT_THAT(runs(), IsEmpty());
  queue.forget(sink, next_link - 1);
  EXPECT_EQ(queue.waiting(), 0U);
  now += FailureThrottle::kFirstDelayMs;
  EXPECT_EQ(answers().size(), 1U);  // of the failure
  EXPECT_THAT(runs(), IsEmpty());
  EXPECT_EQ(queue.size(), 0U);
}

TEST_F(KdfQueueTest, ABlockAnswersWhoWaitsWithoutAnyHash) {  // F33
  std::size_t computed = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    while (submits("alice") != Taken::blocked) {
      for (std::size_t count = runs().size(); count > 0; --count) {
        finishes(computed++, Outcome::wrong);
      }
      now += 100;
      answers();
    }
    ++refused;
  }
  EXPECT_EQ(refused, 10'000U);
  EXPECT_EQ(computed, FailureThrottle::kBlockAfter);
  now += FailureThrottle::kLongestDelayMs;
  answers();
  EXPECT_THAT(runs(), IsEmpty());
  answers();
  EXPECT_EQ(queue.size(), 0U);
}

TEST_F(KdfQueueTest, ChecksThatWaitedForTheirTurnAreBlockedToo) {
  std::vector<Outcome> outcomes;
  std::size_t computed = 0;
  // Always as many waiting as there is room for, as one who guesses in parallel would have it.
  while (computed < FailureThrottle::kBlockAfter) {
    while (submits("alice") == Taken::queued) {
    }
    now += 250;
    answers();
    for (std::size_t count = runs().size(); count > 0; --count) {
      finishes(computed++, Outcome::wrong);
    }
  }
  EXPECT_THAT(runs(), IsEmpty());
  EXPECT_EQ(submits("alice"), Taken::blocked);
  now += FailureThrottle::kLongestDelayMs;
  for (int i = 0; i < 3; ++i) {
    answers();
    EXPECT_THAT(runs(), IsEmpty());
  }
  EXPECT_EQ(queue.size(), 0U);
}

TEST_F(KdfQueueTest, ThePortalsChecksAreNotThrottled) {
  for (std::size_t i = 0; i < 2 * FailureThrottle::kBlockAfter; ++i) {
    auto one = check("alice");
    one.throttled = false;
    EXPECT_EQ(queue.submit(std::move(one), now), Taken::queued);
    EXPECT_THAT(runs(), ElementsAre("alice"));
    finishes(i, Outcome::wrong);
    EXPECT_EQ(answers().size(), 1U);
  }
}

}  // namespace
}  // namespace owb::shard
