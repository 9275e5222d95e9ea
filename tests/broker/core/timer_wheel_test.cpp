#include "broker/core/timer_wheel.hpp"

#include <functional>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace owb::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Alarm final : public Timer {
 public:
  explicit Alarm(std::function<void()> action) : action_(std::move(action)) {}

 private:
  void on_timer() override { action_(); }

  std::function<void()> action_;
};

class TimerWheelTest : public testing::Test {
 protected:
  TimerWheel wheel{kStart};
  std::vector<int> fired;
  std::vector<std::unique_ptr<Alarm>> alarms;

  static constexpr std::int64_t kStart = 12'345;

  Alarm& alarm(int name) {
    alarms.push_back(std::make_unique<Alarm>([this, name] { fired.push_back(name); }));
    return *alarms.back();
  }
};

TEST_F(TimerWheelTest, NeverFiresEarlyAndATickLateAtMost) {
  for (const std::int64_t delay :
       {1, 50, 99, 100, 101, 1'000, 102'300, 102'400, 102'500, 500'000}) {
    SCOPED_TRACE(delay);
    TimerWheel fresh{kStart};
    std::int64_t now = kStart;
    std::int64_t fired_at = 0;
    Alarm one{[&] { fired_at = now; }};
    fresh.arm(one, kStart + delay);
    EXPECT_TRUE(one.armed());
    while (fired_at == 0 && now < kStart + delay + 1'000) {
      now += 10;
      fresh.advance(now);
    }
    EXPECT_GE(fired_at, kStart + delay);
    EXPECT_LE(fired_at, kStart + delay + TimerWheel::kTickMs + 10);
    EXPECT_FALSE(one.armed());
  }
}

TEST_F(TimerWheelTest, FiresWhatWasOverslept) {
  wheel.arm(alarm(1), kStart + 100);
  wheel.arm(alarm(2), kStart + 90'000);
  wheel.arm(alarm(3), kStart + 300'000);
  wheel.arm(alarm(4), kStart + 3'600'000);
  wheel.advance(kStart + 1'000'000);
  EXPECT_THAT(fired, testing::UnorderedElementsAre(1, 2, 3));
  wheel.advance(kStart + 3'600'200);
  EXPECT_THAT(fired, testing::UnorderedElementsAre(1, 2, 3, 4));
}

TEST_F(TimerWheelTest, ADeadlineInThePastFiresAtTheNextTick) {
  wheel.arm(alarm(1), 0);
  wheel.advance(kStart);
  EXPECT_THAT(fired, IsEmpty());
  wheel.advance(kStart + TimerWheel::kTickMs);
  EXPECT_THAT(fired, ElementsAre(1));
}

TEST_F(TimerWheelTest, CancelledAndDestroyedTimersDoNotFire) {
  auto& one = alarm(1);
  wheel.arm(one, kStart + 500);
  wheel.arm(alarm(2), kStart + 500);
  wheel.arm(alarm(3), kStart + 500);
  one.cancel();
  EXPECT_FALSE(one.armed());
  one.cancel();
  alarms.erase(alarms.begin() + 1);
  wheel.advance(kStart + 1'000);
  EXPECT_THAT(fired, ElementsAre(3));
}

TEST_F(TimerWheelTest, ArmingAgainMovesATimer) {
  auto& one = alarm(1);
  wheel.arm(one, kStart + 500);
  wheel.arm(one, kStart + 5'000);
  wheel.advance(kStart + 4'900);
  EXPECT_THAT(fired, IsEmpty());
  wheel.advance(kStart + 5'200);
  EXPECT_THAT(fired, ElementsAre(1));
}

TEST_F(TimerWheelTest, WhatFiresMayArmAndDestroyOthers) {
  std::unique_ptr<Alarm> victim = std::make_unique<Alarm>([this] { fired.push_back(99); });
  std::unique_ptr<Alarm> again;
  int rounds = 0;
  again = std::make_unique<Alarm>([&] {
    victim.reset();
    if (++rounds < 3) {
      wheel.arm(*again, 0);
    }
  });
  wheel.arm(*again, kStart + 500);
  wheel.arm(*victim, kStart + 500);
  wheel.advance(kStart + 5'000);
  EXPECT_EQ(rounds, 3);
  EXPECT_THAT(fired, IsEmpty());
}

}  // namespace
}  // namespace owb::core
