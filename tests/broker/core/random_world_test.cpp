// Everything at once, in any order: what no single test would think of. Meant for the sanitizers.
#include <array>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "world.hpp"

namespace owb::core {
namespace {

using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;

class RandomWorld : public testing::TestWithParam<unsigned> {
 protected:
  static constexpr std::size_t kClients = 12;
  static constexpr std::array kTenants{"alice", "bob"};
  static constexpr std::array kRoles{Role::home, Role::owner, Role::owner_web, Role::viewer};
  static constexpr std::array kRests{"",
                                     "/a",
                                     "/a/b",
                                     "/c",
                                     "/openWB/set/ChargeMode",
                                     "/openWB/evu/W",
                                     "/cloud/home",
                                     "/webparm/id",
                                     "/openWB/system/mqtt/secret"};
  static constexpr std::array kFilters{"#",          "+/#",          "+/a",        "$SYS/#",
                                       "T/#",        "T/a",          "T/+/b",      "T/cloud/#",
                                       "$share/g/#", "$share/g/T/a", "T/openWB/#", "bob/#"};

  World world;
  std::mt19937 random{GetParam()};
  std::vector<Client*> clients;
  std::vector<std::string> tenant_of;
  std::array<std::uint64_t, 2> uids{1, 2};
  std::uint64_t generation = 1;

  unsigned below(std::size_t bound) { return static_cast<unsigned>(random() % bound); }

  bool chance(unsigned percent) { return below(100) < percent; }

  template <typename List>
  auto one_of(const List& list) {
    return list[below(list.size())];
  }

  void populate() {
    for (std::size_t i = 0; i < kClients; ++i) {
      tenant_of.emplace_back(kTenants[i % 2]);
      clients.push_back(&world.client(tenant_of.back(), "id" + std::to_string(below(4)),
                                      kRoles[i / 2 % kRoles.size()]));
    }
  }

  void connect(std::size_t which) {
    Connecting how;
    how.version = one_of(std::array{Version::v31, Version::v311, Version::v5});
    how.clean = chance(40);
    how.bridge = how.version != Version::v5 && chance(30);
    how.keep_alive = static_cast<std::uint16_t>(chance(50) ? 5 : 0);
    how.expiry = chance(50) ? 20 : 0;
    how.receive_maximum = static_cast<std::uint16_t>(1 + below(5));
    how.topic_alias_maximum = static_cast<std::uint16_t>(below(3));
    if (chance(20)) {
      how.maximum_packet_size = 40;
    }
    const auto topic = tenant_of[which] + one_of(kRests);
    if (chance(40)) {
      how.will = make_will(topic, "will", below(10));
    }
    how.cookie_session = std::to_string(below(3));
    clients[which]->acknowledges = chance(70);
    clients[which]->reads = chance(90);
    clients[which]->connects(how);
  }

  void act(std::size_t which) {
    auto& client = *clients[which];
    if (!client.connected()) {
      connect(which);
      return;
    }
    const auto& tenant = chance(95) ? tenant_of[which] : tenant_of[(which + 1) % kClients];
    switch (below(12)) {
      case 0:
        client.drops();
        break;
      case 1:
        client.leaves(chance(50) ? Reason::success : Reason::disconnect_with_will);
        break;
      case 2:
      case 3: {
        std::string filter = one_of(kFilters);
        if (const auto place = filter.find('T'); place != std::string::npos) {
          filter.replace(place, 1, tenant);
        }
        if (chance(70)) {
          client.subscribes(filter, {.qos = static_cast<Qos>(below(3)), .id = below(3)});
        } else {
          client.unsubscribes(filter);
        }
        break;
      }
      case 4:
        client.acknowledges = !client.acknowledges;
        client.reads = chance(80);
        break;
      case 5:
        client.pings();
        break;
      default: {
        Publishing how;
        how.qos = static_cast<Qos>(below(3));
        how.retain = chance(40);
        if (chance(20)) {
          how.expiry = 1 + below(10);
        }
        client.publishes(tenant + one_of(kRests), chance(10) ? "" : tenant_of[which], how);
      }
    }
  }

  void registry_changes() {
    const auto which = below(2);
    const auto* name = kTenants[which];
    switch (below(5)) {
      case 0:
        world.deletes(name);
        break;
      case 1:
        uids[which] += 2;
        world.registers(name, uids[which], false, ++generation);
        break;
      case 2:
        world.registers(name, uids[which], true, ++generation);
        world.registers(name, uids[which], false, ++generation);
        break;
      case 3:
        world.realm().sessions_revoked({"1"});
        world.settles();
        break;
      default:
        world.registers(name, uids[which], false, generation,
                        "queue_messages=4 retained_messages=12 sessions=3 message_rate=1000");
    }
  }

  /// Nobody sees what is another's.
  void look() {
    for (std::size_t i = 0; i < kClients; ++i) {
      for (const auto& message : clients[i]->messages()) {
        const auto& tenant = tenant_of[i];
        EXPECT_TRUE(message.topic.empty() || message.topic == tenant ||
                    message.topic.starts_with(tenant + "/"))
            << message.topic;
        if (message.payload == "alice" || message.payload == "bob") {
          EXPECT_EQ(message.payload, tenant);
        }
        EXPECT_EQ(message.topic.find("secret"), std::string::npos);
      }
    }
  }
};

TEST_P(RandomWorld, HoldsItsBordersAndEndsEmpty) {
  world.settings.file_user_limits.queue_messages = 10;
  populate();
  for (int step = 0; step < 4'000; ++step) {
    if (chance(2)) {
      registry_changes();
    } else if (chance(10)) {
      world.passes_ms(below(5) * 700);
    } else {
      act(below(kClients));
    }
    look();
  }
  for (const auto* name : kTenants) {
    world.deletes(name);
    if (const auto* hub = world.realm().find_hub(name)) {
      EXPECT_EQ(hub->session_count(), 0U);
      EXPECT_EQ(hub->retained_count(), 0U);
      EXPECT_EQ(hub->retained_bytes(), 0U);
      EXPECT_EQ(hub->link_count(), 0U);
    }
  }
  EXPECT_EQ(world.realm().stats().sessions, 0U);
  EXPECT_EQ(world.realm().memory().used(), 0U);
  EXPECT_EQ(world.realm().topics().size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWorld, testing::Range(1U, 9U));

}  // namespace
}  // namespace owb::core
