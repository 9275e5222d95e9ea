#include "broker/app/heap_trim.hpp"

#include <gtest/gtest.h>

namespace owb::app {
namespace {

constexpr std::size_t kLimit = 1'600;
constexpr std::size_t kStep = kLimit / 16;

std::size_t resident = 0;
std::size_t in_use = 0;
int trimmed = 0;

/// What is not in use goes when it is given back.
constexpr HeapTrim::System kSystem{.resident_bytes = [] { return resident; },
                                   .give_back =
                                       [] {
                                         ++trimmed;
                                         resident = in_use;
                                       }};

class HeapTrimTest : public testing::Test {
 protected:
  HeapTrimTest() {
    resident = in_use = 0;
    trimmed = 0;
  }

  int looks_at(std::size_t bytes) {
    resident = bytes;
    trim.look();
    return trimmed;
  }

  HeapTrim trim{kLimit, kSystem};
};

TEST_F(HeapTrimTest, LeavesASmallProcessAlone) {
  EXPECT_EQ(looks_at(kLimit), 0);
  EXPECT_EQ(looks_at(kLimit + 1), 1);
}

TEST_F(HeapTrimTest, DoesNotTryForEverWhereAllIsInUse) {
  in_use = 2 * kLimit;
  EXPECT_EQ(looks_at(in_use), 1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(looks_at(in_use + kStep - 1), 1);
  }
  EXPECT_EQ(looks_at(in_use + kStep), 2);
}

TEST_F(HeapTrimTest, ActsAgainWhenItGrowsAgain) {
  in_use = kLimit / 2;
  EXPECT_EQ(looks_at(2 * kLimit), 1);
  EXPECT_EQ(looks_at(kLimit), 1);
  EXPECT_EQ(looks_at(2 * kLimit), 2);
}

TEST_F(HeapTrimTest, WithoutALimitItDoesNothing) {
  HeapTrim none{0, kSystem};
  resident = 100 * kLimit;
  none.look();
  EXPECT_EQ(trimmed, 0);
}

TEST(HeapTrimReal, KnowsTheProcess) {
  const auto system = HeapTrim::real();
  EXPECT_GT(system.resident_bytes(), 1U << 20U);
  system.give_back();
}

}  // namespace
}  // namespace owb::app
