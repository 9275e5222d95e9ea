#include "tests/broker/store/fixture.hpp"
#include "tests/broker/store/memory_disk.hpp"

// F48, F49: what a disk does to the journal.
namespace owb::store::test {
namespace {

class DiskFaultTest : public testing::Test {
 protected:
  Options options(Durability durability = Durability::process) {
    return {.path = folder.file("state.db"),
            .durability = durability,
            .commit_delay = std::chrono::milliseconds(0),
            .retry = std::chrono::milliseconds(2),
            .report = reports.sink(),
            .disk = &disk};
  }

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

TEST_F(DiskFaultTest, AFullDiskHoldsCommitsBackUntilThereIsSpace) {
  Broker broker{options()};
  broker.put("alice", "a", "1");
  ASSERT_TRUE(broker.commit());
  disk.set_space(40);
  broker.put("alice", "a", "2");
  broker.put("alice", "b", std::string(100, 'x'));
  broker.writer->seal();
  ASSERT_TRUE(broker.wait([&] { return broker.writer->failing(); }));
  EXPECT_EQ(broker.writer->committed(), 1U);
  EXPECT_GT(broker.writer->uncommitted_bytes(), 100U);
  EXPECT_THAT(reports.all(), testing::HasSubstr("No space left on device"));

  broker.put("alice", "c", "3");
  broker.writer->seal();
  disk.set_space(SIZE_MAX);
  ASSERT_TRUE(broker.wait([&] { return broker.writer->committed() == 3; }));
  EXPECT_TRUE(broker.wait([&] { return !broker.writer->failing(); }));
  EXPECT_EQ(broker.writer->uncommitted_bytes(), 0U);
  EXPECT_TRUE(reports.wait_for("is written again"));
  EXPECT_EQ(after_kill(broker),
            (Entries{entry("alice", "a", "2"), entry("alice", "b", std::string(100, 'x')),
                     entry("alice", "c", "3")}));
}

TEST_F(DiskFaultTest, NothingOfAFailedCommitIsThereAfterAKill) {
  for (const auto space :
       std::vector<std::size_t>{0, 1, 12, 13, 40, 63, 64, 65, 90, 100, 120, 150}) {
    SCOPED_TRACE(space);
    disk.set_space(SIZE_MAX);
    disk.set_journals({});
    std::filesystem::remove(folder.file("state.db"));
    Broker broker{options()};
    broker.put("alice", "a", "1");
    ASSERT_TRUE(broker.commit());
    disk.set_space(space);
    broker.put("alice", "a", "2");
    broker.put("alice", "b", std::string(200, 'x'));
    broker.writer->seal();
    ASSERT_TRUE(broker.wait([&] { return broker.writer->failing(); }));
    const Moment moment{folder.file("state.db"), disk};
    broker.store.reset();
    disk.set_space(SIZE_MAX);
    moment.restore(folder.file("state.db"), disk);
    EXPECT_EQ(Broker{options()}.loaded, (Entries{entry("alice", "a", "1")}));
    disk.set_journals({});
  }
}

TEST_F(DiskFaultTest, ShortWritesAreCarriedOn) {
  disk.set_largest_write(7);
  Broker broker{options()};
  broker.put("alice", "a", std::string(1000, 'x'));
  ASSERT_TRUE(broker.commit());
  EXPECT_EQ(after_kill(broker), (Entries{entry("alice", "a", std::string(1000, 'x'))}));
}

TEST_F(DiskFaultTest, AFailedSyncIsNeverBelievedAgain) {
  std::mt19937 random{1};
  Broker broker{options(Durability::power)};
  broker.put("alice", "a", "1");
  ASSERT_TRUE(broker.commit());
  disk.fail_next_sync();
  broker.put("alice", "a", "2");
  ASSERT_TRUE(broker.commit());  // at the second attempt, in another file
  EXPECT_THAT(reports.all(), testing::HasSubstr("Input/output error"));
  disk.cut_power(random);
  EXPECT_EQ(after_kill(broker), (Entries{entry("alice", "a", "2")}));
}

TEST_F(DiskFaultTest, ADeadDiskLeavesTheBrokerRunningAndTheEndTells) {
  Broker broker{options()};
  broker.put("alice", "a", "1");
  ASSERT_TRUE(broker.commit());
  disk.set_broken(true);
  broker.put("alice", "a", "2");
  broker.writer->seal();
  ASSERT_TRUE(broker.wait([&] { return broker.writer->failing(); }));
  EXPECT_FALSE(broker.store->stop());
  EXPECT_THAT(reports.all(), testing::HasSubstr("the disk did not take everything"));
  disk.set_broken(false);
  broker.store.reset();
  EXPECT_EQ(Broker{options()}.loaded, (Entries{entry("alice", "a", "1")}));
}

// Without durability nothing is held back, so only this number tells core where to stop (design 7).
TEST_F(DiskFaultTest, WithoutDurabilityWhatWaitsIsCountedUntilItIsWritten) {
  Broker broker{options(Durability::none)};
  disk.set_broken(true);
  Entries expected;
  for (int i = 0; i < 6; ++i) {
    const auto key = std::to_string(i);
    broker.put("alice", key, std::string(700'000, 'x'));
    expected.insert(entry("alice", key, std::string(700'000, 'x')));
    broker.writer->seal();
    EXPECT_EQ(broker.writer->committed(), static_cast<std::uint64_t>(i) + 1);
  }
  ASSERT_TRUE(broker.wait([&] { return broker.writer->failing(); }));
  EXPECT_GT(broker.writer->uncommitted_bytes(), 6U * 700'000);
  disk.set_broken(false);
  ASSERT_TRUE(broker.wait([&] { return !broker.writer->failing(); }));
  // The attempt that succeeded may have begun before the last batch; less than 1 MB may wait on.
  EXPECT_TRUE(broker.wait([&] { return broker.writer->uncommitted_bytes() < 1U << 20U; }));
  broker.store.reset();
  EXPECT_EQ(Broker{options()}.loaded, expected);
}

TEST_F(DiskFaultTest, AFailingDiskLeavesNoTrailOfFiles) {
  Broker broker{options()};
  disk.set_space(80);  // a header, and no group
  broker.put("alice", "a", "1");
  broker.writer->seal();
  ASSERT_TRUE(broker.wait([&] { return broker.writer->failing(); }));
  for (int i = 0; i < 20; ++i) {
    disk.set_space(80);
    std::this_thread::yield();
  }
  disk.set_space(SIZE_MAX);
  ASSERT_TRUE(broker.wait([&] { return broker.writer->committed() == 1; }));
  EXPECT_EQ(disk.journals().size(), 1U);
}

// F48: after each power cut everything committed is there, whole batches only, and in order.
TEST_F(DiskFaultTest, APowerCutCostsOnlyWhatWasNotCommitted) {
  std::mt19937 random{20261121};
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    Broker broker{options(Durability::power)};
    const auto start = broker.loaded;
    int committed = 0;
    const int batches = 1 + static_cast<int>(random() % 6);
    const auto write = [&](int batch) {
      for (int i = 0; i < 8; ++i) {
        broker.put("t" + std::to_string(i), "round", std::to_string(round));
        broker.put("t" + std::to_string(i), "batch",
                   std::to_string(batch) + ' ' + std::string(random() % 300, '.'));
      }
    };
    for (; committed < batches; ++committed) {
      write(committed);
      ASSERT_TRUE(broker.commit());
    }
    write(committed);
    broker.writer->seal();  // in flight
    disk.cut_power(random);
    const Moment moment{folder.file("state.db"), disk};
    broker.store.reset();
    moment.restore(folder.file("state.db"), disk);
    Broker next{options(Durability::power)};
    ASSERT_EQ(next.loaded.size(), 16U);
    for (int i = 0; i < 8; ++i) {
      const auto tenant = "t" + std::to_string(i);
      EXPECT_EQ((next.loaded[{tenant, KeptKind::retained, "round"}]), std::to_string(round));
      const auto batch = std::stoi(next.loaded[{tenant, KeptKind::retained, "batch"}]);
      EXPECT_GE(batch, committed - 1);
      EXPECT_LE(batch, committed);
      EXPECT_EQ(batch, std::stoi(next.loaded[{"t0", KeptKind::retained, "batch"}]));
    }
    next.store.reset();
  }
  EXPECT_THAT(reports.all(), testing::Not(testing::HasSubstr("lost: 1")));
}

}  // namespace
}  // namespace owb::store::test
