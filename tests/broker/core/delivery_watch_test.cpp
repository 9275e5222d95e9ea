// Whoever looks on sees each message that a session is given, and each that it drops.
#include "broker/core/delivery_watch.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/core/subscription.hpp"
#include "world.hpp"

namespace owb::core {
namespace {

using mqtt::Qos;
using mqtt::Version;
using testing::ElementsAre;
using testing::IsEmpty;

using Loss = std::pair<std::string, Drop>;

class Seen final : public DeliveryWatch {
 public:
  std::vector<std::string> given;
  std::vector<Loss> dropped_;

  void delivering(const Session& session, const Delivery& delivery) override {
    auto text = name(session, delivery);
    if (delivery.group != nullptr) {
      text += " in " + delivery.group->name;
    }
    if (delivery.replay != nullptr) {
      text += " for " + delivery.replay->filter();
    }
    given.push_back(text);
  }

  void dropped(const Session& session, const Delivery& delivery, Drop why) override {
    auto text = name(session, delivery);
    if (delivery.place != 0) {
      text += " at " + std::to_string(delivery.place);
    }
    dropped_.emplace_back(text, why);
  }

 private:
  static std::string name(const Session& session, const Delivery& delivery) {
    return session.client_id() + ": " + std::string(delivery.topic->text()) + "=" +
           std::string(as_text(delivery.view.payload)).substr(0, 5) + " q" +
           std::to_string(static_cast<int>(delivery.qos));
  }
};

class Watched : public testing::Test {
 protected:
  Watched() { world.watch = &seen; }

  Seen seen;
  World world;
  const Connecting kPersistent{.version = Version::v5, .clean = false, .expiry = 86'400};
};

TEST_F(Watched, SeesWhatSessionsAreGiven) {
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects();
  phone.connects();
  phone.publishes("alice/r", "1", {.retain = true});
  home.subscribes("alice/r");
  home.subscribes("$share/g/alice/+");
  phone.publishes("alice/a", "2", {.qos = Qos::at_most_once});
  EXPECT_THAT(seen.given,
              ElementsAre("home: /r=1 q1 for alice/r", "home: /a=2 q0 in $share/g/alice/+"));
  EXPECT_THAT(seen.dropped_, IsEmpty());
}

TEST_F(Watched, SeesWhyAMessageIsDropped) {
  world.settings.file_user_limits.queue_messages = 2;
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  auto how = kPersistent;
  how.maximum_packet_size = 200;
  home.connects(how);
  home.subscribes("alice/#");
  phone.connects();
  const std::string large(300, 'x');
  phone.publishes("alice/a", large, {.qos = Qos::at_most_once});
  phone.publishes("alice/a", large);
  home.drops();
  phone.publishes("alice/a", "1", {.expiry = 5});
  phone.publishes("alice/a", "2");
  phone.publishes("alice/a", "3");
  world.passes_ms(6'000);
  home.connects(how);
  EXPECT_THAT(home.receives(), ElementsAre("alice/a=2 q1"));
  EXPECT_THAT(seen.dropped_, ElementsAre(Loss{"home: /a=xxxxx q0", Drop::too_large},
                                         Loss{"home: /a=xxxxx q1 at 1", Drop::too_large},
                                         Loss{"home: /a=3 q1", Drop::queue_full},
                                         Loss{"home: /a=1 q1 at 2", Drop::expired}));
  EXPECT_EQ(home.link().session()->dropped(), 4U);
}

TEST_F(Watched, SeesAnOldOrderGo) {  // rule 9
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects(kPersistent);
  home.subscribes("alice/openWB/set/#");
  home.acknowledges = false;
  phone.connects();
  phone.publishes("alice/openWB/set/ChargeMode", "1");
  home.drops();
  world.passes_ms(61'000);
  home.connects(kPersistent);
  EXPECT_THAT(seen.dropped_,
              ElementsAre(Loss{"home: /openWB/set/ChargeMode=1 q1 at 1", Drop::old_order}));
}

TEST_F(Watched, SeesWhatASlowReaderLoses) {  // F37
  world.settings.file_user_limits.queue_bytes = 1'000;
  auto& home = world.client("alice", "home");
  auto& phone = world.client("alice", "phone");
  home.connects();
  home.subscribes("alice/#", {.qos = Qos::at_most_once});
  phone.connects();
  home.reads = false;
  for (int i = 0; i < 4; ++i) {
    phone.publishes("alice/a", std::string(600, 'x'), {.qos = Qos::at_most_once});
  }
  EXPECT_EQ(seen.given.size(), 4U);
  ASSERT_FALSE(seen.dropped_.empty());
  EXPECT_EQ(seen.dropped_.back(), Loss("home: /a=xxxxx q0", Drop::slow_reader));
}

}  // namespace
}  // namespace owb::core
