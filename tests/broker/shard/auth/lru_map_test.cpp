#include "broker/shard/auth/lru_map.hpp"

#include <gtest/gtest.h>

namespace owb::shard {
namespace {

using Key = std::array<unsigned char, 16>;

Key key(unsigned char n) {
  return {n};
}

TEST(LruMap, ForgetsWhatWasUsedLongestAgo) {
  LruMap<Key, int> map{2};
  map.put(key(1), 10);
  map.put(key(2), 20);
  EXPECT_NE(map.find(key(1)), nullptr);
  map.put(key(3), 30);
  EXPECT_EQ(map.find(key(2)), nullptr);
  ASSERT_NE(map.find(key(1)), nullptr);
  EXPECT_EQ(*map.find(key(1)), 10);
  EXPECT_EQ(map.size(), 2U);
}

TEST(LruMap, ReplacesWithoutGrowing) {
  LruMap<Key, int> map{2};
  map.put(key(1), 10);
  map.put(key(1), 11);
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(*map.find(key(1)), 11);
  map.erase(key(1));
  EXPECT_EQ(map.find(key(1)), nullptr);
  map.erase(key(1));
  EXPECT_EQ(map.size(), 0U);
}

}  // namespace
}  // namespace owb::shard
