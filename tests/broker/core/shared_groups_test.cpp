// Which member of a shared subscription gets a message.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace owb::core {
namespace {

using mqtt::PacketType;
using mqtt::Qos;
using testing::ElementsAre;
using testing::IsEmpty;

/// `first` is full after three messages: one in flight, two queued.
class SharedGroups : public testing::Test {
 protected:
  void SetUp() override {
    first.connects({.clean = false, .expiry = 1'000, .receive_maximum = 1});
    first.acknowledges = false;
    second.connects({.clean = false, .expiry = 1'000});
    source.connects();
    first.subscribes("$share/g/alice/+");
    second.subscribes("$share/g/alice/+");
  }

  void publishes(int count, Qos qos = Qos::at_least_once) {
    for (int i = 0; i < count; ++i) {
      source.publishes("alice/a", std::to_string(i), {.qos = qos});
    }
  }

  static World& with_short_queues(World& world) {
    world.settings.file_user_limits.queue_messages = 2;
    return world;
  }

  World world;
  Client& source = with_short_queues(world).client("alice", "source");
  Client& first = world.client("alice", "first");
  Client& second = world.client("alice", "second");
};

TEST_F(SharedGroups, PassOverAMemberThatIsFull) {
  publishes(20);
  EXPECT_EQ(first.receives().size(), 1U);
  EXPECT_EQ(second.receives().size(), 17U);
  EXPECT_EQ(world.realm().stats().messages_dropped, 0U);
}

TEST_F(SharedGroups, TakeTurnsAgainWhenThereIsRoom) {
  publishes(20);
  first.acknowledges = true;
  first.sends_ack(PacketType::puback, static_cast<std::uint16_t>(first.messages().at(0).id));
  EXPECT_EQ(first.receives().size(), 2U);
  second.receives();
  publishes(10);
  EXPECT_EQ(first.receives().size(), 5U);
  EXPECT_EQ(second.receives().size(), 5U);
}

TEST_F(SharedGroups, PassOverAMemberThatDoesNotRead) {
  first.reads = false;
  const std::string large(40'000, 'x');
  for (int i = 0; i < 20; ++i) {
    source.publishes("alice/a", large, {.qos = Qos::at_most_once});
  }
  EXPECT_GE(second.receives().size(), 17U);
  first.reads = true;
  world.settles();
  EXPECT_LE(first.receives().size(), 3U);
}

TEST_F(SharedGroups, LeaveItToAMemberThatIsAwayIfTheOthersAreFull) {
  second.drops();
  publishes(4);
  EXPECT_EQ(world.realm().stats().messages_dropped, 0U);
  second.connects({.clean = false, .expiry = 1'000});
  EXPECT_THAT(second.receives(), ElementsAre("alice/a=3 q1"));
}

TEST_F(SharedGroups, PreferAMemberThatIsThere) {
  second.drops();
  publishes(3);
  second.connects({.clean = false, .expiry = 1'000});
  EXPECT_THAT(second.receives(), IsEmpty());
}

TEST_F(SharedGroups, DropWhatNobodyHasRoomFor) {
  second.drops();
  publishes(3 + 2 + 1);
  EXPECT_EQ(world.realm().stats().messages_dropped, 1U);
}

// What a member left behind goes to one that has room, too.
TEST_F(SharedGroups, HandOnToAMemberThatHasRoom) {
  auto& third = world.client("alice", "third");
  third.connects({.receive_maximum = 1});
  third.acknowledges = false;
  third.subscribes("$share/g/alice/+");
  second.leaves();
  publishes(6);  // three each for the first and the third one
  second.connects({.clean = false, .expiry = 1'000});
  third.drops();
  EXPECT_EQ(second.receives().size(), 3U);
  EXPECT_EQ(world.realm().stats().messages_dropped, 0U);
}

TEST(SharedGroupsOfBridges, GetTheRetainFlagAsPublished) {  // rule 7
  World world;
  auto& home = world.client("alice", "home", Role::home);
  auto& source = world.client("alice", "source");
  home.connects({.version = mqtt::Version::v311, .bridge = true});
  home.subscribes("$share/g/alice/+");
  source.connects();
  source.publishes("alice/a", "1", {.retain = true});
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=1 q1 r"));
}

TEST(SharedGroupsInClassicMode, UpgradeTheQosLikeAllOthers) {  // upgrade_outgoing_qos
  World world;
  world.settings.tenancy = false;
  world.settings.upgrade_outgoing_qos = true;
  auto& reader = world.client("", "reader");
  reader.connects();
  reader.subscribes("$share/g/+", {.qos = Qos::at_least_once});
  reader.publishes("a", "1", {.qos = Qos::at_most_once});
  EXPECT_THAT(reader.receives(), ElementsAre("a=1 q1"));
}

}  // namespace
}  // namespace owb::core
