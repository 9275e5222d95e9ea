// What becomes of a message when memory fails while it is on its way (F52, F64).
#include <string>
#include <tuple>
#include <vector>

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

/// Whether sessions are kept, and the protocol.
class NoMemoryForMessages : public testing::TestWithParam<std::tuple<bool, Version>> {
 protected:
  NoMemoryForMessages() { EXPECT_TRUE(log::configure({.to_stderr = false, .types = 0})); }

  ~NoMemoryForMessages() override { EXPECT_TRUE(log::configure({})); }
};

/// A message of QoS 2 from PUBLISH to PUBCOMP. What fails is the packet `fails`; then the client
/// does what the specification asks of it.
class TwoStepFlow {
 public:
  TwoStepFlow(bool keeps, Version version, bool tenancy)
      : lasting_{.version = version, .clean = false, .expiry = 3600},
        topic_(tenancy ? "alice/t" : "t") {
    world_.keeps = keeps;
    world_.settings.tenancy = tenancy;
    const auto* const tenant = tenancy ? "alice" : "";
    victim_ = &world_.client(tenant, "victim");
    reader_ = &world_.client(tenant, "reader");
    EXPECT_EQ(reader_->connects(lasting_), Reason::success);
    EXPECT_EQ(reader_->subscribes(topic_), 2U);
    EXPECT_EQ(victim_->connects(lasting_), Reason::success);
    victim_->acknowledges = false;
  }

  /// False: nothing has failed.
  bool runs(PacketType fails, std::uint64_t good, std::uint64_t bad) {
    const bool failed = say(PacketType::publish, fails, good, bad);
    return say(PacketType::pubrel, fails, good, bad) || failed;
  }

  std::vector<Packet> received() { return reader_->messages(); }

  bool reader_is_there() const { return !reader_->closed; }

 private:
  bool say(PacketType type, PacketType fails, std::uint64_t good, std::uint64_t bad) {
    const auto answer = type == PacketType::publish ? PacketType::pubrec : PacketType::pubcomp;
    bool failed = false;
    bool dup = false;
    if (type == fails) {
      const auto bytes = packet(type, dup);
      const Failing failing(good, bad);
      victim_->feeds(bytes);
      if (bad == 1) {
        world_.realm().end_turn();
      }
      failed = Failing::happened();
      dup = true;
    }
    world_.settles();
    if (!victim_->take(answer).empty()) {
      return failed;
    }
    EXPECT_TRUE(!dup || victim_->closed);
    if (victim_->closed) {
      EXPECT_EQ(victim_->connects(lasting_), Reason::success);
      EXPECT_TRUE(victim_->session_present);
    }
    victim_->sends(packet(type, dup));
    EXPECT_FALSE(victim_->take(answer).empty());
    return failed;
  }

  Bytes packet(PacketType type, bool dup) const {
    Bytes bytes;
    const mqtt::PacketId id{7};
    if (type == PacketType::publish) {
      mqtt::encode_publish({.dup = dup,
                            .qos = Qos::exactly_once,
                            .topic = topic_,
                            .packet_id = id,
                            .payload = as_byte_view("value")},
                           lasting_.version, bytes);
    } else {
      mqtt::encode_ack(type, {.packet_id = id}, lasting_.version, bytes);
    }
    return bytes;
  }

  Connecting lasting_;
  std::string topic_;
  World world_;
  Client* victim_ = nullptr;
  Client* reader_ = nullptr;
};

// [MQTT-4.3.3-1], [MQTT5-4.3.3-1]: neither lost nor doubled, by whichever method it is received.
TEST_P(NoMemoryForMessages, AMessageOfQosTwoComesOnce) {
  const auto [keeps, version] = GetParam();
  for (const bool tenancy : {true, false}) {
    for (const auto type : {PacketType::publish, PacketType::pubrel}) {
      for (const auto bad : {std::uint64_t{1}, kAlways}) {
        bool failed = true;
        for (std::uint64_t good = 0; failed; ++good) {
          SCOPED_TRACE((tenancy ? "tenancy, packet " : "classic, packet ") +
                       std::to_string(static_cast<int>(type)) + ", allocation " +
                       std::to_string(good) + (bad == 1 ? "" : " and all after it"));
          TwoStepFlow flow(keeps, version, tenancy);
          failed = flow.runs(type, good, bad);
          if (flow.reader_is_there()) {
            EXPECT_EQ(flow.received().size(), 1U);
          }
          if (HasFailure()) {
            return;
          }
        }
      }
    }
  }
}

TEST_P(NoMemoryForMessages, WhoCannotTakeAMessageIsTheOnlyOneWithoutIt) {
  const auto [keeps, version] = GetParam();
  bool failed = true;
  std::size_t missed_alone = 0;
  for (std::uint64_t good = 0; failed; ++good) {
    SCOPED_TRACE("allocation " + std::to_string(good));
    World world;
    world.keeps = keeps;
    auto& victim = world.client("alice", "victim");
    EXPECT_EQ(victim.connects({.version = version}), Reason::success);
    std::vector<Client*> readers;
    for (const char* name : {"a", "b", "c"}) {
      readers.push_back(&world.client("alice", name));
      EXPECT_EQ(readers.back()->connects({.version = version}), Reason::success);
      EXPECT_EQ(readers.back()->subscribes("alice/t"), 2U);
    }
    Bytes bytes;
    mqtt::encode_publish({.topic = "alice/t", .payload = as_byte_view("value")}, version, bytes);
    {
      const Failing failing(good, 1);
      victim.feeds(bytes);
      failed = Failing::happened();
    }
    world.settles();
    std::size_t got = 0;
    for (auto* reader : readers) {
      got += reader->messages().size();
    }
    EXPECT_NE(got, 1U);
    missed_alone += got == 2 ? 1U : 0U;
    if (HasFailure()) {
      return;
    }
  }
  EXPECT_GE(missed_alone, 3U);  // each of them once, at least
}

INSTANTIATE_TEST_SUITE_P(Each, NoMemoryForMessages,
                         testing::Combine(testing::Bool(),
                                          testing::Values(Version::v311, Version::v5)));

}  // namespace
}  // namespace owb::core
