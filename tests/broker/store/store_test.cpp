#include <fstream>

#include "broker/store/error.hpp"
#include "tests/broker/store/fixture.hpp"
#include "tests/broker/store/memory_disk.hpp"

namespace owb::store::test {
namespace {

class StoreTest : public testing::Test {
 protected:
  Options options() {
    return {.path = folder.file("state.db"),
            .commit_delay = std::chrono::milliseconds(0),
            .report = reports.sink(),
            .disk = &disk};
  }

  /// What the next start finds if the process ends now.
  Entries after_kill(Broker& broker) {
    const Moment moment{folder.file("state.db"), disk};
    broker.store.reset();
    moment.restore(folder.file("state.db"), disk);
    return Broker{options()}.loaded;
  }

  Folder folder;
  MemoryDisk disk;
  Reports reports;
};

TEST_F(StoreTest, KeepsWhatWasCommitted) {
  {
    Broker broker{options()};
    EXPECT_TRUE(broker.loaded.empty());
    broker.put("bob", "b", "2");
    broker.put("alice", "a", "1");
    broker.put("alice", "s", "", KeptKind::session);
    ASSERT_TRUE(broker.commit());
    EXPECT_EQ(broker.writer->uncommitted_bytes(), 0U);
  }
  Broker broker{options()};
  EXPECT_TRUE(broker.sorted);
  EXPECT_EQ(broker.loaded, (Entries{entry("alice", "a", "1"), entry("bob", "b", "2"),
                                    entry("alice", "s", "", KeptKind::session)}));
  EXPECT_EQ(reports.all(), "");
}

TEST_F(StoreTest, KeepsItWithoutAnOrderlyEnd) {
  Broker broker{options()};
  broker.put("alice", "a", "1");
  ASSERT_TRUE(broker.commit());
  broker.put("alice", "a", "2");
  broker.put("alice", "b", "3");
  ASSERT_TRUE(broker.commit());
  broker.erase("alice", "b");
  ASSERT_TRUE(broker.commit());
  EXPECT_EQ(after_kill(broker), (Entries{entry("alice", "a", "2")}));
}

TEST_F(StoreTest, KeepsNothingOfABatchThatWasNotSealed) {
  Broker broker{options()};
  broker.put("alice", "a", "1");
  ASSERT_TRUE(broker.commit());
  broker.put("alice", "a", "2");
  EXPECT_GT(broker.writer->uncommitted_bytes(), 0U);
  EXPECT_EQ(after_kill(broker), (Entries{entry("alice", "a", "1")}));
}

TEST_F(StoreTest, NumbersBatchesAndSkipsEmptyOnes) {
  Broker broker{options()};
  EXPECT_EQ(broker.writer->open_batch(), 1U);
  broker.writer->seal();
  EXPECT_EQ(broker.writer->open_batch(), 1U);
  EXPECT_EQ(broker.writer->committed(), 0U);
  broker.put("alice", "a", "1");
  ASSERT_TRUE(broker.commit());
  EXPECT_EQ(broker.writer->open_batch(), 2U);
  EXPECT_EQ(broker.writer->committed(), 1U);
}

TEST_F(StoreTest, ErasesATenantAndKeepsWhatComesAfter) {
  for (const bool kill : {false, true}) {
    SCOPED_TRACE(kill);
    {
      Broker broker{options()};
      broker.put("alice", "old", "1");
      broker.put("bob", "his", "2");
      ASSERT_TRUE(broker.commit());
    }
    Broker broker{options()};
    broker.put("alice", "older", "1");
    broker.writer->erase_tenant("alice");
    broker.put("alice", "new", "3");
    ASSERT_TRUE(broker.commit());
    const auto expected = Entries{entry("alice", "new", "3"), entry("bob", "his", "2")};
    if (kill) {
      EXPECT_EQ(after_kill(broker), expected);
    } else {
      broker.store.reset();
      EXPECT_EQ(Broker{options()}.loaded, expected);
    }
  }
}

TEST_F(StoreTest, CheckpointsReplaceJournals) {
  auto small = options();
  small.checkpoint_bytes = 20'000;
  {
    Broker broker{small};
    for (int i = 0; i < 2'000; ++i) {
      broker.put("tenant" + std::to_string(i % 7), "topic" + std::to_string(i % 50),
                 std::to_string(i));
      if (i % 3 == 0) {
        broker.put("alice", std::to_string(i), "queued", KeptKind::queued);
        broker.erase("alice", std::to_string(i), KeptKind::queued);
      }
      if (i % 10 == 0) {
        ASSERT_TRUE(broker.commit());
      }
    }
    ASSERT_TRUE(broker.commit());
  }
  EXPECT_TRUE(disk.journals().empty());
  Broker broker{small};
  EXPECT_EQ(broker.loaded.size(), 350U);
  for (const auto& [name, value] : broker.loaded) {
    EXPECT_GE(std::stoi(value), 1'650) << std::get<2>(name);
  }
  EXPECT_EQ(reports.all(), "");
}

TEST_F(StoreTest, TakesBatchesOfManyWriters) {
  Broker broker{options()};
  std::vector<std::unique_ptr<Writer>> writers;
  writers.reserve(4);  // the threads look at those that are there
  std::vector<std::thread> threads;
  for (int w = 0; w < 4; ++w) {
    writers.push_back(broker.store->writer([] {}));
    threads.emplace_back([&, w] {
      for (int i = 0; i < 200; ++i) {
        const auto value = std::to_string(i);
        const std::array parts{as_byte_view(value)};
        writers[static_cast<std::size_t>(w)]->put("t" + std::to_string(w), KeptKind::retained,
                                                  as_byte_view(std::to_string(i % 20)), parts);
        writers[static_cast<std::size_t>(w)]->seal();
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_TRUE(broker.store->stop());
  broker.store.reset();
  Broker next{options()};
  EXPECT_EQ(next.loaded.size(), 80U);
  EXPECT_EQ((next.loaded[{"t3", KeptKind::retained, "19"}]), "199");
}

TEST_F(StoreTest, DurabilityPowerWaitsForTheDiskAndProcessDoesNot) {
  for (const auto durability : {Durability::process, Durability::power}) {
    auto chosen = options();
    chosen.durability = durability;
    Broker broker{chosen};
    const auto before = disk.syncs();
    broker.put("alice", "a", "1");
    ASSERT_TRUE(broker.commit());
    EXPECT_EQ(disk.syncs() > before, durability == Durability::power);
  }
}

TEST_F(StoreTest, DurabilityNoneCommitsAtOnceAndWritesAtTheEnd) {
  auto none = options();
  none.durability = Durability::none;
  {
    Broker broker{none};
    broker.put("alice", "a", "1");
    broker.writer->seal();
    EXPECT_EQ(broker.writer->committed(), 1U);
    EXPECT_TRUE(disk.journals().empty());
  }
  EXPECT_EQ(Broker{none}.loaded, (Entries{entry("alice", "a", "1")}));
}

TEST_F(StoreTest, DurabilityNoneWritesAtTheInterval) {
  auto none = options();
  none.durability = Durability::none;
  none.checkpoint_interval = std::chrono::milliseconds(5);
  Broker broker{none};
  broker.put("alice", "a", "1");
  broker.writer->seal();
  EXPECT_TRUE(broker.wait([&] { return broker.writer->uncommitted_bytes() == 0; }));
}

TEST_F(StoreTest, WritesACheckpointAfterSoManyChanges) {
  auto counting = options();
  counting.checkpoint_interval = std::chrono::milliseconds(0);
  counting.checkpoint_records = 10;
  Broker broker{counting};
  for (int i = 0; i < 10; ++i) {
    broker.put("alice", std::to_string(i), "1");
  }
  ASSERT_TRUE(broker.commit());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!disk.journals().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(disk.journals().empty());
}

TEST_F(StoreTest, LeavesAStrangersFileAlone) {
  const std::string theirs = std::string("\x00\xB5\x00", 3) + "mosquitto db" + std::string(80, ' ');
  for (const auto* name : {"mosquitto.db", "state.db"}) {
    std::ofstream{folder.file(name), std::ios::binary} << theirs;
  }
  std::ofstream{folder.file("mosquitto.log.1")} << std::string(200, 'x');
  std::ofstream{folder.file("mosquitto.db.lock")} << "";
  auto chosen = options();
  chosen.path = folder.file("mosquitto.db");
  {
    Broker broker{chosen};
    EXPECT_EQ(broker.store->path(), folder.file("state-2.db"));
    broker.put("alice", "a", "1");
    ASSERT_TRUE(broker.commit());
  }
  EXPECT_THAT(reports.all(), testing::HasSubstr("mosquitto.db is not ours"));
  EXPECT_EQ(Broker{chosen}.loaded, (Entries{entry("alice", "a", "1")}));
  for (const auto* name : {"mosquitto.db", "state.db"}) {
    std::ifstream file{folder.file(name), std::ios::binary};
    EXPECT_EQ((std::string{std::istreambuf_iterator<char>{file}, {}}), theirs) << name;
  }
}

TEST_F(StoreTest, LeavesAnotherProgramsDatabaseAlone) {
  const auto path = folder.file("state.db");
  {
    auto theirs = sqlite::Database::open(path, sqlite::Database::Access::create, 0);
    ASSERT_TRUE(theirs);
    ASSERT_TRUE(theirs->execute("CREATE TABLE kept(tenant, kind, key, value, crc);"
                                "INSERT INTO kept VALUES('alice', 1, x'01', x'02', 3);"));
  }
  std::ofstream{path + ".lock"} << "";
  const auto before = system_disk().read(path, kWholeFile);
  Broker broker{options()};
  EXPECT_EQ(broker.store->path(), folder.file("state-2.db"));
  EXPECT_EQ(*system_disk().read(path, kWholeFile), *before);
}

TEST_F(StoreTest, RefusesAFileAnotherBrokerUses) {
  Broker broker{options()};
  EXPECT_EQ(Broker{options()}.error, make_error_code(Errc::file_in_use));
}

TEST_F(StoreTest, SaysWhyThereCannotBeAFile) {
  auto nowhere = options();
  nowhere.path = folder.file("no-such-folder/state.db");
  EXPECT_EQ(Broker{nowhere}.error, boost::system::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace owb::store::test
