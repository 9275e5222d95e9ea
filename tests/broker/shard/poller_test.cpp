#include "broker/shard/poller.hpp"

#include <memory>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

namespace owb::shard {
namespace {

/// A descriptor that is always ready.
class Ready final : public Poller::Watch {
 public:
  explicit Ready(std::vector<Ready*>& served)
      : fd_(eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)), served_(served) {}

  int fd() const { return fd_.get(); }

  void on_ready(std::uint32_t events) override {
    EXPECT_NE(events & EPOLLIN, 0U);
    served_.push_back(this);
  }

 private:
  UniqueFd fd_;
  std::vector<Ready*>& served_;
};

class PollerTest : public testing::Test {
 protected:
  void watches(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      all_.push_back(std::make_unique<Ready>(served));
      ASSERT_TRUE(poller.add(all_.back()->fd(), *all_.back(), EPOLLIN));
    }
  }

  Poller poller;
  std::vector<Ready*> served;

 private:
  std::vector<std::unique_ptr<Ready>> all_;
};

TEST_F(PollerTest, ServesWhatIsReady) {
  watches(3);
  EXPECT_EQ(poller.poll(), 3U);
  EXPECT_EQ(served.size(), 3U);
}

TEST_F(PollerTest, F36_ServesAFewAtATimeAndLeavesNobodyOut) {
  constexpr std::size_t kCrowd = 100;
  constexpr std::size_t kFew = 8;
  watches(kCrowd);
  for (std::size_t turn = 0; turn * kFew < kCrowd; ++turn) {
    served.clear();
    poller.poll(kFew);
    EXPECT_EQ(served.size(), kFew);
  }
  std::set<Ready*> seen;
  for (std::size_t turn = 0; turn < 2 * kCrowd / kFew; ++turn) {
    served.clear();
    poller.poll(kFew);
    seen.insert(served.begin(), served.end());
  }
  EXPECT_EQ(seen.size(), kCrowd);
}

TEST_F(PollerTest, ForgetsWhatIsRemoved) {
  watches(1);
  poller.poll();
  poller.remove(served.at(0)->fd());
  served.clear();
  EXPECT_EQ(poller.poll(), 0U);
  EXPECT_TRUE(served.empty());
}

}  // namespace
}  // namespace owb::shard
