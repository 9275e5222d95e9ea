#include <algorithm>
#include <fstream>
#include <random>

#include "broker/store/journal.hpp"
#include "tests/broker/store/fixture.hpp"

// F50: one damaged byte anywhere.
namespace owb::store::test {
namespace {

Bytes read(const std::string& path) {
  return *system_disk().read(path, kWholeFile);
}

void write(const std::string& path, const Bytes& bytes) {
  std::ofstream{path, std::ios::binary} << as_text(bytes);
}

class DamagedStateTest : public testing::Test {
 protected:
  /// A file with a few tenants, small and large values, erased rows, several pages.
  void SetUp() override {
    Broker broker{options()};
    for (int t = 0; t < 5; ++t) {
      const auto tenant = "tenant" + std::to_string(t);
      for (int i = 0; i < 60; ++i) {
        broker.put(tenant, "openWB/topic/" + std::to_string(i), "value " + std::to_string(i * t));
      }
      broker.put(tenant, "large", std::string(t == 2 ? 9'000 : 700, static_cast<char>('a' + t)));
      broker.put(tenant, "client", "", KeptKind::session);
      ASSERT_TRUE(broker.commit());
    }
    for (int i = 0; i < 60; i += 7) {
      broker.erase("tenant1", "openWB/topic/" + std::to_string(i));
    }
    ASSERT_TRUE(broker.commit());
    ASSERT_TRUE(broker.store->stop());
    broker.store.reset();
    whole = Broker{options()}.loaded;
    ASSERT_EQ(whole.size(), 5U * 62 - 9);
    bytes = read(path());
    ASSERT_GT(bytes.size(), 20'000U);
  }

  Options options() {
    return {.path = path(), .commit_delay = std::chrono::milliseconds(0), .report = reports.sink()};
  }

  std::string path() const { return folder.file("state.db"); }

  /// What a start makes of a damaged file.
  void start(const Bytes& damaged) {
    loaded.clear();
    losses = {};
    repaired = false;
    sorted = true;
    for (const auto& name : folder.names()) {
      std::filesystem::remove(folder.file(name));
    }
    write(path(), damaged);
    auto state = StateFile::open(system_disk(), path());
    ASSERT_TRUE(state) << state.error().message();
    StateFile::Progress progress;
    std::tuple<std::string, KeptKind, std::string> last;
    const auto visit = [&](std::string_view tenant, KeptKind kind, ByteView key, ByteView value) {
      const std::tuple name{std::string{tenant}, kind, std::string{as_text(key)}};
      sorted = sorted && last < name;
      last = name;
      loaded[name] = as_text(value);
    };
    if (!state->load({}, progress, visit)) {
      repaired = true;
      std::string aside;
      losses = state->repair(aside);
      EXPECT_THAT(aside, testing::HasSubstr("state.db.damaged-2"));
      EXPECT_EQ(read(aside), damaged);
      ASSERT_TRUE(state->load({}, progress, visit));
    }
  }

  /// Entries that are missing or wrong, by tenant.
  Losses missing() const {
    Losses found;
    for (const auto& [name, value] : whole) {
      const auto now = loaded.find(name);
      found.add(std::get<0>(name), now == loaded.end() || now->second != value ? 1 : 0);
    }
    return found;
  }

  Folder folder;
  Reports reports;
  Entries whole;
  Bytes bytes;
  Entries loaded;
  Losses losses;
  bool repaired = false;
  bool sorted = true;
};

TEST_F(DamagedStateTest, OneByteCostsAtMostThePageItIsOnAndIsReported) {
  int repairs = 0;
  for (std::size_t at = 0; at < bytes.size(); at += at < 200 ? 11 : 269) {
    SCOPED_TRACE(at);
    auto damaged = bytes;
    damaged[at] ^= static_cast<std::byte>(1U << at % 8);
    start(damaged);
    EXPECT_TRUE(sorted);
    for (const auto& [name, value] : loaded) {
      const auto original = whole.find(name);
      ASSERT_TRUE(original != whole.end()) << std::get<2>(name);
      ASSERT_EQ(original->second, value) << std::get<2>(name);
    }
    const auto lost = missing();
    EXPECT_EQ(losses.entries, lost.entries) << losses.text() << " against " << lost.text();
    EXPECT_LE(whole.size() - loaded.size(), 110U);
    repairs += repaired ? 1 : 0;
  }
  EXPECT_GT(repairs, 30);
}

TEST_F(DamagedStateTest, AWholePageOfZerosIsReportedByTenant) {
  for (std::size_t page = 0; page < bytes.size(); page += 4096) {
    SCOPED_TRACE(page);
    auto damaged = bytes;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(page), 4096, std::byte{});
    start(damaged);
    EXPECT_TRUE(sorted);
    const auto lost = missing();
    if (losses.unknown == 0) {
      EXPECT_EQ(losses.entries, lost.entries);
    } else {
      EXPECT_TRUE(repaired);  // the page with the numbers to compare with
    }
  }
}

// F50: nothing in the file says any more that it is ours.
TEST_F(DamagedStateTest, IsOursWithoutItsFirstPage) {
  std::mt19937 random{5};
  for (const std::size_t size : {100U, 4096U}) {
    for (const bool zeros : {true, false}) {
      for (const bool lock : {true, false}) {
        SCOPED_TRACE(std::to_string(size) + (zeros ? " zeros" : " random") + (lock ? " lock" : ""));
        for (const auto& name : folder.names()) {
          if (!lock || name != "state.db.lock") {
            std::filesystem::remove(folder.file(name));
          }
        }
        auto damaged = bytes;
        std::ranges::generate(damaged.begin(), damaged.begin() + static_cast<std::ptrdiff_t>(size),
                              [&] { return zeros ? std::byte{} : std::byte(random() & 0xFF); });
        write(path(), damaged);
        Reports told;
        auto chosen = options();
        chosen.report = told.sink();
        Broker broker{chosen};
        ASSERT_TRUE(broker.store) << broker.error.message();
        EXPECT_EQ(broker.store->path(), path());
        EXPECT_EQ(broker.loaded, whole);
        EXPECT_THAT(told.all(), testing::HasSubstr("state.db is damaged; lost: nothing"));
        EXPECT_THAT(told.all(), testing::HasSubstr("set aside as " + path() + ".damaged-2"));
      }
    }
  }
}

TEST_F(DamagedStateTest, WhatIsLostBehindTheFirstPageIsReportedByTenant) {
  auto damaged = bytes;
  std::fill_n(damaged.begin(), 4096, std::byte{});
  const auto hit = std::ranges::search(damaged, as_byte_view("value 177")).begin();  // of tenant3
  ASSERT_NE(hit, damaged.end());
  *hit ^= std::byte{0x10};
  write(path(), damaged);
  Broker broker{options()};
  EXPECT_EQ(broker.loaded.size(), whole.size() - 1);
  EXPECT_THAT(reports.all(), testing::HasSubstr("is damaged; lost: 1 entry of tenant3"));
}

// Nothing is left of the file, but what was acknowledged since the last checkpoint is in a journal.
TEST_F(DamagedStateTest, WithoutAnyPageTheJournalsCount) {
  std::map<std::string, Bytes> journals;
  {
    Broker broker{options()};
    broker.put("tenant1", "acknowledged", "1");
    ASSERT_TRUE(broker.commit());
    for (const auto& name : folder.names()) {
      if (name.starts_with("state.log.")) {
        journals[name] = read(folder.file(name));
      }
    }
  }
  ASSERT_FALSE(journals.empty());
  std::mt19937 random{5};
  for (const std::size_t size : {50U, 20'000U}) {
    SCOPED_TRACE(size);
    for (const auto& name : folder.names()) {
      std::filesystem::remove(folder.file(name));
    }
    Bytes rubbish(size);
    std::ranges::generate(rubbish, [&] { return std::byte(random() & 0xFF); });
    write(path(), rubbish);
    for (const auto& [name, content] : journals) {
      write(folder.file(name), content);
    }
    Broker broker{options()};
    ASSERT_TRUE(broker.store) << broker.error.message();
    EXPECT_EQ(broker.store->path(), path());
    EXPECT_EQ(broker.loaded, (Entries{entry("tenant1", "acknowledged", "1")}));
    EXPECT_THAT(reports.all(), testing::HasSubstr("a tenant that cannot be told"));
  }
}

TEST_F(DamagedStateTest, GoesOnWithTheRepairedFile) {
  auto damaged = bytes;
  const std::string_view victim = "value 177";  // topic 59 of tenant3
  const auto hit = std::ranges::search(damaged, as_byte_view(victim)).begin();
  ASSERT_NE(hit, damaged.end());
  *hit ^= std::byte{0x10};
  for (const auto& name : folder.names()) {
    std::filesystem::remove(folder.file(name));
  }
  write(path(), damaged);
  {
    Broker broker{options()};
    EXPECT_THAT(reports.all(), testing::HasSubstr("is damaged; lost: 1 entry of tenant3"));
    EXPECT_THAT(reports.all(), testing::HasSubstr("was set aside as"));
    broker.put("tenant9", "a", "1");
    ASSERT_TRUE(broker.commit());
    whole = broker.loaded;
  }
  Broker next{options()};
  EXPECT_EQ(next.loaded.size(), whole.size() + 1);
}

JournalCheck read_all(ByteView file, std::vector<Item>& records) {
  return read_journal(file, [&records](const Item& record) { records.push_back(record); });
}

/// A journal of some groups of two batches each.
struct SampleJournal {
  SampleJournal() {
    Folder folder;
    const auto path = folder.file("state.log.1");
    auto journal = Journal::create(system_disk(), path, 1, Salt{0x1234'5678'9ABC'DEF0}, Sync::no);
    for (int group = 0; group < 6; ++group) {
      Bytes items;
      for (int batch = 0; batch < 2; ++batch) {
        append_begin(items);
        for (int i = 0; i < 4; ++i) {
          const auto key =
              std::to_string(group) + '-' + std::to_string(batch) + '-' + std::to_string(i);
          const std::array parts{as_byte_view("some value of ordinary length")};
          append_record(items, ItemType::put, i % 2 == 0 ? "alice" : "bob", KeptKind::retained,
                        as_byte_view(key), parts);
          keys.push_back(key);
        }
        append_end(items, 4);
      }
      EXPECT_TRUE(journal->append(items));
      if (group == 4) {
        last_group = journal->size();
      }
    }
    bytes = read(path);
  }

  Bytes bytes;
  std::vector<std::string> keys;
  std::size_t last_group = 0;  ///< where it begins
};

TEST(DamagedJournal, OneByteCostsOneRecordOrTheLastBatch) {
  const SampleJournal sample;
  std::vector<Item> records;
  ASSERT_FALSE(read_all(sample.bytes, records).damaged);
  ASSERT_EQ(records.size(), sample.keys.size());
  for (std::size_t at = 0; at < sample.bytes.size(); ++at) {
    SCOPED_TRACE(at);
    auto damaged = sample.bytes;
    damaged[at] ^= static_cast<std::byte>(1U << at % 8);
    records.clear();
    const auto check = read_all(damaged, records);
    const auto lost = sample.keys.size() - records.size();
    EXPECT_LE(lost, at >= sample.last_group ? 4U : 1U);
    // Silent only where it looks like a write that was never finished: at the very end.
    EXPECT_TRUE(lost == 0 || check.losses.any() || at >= sample.bytes.size() - 21);
    auto expected = sample.keys.begin();
    for (const auto& record : records) {
      expected = std::find(expected, sample.keys.end(), as_text(record.key));
      ASSERT_NE(expected, sample.keys.end());
    }
  }
}

TEST(DamagedJournal, EndsAnywhereWithWholeBatchesOnly) {
  const SampleJournal sample;
  for (std::size_t size = 0; size <= sample.bytes.size(); ++size) {
    std::vector<Item> records;
    const auto check = read_all(ByteView{sample.bytes}.first(size), records);
    ASSERT_FALSE(check.damaged) << size;
    ASSERT_EQ(records.size() % 4, 0U) << size;
  }
}

TEST(DamagedJournal, BytesOfAClientNeverPassForRecords) {
  Folder folder;
  const SampleJournal sample;
  // The value holds a whole batch for another tenant, sealed with the salt of another file.
  Bytes forged;
  append_begin(forged);
  append_record(forged, ItemType::put, "victim", KeptKind::retained, as_byte_view("k"), {});
  append_end(forged, 1);
  seal_items(forged, Salt{1}, 1);
  Bytes items;
  append_begin(items);
  const std::array parts{ByteView{forged}};
  append_record(items, ItemType::put, "alice", KeptKind::retained, as_byte_view("a"), parts);
  append_end(items, 1);
  auto journal =
      Journal::create(system_disk(), folder.file("x.log.1"), 1, Salt{0xABCDEF0123456789}, Sync::no);
  ASSERT_TRUE(journal->append(items));
  ASSERT_TRUE(journal->append(items));
  const auto bytes = read(folder.file("x.log.1"));
  for (std::size_t at = 64; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{0x55};
    std::vector<Item> records;
    read_all(damaged, records);
    for (const auto& record : records) {
      ASSERT_EQ(record.tenant, "alice") << at;
    }
  }
}

}  // namespace
}  // namespace owb::store::test
