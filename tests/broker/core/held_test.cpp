// Classic mode: QoS 2 messages that wait for their PUBREL (method A).
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace owb::core {
namespace {

using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// The publisher releases only what it is told to.
class Held : public testing::TestWithParam<Version> {
 protected:
  void begin() {
    world.settings.tenancy = false;
    reader = &world.client("", "reader");
    source = &world.client("", "source");
    reader->connects(lasting());
    reader->subscribes("#");
    source->connects(lasting());
    source->acknowledges = false;
    empty = world.hub("").memory().used();
  }

  Connecting lasting() const { return {.version = GetParam(), .clean = false, .expiry = 1'000}; }

  Reason publishes(unsigned id, const std::string& payload, bool dup = false) {
    return source->publishes("t", payload,
                             {.qos = Qos::exactly_once,
                              .dup = dup,
                              .id = static_cast<std::uint16_t>(id)});
  }

  void releases(unsigned id) {
    source->sends_ack(PacketType::pubrel, static_cast<std::uint16_t>(id));
    EXPECT_THAT(source->take(PacketType::pubcomp), SizeIs(1));
  }

  std::size_t used() { return world.hub("").memory().used() - empty; }

  World world;
  Client* reader = nullptr;
  Client* source = nullptr;
  std::size_t empty = 0;
};

TEST_P(Held, ArePassedOnWhenTheyAreReleased) {
  begin();
  EXPECT_EQ(publishes(1, "1"), Reason::success);
  EXPECT_EQ(publishes(1, "1", true), Reason::success);
  EXPECT_THAT(reader->receives(), IsEmpty());
  releases(1);
  EXPECT_THAT(reader->receives(), ElementsAre("t=1 q2"));
}

TEST(HeldWithExpiry, AreNotPassedOnWhenTheyHaveExpired) {  // [MQTT5-3.3.2-5]
  World world;
  world.settings.tenancy = false;
  auto& reader = world.client("", "reader");
  auto& source = world.client("", "source");
  reader.connects();
  reader.subscribes("#", {.qos = Qos::at_most_once});
  source.connects();
  source.publishes("t", "former", {.retain = true});
  EXPECT_THAT(reader.receives(), ElementsAre("t=former"));
  source.acknowledges = false;
  source.publishes("t", "1",
                   {.qos = Qos::exactly_once, .retain = true, .id = std::uint16_t{7}, .expiry = 5});
  world.passes_ms(6'000);
  source.sends_ack(PacketType::pubrel, 7);
  EXPECT_THAT(source.take(PacketType::pubcomp), SizeIs(1));
  reader.subscribes("t");
  EXPECT_THAT(reader.receives(), IsEmpty());  // the former one was replaced all the same
}

TEST_P(Held, AreBoundedInBytes) {
  world.settings.max_queued_bytes = 1'000;
  begin();
  for (unsigned id = 1; id <= 20; ++id) {
    const bool room = id <= 9;  // 101 bytes each
    EXPECT_EQ(publishes(id, std::string(100, 'x')),
              room || GetParam() != Version::v5 ? Reason::success : Reason::quota_exceeded);
  }
  EXPECT_EQ(world.realm().stats().messages_dropped, 11U);
  releases(1);
  EXPECT_EQ(publishes(30, std::string(100, 'x')), Reason::success);
  for (unsigned id = 2; id <= 30; ++id) {
    releases(id);
  }
  EXPECT_THAT(reader->messages(), SizeIs(10));
  EXPECT_EQ(used(), 0U);
}

TEST_P(Held, AreWhatTheirTenantHolds) {
  begin();
  publishes(1, std::string(5'000, 'x'));
  EXPECT_GT(used(), 5'000U);
  publishes(1, std::string(300, 'x'));  // another one with the same id
  EXPECT_LT(used(), 1'000U);
  publishes(2, std::string(5'000, 'x'));
  releases(1);
  releases(2);
  EXPECT_EQ(used(), 0U);
  publishes(3, std::string(5'000, 'x'));
  source->drops();
  EXPECT_GT(used(), 5'000U);
  source->connects({.version = GetParam(), .clean = true});
  EXPECT_EQ(used(), 0U);
}

TEST_P(Held, DoNotGoBeyondTheMemoryOfAll) {
  world.settings.memory_limit = 100'000;
  begin();
  for (unsigned id = 1; id <= 200; ++id) {
    publishes(id, std::string(1'000, 'x'));
  }
  EXPECT_LE(used(), 100'000U);
  EXPECT_GT(used(), 90'000U);
}

TEST_P(Held, SurviveTheProcess) {  // design 7
  world.keeps = true;
  begin();
  publishes(1, "1");
  publishes(2, "2");
  publishes(3, "3");
  releases(2);
  EXPECT_THAT(reader->receives(), ElementsAre("t=2 q2"));
  world.crashes();
  reader->connects(lasting());
  source->connects(lasting());
  EXPECT_TRUE(source->session_present);
  EXPECT_THAT(reader->receives(), IsEmpty());
  releases(3);
  EXPECT_THAT(reader->receives(), ElementsAre("t=3 q2"));
  EXPECT_EQ(publishes(1, "1", true), Reason::success);
  releases(1);
  releases(1);
  EXPECT_THAT(reader->receives(), ElementsAre("t=1 q2"));
  world.crashes();
  reader->connects(lasting());
  source->connects(lasting());
  releases(1);
  EXPECT_THAT(reader->receives(), IsEmpty());
}

TEST_P(Held, AreAcknowledgedWhenTheyAreKept) {  // design 7
  world.keeps = true;
  begin();
  world.keeper.by_itself = false;
  EXPECT_EQ(publishes(1, "1"), Reason::unspecified_error);  // no PUBREC yet
  world.commits();
  EXPECT_THAT(source->take(PacketType::pubrec), SizeIs(1));
  source->sends_ack(PacketType::pubrel, 1);
  EXPECT_THAT(source->take(PacketType::pubcomp), IsEmpty());
  world.commits();
  EXPECT_THAT(source->take(PacketType::pubcomp), SizeIs(1));
}

TEST_P(Held, LeaveNothingBehindWithTheirSession) {
  world.keeps = true;
  begin();
  publishes(1, "1");
  source->connects({.version = GetParam(), .clean = true});
  for (const auto& [key, value] : world.keeper.entries) {
    EXPECT_NE(key.kind, KeptKind::received);
  }
}

INSTANTIATE_TEST_SUITE_P(Classic, Held, testing::Values(Version::v311, Version::v5),
                         [](const auto& version) {
                           return version.param == Version::v5 ? "v5" : "v311";
                         });

}  // namespace
}  // namespace owb::core
