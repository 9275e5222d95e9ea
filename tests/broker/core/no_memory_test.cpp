// Whatever fails while one connection is served ends that connection and nothing else (F52, F64):
// each step of a client is tried again and again, with the first allocation failing, the second,
// and so on, until none is left that could.
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failing_memory.hpp"
#include "tenants/base/logging.hpp"
#include "world.hpp"

namespace owb::core {
namespace {

using failing_memory::Failing;
using failing_memory::kAlways;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;
using testing::Contains;
using testing::ElementsAre;

/// The client whose packets fail, one of the same household, and one of another.
struct Scene {
  explicit Scene(bool keeps, Version spoken) : version(spoken) {
    world.keeps = keeps;
    victim = &world.client("alice", "victim");
    friendly = &world.client("alice", "friend");
    stranger = &world.client("bob", "stranger");
    const Connecting lasting{.version = version, .clean = false, .expiry = 3600};
    EXPECT_EQ(friendly->connects(lasting), Reason::success);
    EXPECT_EQ(friendly->subscribes("alice/#"), 2U);
    EXPECT_EQ(stranger->connects({.version = version}), Reason::success);
    EXPECT_EQ(stranger->subscribes("bob/#"), 2U);
  }

  Connecting with_will() const {
    return {.version = version,
            .clean = false,
            .expiry = 3600,
            .will = make_will("alice/will", "gone")};
  }

  void connect_victim() {
    EXPECT_EQ(victim->connects(with_will()), Reason::success);
    forget();
  }

  void forget() {
    friendly->everything();
    stranger->everything();
    victim->everything();
  }

