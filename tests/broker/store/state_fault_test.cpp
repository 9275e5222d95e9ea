#include <atomic>
#include <cstring>

#include <sqlite3.h>

#include "tests/broker/store/fixture.hpp"
#include "tests/broker/store/memory_disk.hpp"

// F49: what a disk does to state.db, below SQLite.
namespace owb::store::test {
namespace {

/// SQLite's writes and syncs give this code while it is set; 0: they work.
std::atomic<int> failure{0};

struct Methods {
  sqlite3_io_methods ours{};
  const sqlite3_io_methods* theirs = nullptr;
};

std::array<Methods, 4> kinds;
std::mutex kinds_mutex;
sqlite3_vfs* system_vfs = nullptr;
sqlite3_vfs faulty_vfs;

const sqlite3_io_methods& theirs(sqlite3_file* file) {
  return *reinterpret_cast<const Methods*>(file->pMethods)->theirs;
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  const auto code = failure.load();
  return code != 0 ? code : theirs(file).xWrite(file, data, size, at);
}

int sync_file(sqlite3_file* file, int flags) {
  return failure.load() != 0 ? SQLITE_IOERR_FSYNC : theirs(file).xSync(file, flags);
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  const auto result = system_vfs->xOpen(system_vfs, name, file, flags, out);
  if (result == SQLITE_OK && file->pMethods != nullptr) {
    const std::lock_guard lock(kinds_mutex);
    auto* kind = std::ranges::find_if(kinds, [file](const Methods& known) {
      return known.theirs == file->pMethods || known.theirs == nullptr;
    });
    kind->theirs = file->pMethods;
    kind->ours = *file->pMethods;
    kind->ours.xWrite = write_file;
    kind->ours.xSync = sync_file;
    file->pMethods = &kind->ours;
  }
  return result;
}

class StateFaultTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (system_vfs == nullptr) {
      system_vfs = sqlite3_vfs_find(nullptr);
      faulty_vfs = *system_vfs;
      faulty_vfs.zName = "faulty";
      faulty_vfs.xOpen = open_file;
    }
    sqlite3_vfs_register(&faulty_vfs, 1);
  }

  static void TearDownTestSuite() {
    sqlite3_vfs_unregister(&faulty_vfs);
    sqlite3_vfs_register(system_vfs, 1);
  }

  void TearDown() override { failure = 0; }

  Options options() {
    return {.path = folder.file("state.db"),
            .commit_delay = std::chrono::milliseconds(0),
            .checkpoint_bytes = 500,
            .report = reports.sink(),
            .disk = &disk};
  }

  Folder folder;
  MemoryDisk disk;
  Reports reports;
};

TEST_F(StateFaultTest, WhileCheckpointsFailCommitsGoOnAndNothingIsLost) {
  for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
    SCOPED_TRACE(code);
    Entries expected;
    {
      Broker broker{options()};
      expected = broker.loaded;
      failure = code;
      for (int i = 0; i < 40; ++i) {
        const auto key = std::to_string(code) + '-' + std::to_string(i);
        broker.put("alice", key, std::string(100, 'x'));
        expected.insert(entry("alice", key, std::string(100, 'x')));
        ASSERT_TRUE(broker.commit());
      }
      EXPECT_TRUE(reports.wait_for("checkpoint failed"));
      EXPECT_FALSE(broker.writer->failing());
      const Moment moment{folder.file("state.db"), disk};
      EXPECT_FALSE(broker.store->stop());
      broker.store.reset();
      moment.restore(folder.file("state.db"), disk);
    }
    {
      Broker still{options()};  // F49: a disk that takes nothing does not stop the start
      EXPECT_EQ(still.loaded, expected);
      failure = 0;
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (!disk.journals().empty() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
      }
    }
    EXPECT_TRUE(disk.journals().empty());
    EXPECT_EQ(Broker{options()}.loaded, expected);
  }
}

TEST_F(StateFaultTest, ACheckpointThatFailsInTheMiddleIsDoneAgain) {
  std::mt19937 random{7};
  Entries expected;
  auto broker = std::make_unique<Broker>(options());
  for (int i = 0; i < 400; ++i) {
    const auto key = std::to_string(random() % 50);
    if (random() % 4 == 0) {
      broker->erase("alice", key);
      expected.erase({"alice", KeptKind::retained, key});
    } else {
      broker->put("alice", key, std::to_string(i));
      expected.insert_or_assign({"alice", KeptKind::retained, key}, std::to_string(i));
    }
    ASSERT_TRUE(broker->commit());
    failure = random() % 3 == 0 ? SQLITE_IOERR_WRITE : 0;
  }
  failure = 0;
  broker->store.reset();
  EXPECT_EQ(Broker{options()}.loaded, expected);
  EXPECT_THAT(reports.all(), testing::Not(testing::HasSubstr("damaged")));
}

}  // namespace
}  // namespace owb::store::test
