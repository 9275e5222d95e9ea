#include <algorithm>
#include <csignal>
#include <fstream>
#include <random>

#include <unistd.h>

#include "tests/broker/store/fixture.hpp"

// Rule 6 and F25: of a deleted tenant no byte stays in any file, and soon.
namespace owb::store::test {
namespace {

/// Many on each page of state.db: SQLite moves rows about, and must not leave copies.
std::vector<std::string> make_tenants() {
  std::vector<std::string> names{"alice"};
  for (int i = 10; i < 50; ++i) {
    names.push_back("tenant" + std::to_string(i));
  }
  return names;
}

std::string evidence_of(const std::string& tenant) {
  return "the-evidence-of-" + tenant;
}

class ErasureTest : public testing::TestWithParam<Durability> {
 protected:
  Options options() {
    return {.path = folder.file("state.db"),
            .durability = GetParam(),
            .commit_delay = std::chrono::milliseconds(0),
            .report = reports.sink()};
  }

  /// The files that still hold something of `tenant`.
  std::vector<std::string> holding(const std::string& tenant = "alice") const {
    std::vector<std::string> found;
    for (const auto& name : folder.names()) {
      std::ifstream file{folder.file(name), std::ios::binary};
      const std::string content{std::istreambuf_iterator<char>{file}, {}};
      if (content.find(evidence_of(tenant)) != content.npos) {
        found.push_back(name);
      }
    }
    return found;
  }

  /// The checkpoint follows on its own thread; it was asked for by the erasure, not by the clock.
  bool nothing_is_left(const std::string& tenant = "alice") const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holding(tenant).empty() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return holding(tenant).empty();
  }

  static std::string value(const std::string& tenant, std::size_t size) {
    return evidence_of(tenant) + std::string(size, 'x');
  }

  /// Months of changes: values that grow and shrink, rows that come and go, checkpoints between.
  void live(Broker& broker, std::mt19937& random) {
    const auto tenants = make_tenants();
    for (int round = 0; round < 12; ++round) {
      for (int i = 0; i < 60; ++i) {
        const auto& tenant = tenants[random() % tenants.size()];
        const auto key = "/openWB/" + std::to_string(random() % 12);
        if (random() % 4 == 0) {
          broker.erase(tenant, key);
        } else {
          broker.put(tenant, key, value(tenant, random() % (random() % 50 == 0 ? 9'000U : 300U)));
        }
      }
      ASSERT_TRUE(broker.commit());
    }
    broker.put("alice", "/always", value("alice", 5));
    ASSERT_TRUE(broker.commit());
  }

  /// All files; while no broker has them.
  std::map<std::string, Bytes> files() const {
    std::map<std::string, Bytes> all;
    for (const auto& name : folder.names()) {
      if (!name.ends_with("-shm")) {
        if (auto bytes = system_disk().read(folder.file(name), kWholeFile)) {
          all[name] = std::move(*bytes);
        }
      }
    }
    return all;
  }

  void set_files(const std::map<std::string, Bytes>& all) {
    for (const auto& name : folder.names()) {
      std::filesystem::remove(folder.file(name));
    }
    for (const auto& [name, bytes] : all) {
      std::ofstream{folder.file(name), std::ios::binary} << as_text(bytes);
    }
  }

  static bool has_alice(const Broker& broker) {
    return std::ranges::any_of(
        broker.loaded, [](const auto& entry) { return std::get<0>(entry.first) == "alice"; });
  }

  Folder folder;
  Reports reports;
};

TEST_P(ErasureTest, F25_LeavesNoByteOfADeletedTenant) {
  std::mt19937 random{25};
  for (int session = 0; session < 20; ++session) {  // each ends with a checkpoint
    Broker broker{options()};
    live(broker, random);
  }
  Broker broker{options()};
  ASSERT_TRUE(has_alice(broker));
  auto left = broker.loaded.size();
  const auto tenants = make_tenants();
  for (std::size_t i = 0; i < tenants.size(); i += 3) {
    const auto& tenant = tenants[i];
    SCOPED_TRACE(tenant);
    left -= static_cast<std::size_t>(std::ranges::count_if(
        broker.loaded, [&](const auto& entry) { return std::get<0>(entry.first) == tenant; }));
    ASSERT_FALSE(holding(tenant).empty());
    broker.writer->erase_tenant(tenant);
    ASSERT_TRUE(broker.commit());
    ASSERT_TRUE(nothing_is_left(tenant)) << testing::PrintToString(holding(tenant));
  }
  broker.store.reset();
  for (std::size_t i = 0; i < tenants.size(); i += 3) {
    EXPECT_TRUE(holding(tenants[i]).empty()) << tenants[i];
  }
  EXPECT_EQ(Broker{options()}.loaded.size(), left);
}

TEST_P(ErasureTest, F25_AlsoWhenTheBrokerIsKilledRightAfterwards) {
  GTEST_FLAG_SET(death_test_style, "fast");  // the same folder for both
  for (unsigned round = 0; round < 2; ++round) {
    std::mt19937 random{26 + round};
    {
      Broker broker{options()};
      live(broker, random);
    }
    const auto erase_and_die = [&] {
      Broker broker{options()};
      live(broker, random);
      broker.writer->erase_tenant("alice");
      (void)broker.commit();
      ::kill(::getpid(), SIGKILL);
    };
    EXPECT_EXIT(erase_and_die(), testing::KilledBySignal(SIGKILL), "");
    Broker broker{options()};
    if (GetParam() == Durability::none) {
      // Nothing was promised; the registry knows, and what it has deleted is erased at the start.
      broker.writer->erase_tenant("alice");
      ASSERT_TRUE(broker.commit());
    } else {
      EXPECT_FALSE(has_alice(broker));
    }
    EXPECT_TRUE(nothing_is_left()) << testing::PrintToString(holding());
  }
}

// F25, F50: files that were set aside are the tenant's, too.
TEST_P(ErasureTest, F25_AlsoInWhatWasSetAside) {
  std::mt19937 random{27};
  {
    Broker broker{options()};
    live(broker, random);
  }
  auto damaged = files();
  auto& state = damaged["state.db"];
  std::fill_n(state.begin(), 100, std::byte{});
  set_files(damaged);
  Broker broker{options()};
  EXPECT_TRUE(has_alice(broker));
  EXPECT_GE(holding().size(), 2U);
  broker.writer->erase_tenant("carol");  // somebody else
  ASSERT_TRUE(broker.commit());
  broker.writer->erase_tenant("alice");
  ASSERT_TRUE(broker.commit());
  EXPECT_TRUE(nothing_is_left()) << testing::PrintToString(holding());
  EXPECT_TRUE(reports.wait_for("had data of alice, who was deleted, and was removed"));
}

std::string name_of(const testing::TestParamInfo<Durability>& tested) {
  switch (tested.param) {
    case Durability::process:
      return "process";
    case Durability::power:
      return "power";
    case Durability::none:
      return "none";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(Durabilities, ErasureTest,
                         testing::Values(Durability::none, Durability::process, Durability::power),
                         name_of);

}  // namespace
}  // namespace owb::store::test