  World world;
  Version version;
  Client* victim = nullptr;
  Client* friendly = nullptr;
  Client* stranger = nullptr;
};

Bytes connect_packet(const Scene& scene) {
  Bytes bytes;
  const std::string role = std::to_string(static_cast<int>(Role::owner));
  mqtt::encode_connect({.version = scene.version,
                        .clean_start = false,
                        .keep_alive = 60,
                        .client_id = "victim",
                        .will = make_will("alice/will", "gone"),
                        .user_name = "alice",
                        .password = as_byte_view(role),
                        .session_expiry = 3600,
                        .receive_maximum = 65'535},
                       bytes);
  return bytes;
}

Bytes publish_packet(const Scene& scene, Qos qos, bool retain) {
  Bytes bytes;
  mqtt::Publish packet{.qos = qos,
                       .retain = retain,
                       .topic = "alice/a/topic/of/its/own",
                       .payload = as_byte_view("a value of some length")};
  packet.packet_id = qos == Qos::at_most_once ? mqtt::PacketId::none : mqtt::PacketId{7};
  mqtt::encode_publish(packet, scene.version, bytes);
  return bytes;
}

Bytes subscribe_packet(const Scene& scene, std::initializer_list<std::string_view> filters) {
  std::vector<mqtt::SubscribeEntry> entries;
  for (const auto filter : filters) {
    entries.push_back({.filter = filter, .options = {.maximum_qos = Qos::exactly_once}});
  }
  Bytes bytes;
  mqtt::encode_subscribe(mqtt::PacketId{9}, 0, entries, scene.version, bytes);
  return bytes;
}

Bytes ack_packet(const Scene& scene, PacketType type, mqtt::PacketId id) {
  Bytes bytes;
  mqtt::encode_ack(type, {.packet_id = id}, scene.version, bytes);
  return bytes;
}

/// What the victim does, from a state that `before` has made.
struct Step {
  const char* name;
  std::function<void(Scene&)> before;
  std::function<Bytes(const Scene&)> packet;
  bool connects = false;  ///< it is the CONNECT, so there is no will yet
  bool ends = false;      ///< the connection ends with it, and what fails may be its will
};

const std::vector<Step>& steps() {
  static const std::vector<Step> all{
      {.name = "CONNECT",
       .before = [](Scene& scene) { scene.victim->opens({.version = scene.version}); },
       .packet = connect_packet,
       .connects = true},
      {.name = "CONNECT again",  // takes the session over, and a queue waits in it
       .before =
           [](Scene& scene) {
             scene.connect_victim();
             scene.victim->subscribes("alice/for/victim");
             scene.victim->drops();
             scene.friendly->publishes("alice/for/victim", "later");
             scene.forget();
             scene.victim->opens({.version = scene.version});
           },
       .packet = connect_packet,
       .connects = true},
      {.name = "SUBSCRIBE",
       .before =
           [](Scene& scene) {
             scene.friendly->publishes("alice/kept", "value", {.retain = true});
             scene.connect_victim();
           },
       .packet =
           [](const Scene& scene) {
             return subscribe_packet(scene, {"alice/kept", "alice/+/wild", "alice/#"});
           }},
      {.name = "SUBSCRIBE shared",
       .before = [](Scene& scene) { scene.connect_victim(); },
       .packet =
           [](const Scene& scene) {
             return subscribe_packet(scene, {"$share/group/alice/x", "$share/group/alice/#"});
           }},
      {.name = "PUBLISH QoS 0",
       .before = [](Scene& scene) { scene.connect_victim(); },
       .packet =
           [](const Scene& scene) { return publish_packet(scene, Qos::at_most_once, false); }},
      {.name = "PUBLISH QoS 0 retained",
       .before = [](Scene& scene) { scene.connect_victim(); },
       .packet = [](const Scene& scene) { return publish_packet(scene, Qos::at_most_once, true); }},
      {.name = "PUBLISH QoS 1 retained",
       .before = [](Scene& scene) { scene.connect_victim(); },
       .packet =
           [](const Scene& scene) { return publish_packet(scene, Qos::at_least_once, true); }},
      {.name = "PUBLISH QoS 2",
       .before = [](Scene& scene) { scene.connect_victim(); },
       .packet =
           [](const Scene& scene) { return publish_packet(scene, Qos::exactly_once, false); }},
      {.name = "PUBLISH outside the tenant",
       .before = [](Scene& scene) { scene.connect_victim(); },
       .packet =
           [](const Scene& scene) {
             const mqtt::Publish packet{.topic = "bob/not/mine", .payload = as_byte_view("x")};
             Bytes bytes;
             mqtt::encode_publish(packet, scene.version, bytes);
             return bytes;
           }},
      {.name = "PUBREL",
       .before =
           [](Scene& scene) {
             scene.connect_victim();
             scene.victim->acknowledges = false;
             scene.victim->sends(publish_packet(scene, Qos::exactly_once, false));
             scene.forget();
           },
       .packet =
           [](const Scene& scene) {
             return ack_packet(scene, PacketType::pubrel, mqtt::PacketId{7});
           }},
      {.name = "PUBACK",
       .before =
           [](Scene& scene) {
             scene.connect_victim();
             scene.victim->acknowledges = false;
             scene.victim->subscribes("alice/for/victim", {.qos = Qos::at_least_once});
             scene.friendly->publishes("alice/for/victim", "one");
             scene.friendly->publishes("alice/for/victim", "two");
             scene.forget();
           },
       .packet =
           [](const Scene& scene) {
             return ack_packet(scene, PacketType::puback, mqtt::PacketId{1});
           }},
      {.name = "PUBREC",
       .before =
           [](Scene& scene) {
             scene.connect_victim();
             scene.victim->acknowledges = false;
             scene.victim->subscribes("alice/for/victim");
             scene.friendly->publishes("alice/for/victim", "one", {.qos = Qos::exactly_once});
             scene.forget();
           },
       .packet =
           [](const Scene& scene) {
             return ack_packet(scene, PacketType::pubrec, mqtt::PacketId{1});
           }},
      {.name = "UNSUBSCRIBE",
       .before =
           [](Scene& scene) {
             scene.connect_victim();
             scene.victim->subscribes_all({"alice/a", "alice/b/#", "$share/g/alice/c"});
             scene.forget();
           },
       .packet =
           [](const Scene& scene) {
             const std::vector<std::string_view> filters{"alice/a", "alice/b/#",
                                                         "$share/g/alice/c"};
             Bytes bytes;
             mqtt::encode_unsubscribe(mqtt::PacketId{8}, filters, scene.version, bytes);
             return bytes;
           }},
      {.name = "DISCONNECT",
       .before = [](Scene& scene) { scene.connect_victim(); },
       .packet =
           [](const Scene& scene) {
             Bytes bytes;
             mqtt::encode_disconnect({}, scene.version, bytes);
             return bytes;
           },
       .ends = true},
      {.name = "a packet that cannot be",
       .before = [](Scene& scene) { scene.connect_victim(); },
       .packet =
           [](const Scene&) {
             return Bytes{std::byte{0x30}, std::byte{0x01}, std::byte{0}};
           },
       .ends = true},
  };
  return all;
}

class NoMemory : public testing::TestWithParam<std::tuple<bool, Version>> {
 protected:
  NoMemory() {
    // Thousands of lines about what was made to fail.
    EXPECT_TRUE(log::configure({.to_stderr = false, .types = 0}));
  }

  ~NoMemory() override { EXPECT_TRUE(log::configure({})); }

  /// One attempt: `good` allocations work, then `bad` fail. False: none did.
  bool attempt(const Step& step, std::uint64_t good, std::uint64_t bad) {
    Scene scene(std::get<0>(GetParam()), std::get<1>(GetParam()));
    step.before(scene);
    const auto packet = step.packet(scene);
    const bool once = bad == 1;
    bool failed = false;
    {
      const Failing failing(good, bad);
      scene.victim->feeds(packet);
      if (once) {
        scene.world.realm().end_turn();
      }
      failed = Failing::happened();
    }
    scene.world.settles();
    if (scene.friendly->closed) {
      // What failed in the end of the turn was sending to it, so it is the one that ends.
      EXPECT_TRUE(once);
      EXPECT_TRUE(step.ends || !scene.victim->closed);
      EXPECT_EQ(
          scene.friendly->connects({.version = scene.version, .clean = false, .expiry = 3600}),
          Reason::success);
      EXPECT_TRUE(scene.friendly->session_present);
    } else if (failed && once && scene.victim->closed && !step.connects && !step.ends) {
      EXPECT_THAT(scene.friendly->receives(), Contains("alice/will=gone q1"));
    }
    EXPECT_TRUE(scene.stranger->receives().empty());
    check_others(scene);
    check_victim_again(scene);
    return failed;
  }

  // They are there, and everything reaches them.
  static void check_others(Scene& scene) {
    ASSERT_TRUE(scene.friendly->connected());
    ASSERT_TRUE(scene.stranger->connected());
    scene.forget();
    for (const auto qos : {Qos::at_most_once, Qos::at_least_once, Qos::exactly_once}) {
      const auto mark = qos == Qos::at_most_once ? "" : qos == Qos::at_least_once ? " q1" : " q2";
      EXPECT_LT(scene.friendly->publishes("alice/after", "all", {.qos = qos}), Reason{0x80});
      EXPECT_LT(scene.stranger->publishes("bob/after", "all", {.qos = qos}), Reason{0x80});
      EXPECT_THAT(scene.friendly->receives(), ElementsAre(std::string("alice/after=all") + mark));
      EXPECT_THAT(scene.stranger->receives(), ElementsAre(std::string("bob/after=all") + mark));
    }
    scene.stranger->pings();
    EXPECT_TRUE(scene.stranger->last(PacketType::pingresp));
  }

  // It comes back, and everything works; a new subscriber finds what is retained.
  void check_victim_again(Scene& scene) {
    scene.victim->acknowledges = true;
    const Connecting lasting{.version = scene.version, .clean = false, .expiry = 3600};
    ASSERT_EQ(scene.victim->connects(lasting), Reason::success);
    ASSERT_EQ(scene.victim->subscribes("alice/again"), 2U);
    scene.forget();
    scene.victim->publishes("alice/again", "there", {.qos = Qos::exactly_once, .id = 777});
    EXPECT_THAT(scene.friendly->receives(), ElementsAre("alice/again=there q2"));
    EXPECT_THAT(scene.victim->receives(), Contains("alice/again=there q2"));
    EXPECT_EQ(scene.world.hub("alice").link_count(), 2U);
    EXPECT_EQ(scene.world.hub("alice").session_count(), 2U);
    if (std::get<0>(GetParam())) {
      check_restart(scene);
    }
    // Everything can end: no list points to what is gone (the sanitizers look).
    ASSERT_EQ(scene.victim->connects({.version = scene.version}), Reason::success);
    scene.victim->leaves();
    EXPECT_EQ(scene.world.hub("alice").session_count(), 1U);
    scene.world.passes_ms(5'000);
    scene.world.deletes("bob");
    scene.world.deletes("alice");
    EXPECT_EQ(scene.world.hub("alice").memory().used(), 0U);
    EXPECT_EQ(scene.world.hub("alice").retained_count(), 0U);
  }

  // What was acknowledged is there after a crash.
  static void check_restart(Scene& scene) {
    const auto retained = scene.friendly->publishes("alice/durable", "yes", {.retain = true});
    EXPECT_LT(retained, Reason{0x80});
    scene.world.crashes();
    const Connecting lasting{.version = scene.version, .clean = false, .expiry = 3600};
    ASSERT_EQ(scene.friendly->connects(lasting), Reason::success);
    EXPECT_TRUE(scene.friendly->session_present);
    ASSERT_EQ(scene.stranger->connects({.version = scene.version}), Reason::success);
    scene.friendly->everything();
    ASSERT_EQ(scene.friendly->subscribes("alice/durable"), 2U);
    EXPECT_THAT(scene.friendly->receives(), Contains("alice/durable=yes q1 r"));
  }
};

TEST_P(NoMemory, EndsOneConnectionAtMost) {
  std::uint64_t all = 0;
  for (const auto& step : steps()) {
    std::uint64_t good = 0;
    while (true) {
      SCOPED_TRACE(std::string(step.name) + ", allocation " + std::to_string(good));
      if (!attempt(step, good, 1) || HasFailure()) {
        break;
      }
      ++good;
    }
    if (HasFailure()) {
      return;
    }
    all += good;
  }
  EXPECT_GT(all, 50U);  // else nothing was made to fail
}

// As when memory is really gone: not even the end of the connection gets any.
TEST_P(NoMemory, UntilAllIsDoneEndsOneConnectionAtMost) {
  for (const auto& step : steps()) {
    std::uint64_t good = 0;
    while (true) {
      SCOPED_TRACE(std::string(step.name) + ", from allocation " + std::to_string(good) + " on");
      if (!attempt(step, good, kAlways) || HasFailure()) {
        break;
      }
      ++good;
    }
    if (HasFailure()) {
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Each, NoMemory,
                         testing::Combine(testing::Bool(),
                                          testing::Values(Version::v311, Version::v5)));

}  // namespace
}  // namespace owb::core
