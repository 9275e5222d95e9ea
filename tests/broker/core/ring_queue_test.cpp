#include "broker/core/ring_queue.hpp"

#include <deque>
#include <memory>
#include <random>

#include <gtest/gtest.h>

namespace owb::core {
namespace {

TEST(RingQueue, BehavesAsAQueueWhateverItsHistory) {
  RingQueue<std::unique_ptr<int>> queue;
  std::deque<int> model;
  std::mt19937 random{7};
  for (int i = 0; i < 20'000; ++i) {
    const bool growing = (i / 1'000) % 2 == 0;
    if (random() % 10 < (growing ? 6U : 4U)) {
      queue.push_back(std::make_unique<int>(i));
      model.push_back(i);
    } else if (!model.empty()) {
      ASSERT_EQ(*queue.front(), model.front());
      queue.pop_front();
      model.pop_front();
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(queue.empty(), model.empty());
    for (std::size_t at = 0; at < model.size(); at += 37) {
      ASSERT_EQ(*queue[at], model[at]);
    }
  }
}

TEST(RingQueue, LetsGoOfWhatWasTaken) {
  RingQueue<std::shared_ptr<int>> queue;
  auto item = std::make_shared<int>(1);
  queue.push_back(std::shared_ptr<int>(item));
  queue.push_back(std::shared_ptr<int>(item));
  EXPECT_EQ(item.use_count(), 3);
  queue.pop_front();
  EXPECT_EQ(item.use_count(), 2);
  queue.clear();
  EXPECT_EQ(item.use_count(), 1);
  EXPECT_TRUE(queue.empty());
  queue.push_back(std::shared_ptr<int>(item));
  EXPECT_EQ(queue.size(), 1U);
}

}  // namespace
}  // namespace owb::core
