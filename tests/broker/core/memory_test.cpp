// The memory that all tenants share (F37, F52).
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace owb::core {
namespace {

using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;

constexpr Connecting kPersistent{.version = Version::v311, .clean = false};
constexpr std::size_t kLimit = 400'000;
const std::string kKilobyte(1'000, 'x');

class Memory : public testing::Test {
 protected:
  Memory() {
    world.settings.memory_limit = kLimit;
    world.settings.file_user_limits = tenants::Limits::unlimited();
    world.settings.max_queued_messages = 0;
  }

  /// A tenant with a phone that is away and a home that goes on publishing.
  Client& home_of(const std::string& tenant) {
    auto& phone = world.client(tenant, "phone");
    phone.connects(kPersistent);
    phone.subscribes(tenant + "/#");
    phone.drops();
    auto& home = world.client(tenant, "home");
    home.connects();
    return home;
  }

  World world;
};

TEST_F(Memory, IsNotGivenBeyondTheLimit) {
  auto& alice = home_of("alice");
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(alice.publishes("alice/a", kKilobyte), Reason::success);
    ASSERT_LE(world.realm().memory().used(), kLimit);
  }
  EXPECT_GT(world.realm().memory().used(), kLimit / 2);
  EXPECT_GT(world.realm().stats().messages_dropped, 500U);
  auto& phone = world.client("alice", "phone");
  phone.connects(kPersistent);
  EXPECT_GT(phone.messages().size(), 200U);
  EXPECT_EQ(world.realm().memory().used(), 0U);
}

TEST_F(Memory, IsTakenFromWhoHasMost) {
  auto& alice = home_of("alice");
  for (int i = 0; i < 1'000; ++i) {
    alice.publishes("alice/a", kKilobyte);
  }
  auto& bob = home_of("bob");
  constexpr std::size_t kBobs = 150;  // less than his half
  for (std::size_t i = 0; i < kBobs; ++i) {
    bob.publishes("bob/a", kKilobyte);
    ASSERT_LE(world.realm().memory().used(), kLimit);
  }
  auto& phone = world.client("bob", "phone");
  phone.connects(kPersistent);
  EXPECT_EQ(phone.messages().size(), kBobs);
  auto& other = world.client("alice", "phone");
  other.connects(kPersistent);
  EXPECT_GT(other.messages().size(), 100U);
}

TEST_F(Memory, IsRefusedToRetainedMessagesToo) {
  auto& alice = world.client("alice");
  auto& bob = world.client("bob");
  alice.connects();
  bob.connects();
  bob.publishes("bob/first", kKilobyte, {.retain = true});
  int refused = 0;
  for (int i = 0; i < 1'000; ++i) {
    refused += alice.publishes("alice/" + std::to_string(i), kKilobyte, {.retain = true}) ==
                       Reason::quota_exceeded
                   ? 1
                   : 0;
  }
  EXPECT_GT(refused, 500);
  EXPECT_LE(world.realm().memory().used(), kLimit + 5'000);  // bob's, and what the broker says
  EXPECT_NE(bob.publishes("bob/second", kKilobyte, {.retain = true}), Reason::quota_exceeded);
  alice.publishes("alice/0", "", {.retain = true});
  EXPECT_NE(alice.publishes("alice/1", "smaller", {.retain = true}), Reason::quota_exceeded);
}

TEST_F(Memory, ASleepingReaderEndsBeforeOthersSuffer) {  // F37
  auto& tab = world.client("alice", "tab");
  tab.connects();
  tab.subscribes("alice/#", {.qos = Qos::at_most_once});
  tab.reads = false;
  auto& alice = world.client("alice", "home");
  alice.connects();
  for (int i = 0; i < 1'000 && world.realm().memory().used() < kLimit - 10'000; ++i) {
    alice.publishes("alice/a", kKilobyte, {.qos = Qos::at_most_once});
  }
  auto& bob = home_of("bob");
  for (int i = 0; i < 100; ++i) {
    bob.publishes("bob/a", kKilobyte);
    ASSERT_LE(world.realm().memory().used(), kLimit);
  }
  EXPECT_FALSE(tab.connected());
  EXPECT_TRUE(tab.dropped) << "its transport goes on holding what nobody counts any more";
  auto& phone = world.client("bob", "phone");
  phone.connects(kPersistent);
  EXPECT_EQ(phone.messages().size(), 100U);
}

}  // namespace
}  // namespace owb::core
