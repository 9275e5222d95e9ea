#include "broker/store/state_file.hpp"

#include <algorithm>
#include <ctime>
#include <numeric>

#include "broker/store/salvage.hpp"
#include "broker/store/state_owner.hpp"
#include "tenants/base/assert.hpp"

namespace owb::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr std::string_view kJournalMark = "/journal";  // no tenant has a slash in its name

constexpr const char* kPragmas =
    "PRAGMA synchronous=NORMAL;"
    "PRAGMA secure_delete=ON;"  // what a tenant has erased is overwritten (rule 6)
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;";

constexpr const char* kSchema =
    "CREATE TABLE kept(tenant TEXT NOT NULL, kind INTEGER NOT NULL, key BLOB NOT NULL,"
    " value BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY(tenant, kind, key)) WITHOUT ROWID;"
    "CREATE TABLE marks(tenant TEXT NOT NULL PRIMARY KEY, numbers BLOB NOT NULL,"
    " crc INTEGER NOT NULL) WITHOUT ROWID;"
    "PRAGMA application_id=1870094963;"
    "PRAGMA user_version=1870094849;";
static_assert(kStateApplicationId == 1870094963 && kStateFormat == 1870094849);

/// SQLite takes a null pointer for NULL.
ByteView not_null(ByteView bytes) {
  static constexpr std::byte kNothing{};
  return bytes.data() != nullptr ? bytes : ByteView{&kNothing, 0};
}

std::uint64_t sum(const auto& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

/// Not the file is bad, but somebody does not let us have it.
bool is_refused(const Error& error) {
  const auto code = error.value() & 0xFF;
  return error.category() == sqlite::category() &&
         (code == SQLITE_CANTOPEN || code == SQLITE_PERM || code == SQLITE_READONLY ||
          code == SQLITE_BUSY);
}

bool exists(Disk& disk, const std::string& path) {
  return disk.read(path, 1).has_value();
}

}  // namespace

std::string aside_name(Disk& disk, const std::string& path) {
  const auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H%M%S", &parts);
  const auto name = path + std::string{kAside} + std::string{text.data(), size};
  auto free = name;
  for (int i = 2; disk.read(free, 1); ++i) {
    free = name + '-' + std::to_string(i);
  }
  return free;
}

Result<StateFile> StateFile::open(Disk& disk, std::string path) {
  StateFile file{disk, std::move(path)};
  // A repair that died between its two renames.
  const auto fresh = file.path_ + ".new";
  if (exists(disk, fresh)) {
    (void)(exists(disk, file.path_) ? disk.remove(fresh) : disk.rename(fresh, file.path_));
  }
  auto opened = file.open_database("");
  if (!opened) {
    // A full disk has no room for the file that connections share; alone we do not need it.
    opened = file.open_database("PRAGMA locking_mode=EXCLUSIVE;");
  }
  if (!opened && (is_refused(opened.error()) || !exists(disk, file.path_))) {
    return opened.error();
  }
  return file;
}

Result<void> StateFile::open_database(const char* first) {
  sound_ = false;
  in_memory_ = false;
  database_.reset();
  // SQLite would make it readable for everybody; what it puts beside it gets the same mode.
  (void)disk_->create(path_);
  auto opened = sqlite::Database::open(path_, sqlite::Database::Access::create, kBusyTimeoutMs);
  if (!opened) {
    return opened.error();
  }
  database_ = std::move(*opened);
  auto ready = database_->execute(first);
  if (ready) {
    ready = database_->execute(kPragmas);
  }
  if (ready) {
    ready = check_schema();
  }
  if (ready) {
    // Not before the tables are there: so the file is ours from its first byte on, or empty.
    ready = database_->execute("PRAGMA journal_mode=WAL");
  }
  if (!ready && !sqlite::is_damage(ready.error())) {
    return ready.error();
  }
  sound_ = ready && load_marks();
  return {};
}

Result<void> StateFile::check_schema() {
  const auto pages = database_->integer_or(0, "SELECT count(*) FROM sqlite_schema");
  if (!pages) {
    return pages.error();
  }
  const auto format = database_->integer_or(0, "PRAGMA user_version");
  if (*pages == 0 && format && *format == 0) {
    return make_schema();
  }
  return {};
}

Result<void> StateFile::make_schema() {
  auto transaction = sqlite::Transaction::begin(*database_);
  if (!transaction) {
    return transaction.error();
  }
  if (const auto made = database_->execute(kSchema); !made) {
    return made.error();
  }
  if (const auto marked = write_mark(kJournalMark, Counts{}); !marked) {
    return marked.error();
  }
  return transaction->commit();
}

bool StateFile::load_marks() {
  counts_.clear();
  journal_ = 0;
  scrub_due_ = false;
  bool journal_known = false;
  auto query = database_->query("SELECT tenant, numbers, crc FROM marks ORDER BY tenant");
  while (query.next()) {
    const auto tenant = query.text(0);
    const auto numbers = query.blob(1);
    if (numbers.size() != sizeof(Counts) ||
        mark_checksum(tenant, numbers) != static_cast<std::uint64_t>(query.integer(2))) {
      return false;
    }
    if (tenant == kJournalMark) {
      journal_ = load_number(numbers, 0, 8);
      scrub_due_ = load_number(numbers, 8, 4) != 0;
      journal_known = true;
      continue;
    }
    auto& counts = counts_[std::string{tenant}];
    for (std::size_t i = 0; i < kKinds; ++i) {
      counts[i] = static_cast<std::uint32_t>(load_number(numbers, 4 * i, 4));
    }
  }
  return !query.failed() && journal_known;
}

Result<void> StateFile::apply(const Changes& changes, std::uint64_t journal) {
  if (in_memory_) {
    std::string aside;
    if (const auto moved = move_to_disk(aside); !moved) {
      return moved.error();
    }
  }
  if (journal > journal_) {
    const auto may_exist = [this](std::string_view tenant, core::KeptKind kind) {
      return has_any(tenant, kind);
    };
    const auto written = write_changes(changes.sorted(may_exist), changes.erased(), journal);
    if (!written) {
      return written.error();
    }
  }
  if (scrub_due_) {
    scrub();
  }
  return settle();
}

// SQLite overwrites rows that are deleted, but not the copies that stay behind in unused parts of
// pages when it moves rows to another page: those go only when the file is written anew. If that
// fails (it takes as much space again), the next checkpoint tries.
void StateFile::scrub() {
  // Not in memory, whatever else is.
  if (database_->execute("PRAGMA temp_store=FILE; VACUUM; PRAGMA temp_store=MEMORY;") &&
      write_mark(kJournalMark, journal_counts(journal_, false))) {
    scrub_due_ = false;
  }
}

StateFile::Counts StateFile::journal_counts(std::uint64_t journal, bool scrub_due) {
  return {static_cast<std::uint32_t>(journal), static_cast<std::uint32_t>(journal >> 32),
          scrub_due ? 1U : 0U};
}

bool StateFile::has_any(std::string_view tenant, core::KeptKind kind) const {
  const auto found = counts_.find(tenant);
  return found != counts_.end() && found->second[static_cast<std::size_t>(kind)] != 0;
}

Result<void> StateFile::write_changes(const std::vector<Change>& changes,
                                      const std::vector<std::string_view>& erased,
                                      std::uint64_t journal) {
  auto transaction = sqlite::Transaction::begin(*database_);
  if (!transaction) {
    return transaction.error();
  }
  std::map<std::string, Counts, std::less<>> counts;  // of the tenants touched
  for (const auto tenant : erased) {
    if (const auto done = database_->run("DELETE FROM kept WHERE tenant = ?1", tenant); !done) {
      return done.error();
    }
    counts[std::string{tenant}] = {};
  }
  for (auto change = changes.begin(); change != changes.end();) {
    const auto tenant = change->tenant;
    auto found = counts.find(tenant);
    if (found == counts.end()) {
      const auto before = counts_.find(tenant);
      found = counts.emplace(tenant, before == counts_.end() ? Counts{} : before->second).first;
    }
    for (; change != changes.end() && change->tenant == tenant; ++change) {
      const auto done =
          change->erased ? erase(*change, found->second) : put(*change, found->second);
      if (!done) {
        return done.error();
      }
    }
  }
  for (const auto& [tenant, numbers] : counts) {
    if (const auto marked = write_mark(tenant, numbers); !marked) {
      return marked.error();
    }
  }
  const bool scrub_due = scrub_due_ || !erased.empty();
  if (const auto marked = write_mark(kJournalMark, journal_counts(journal, scrub_due)); !marked) {
    return marked.error();
  }
  if (const auto committed = transaction->commit(); !committed) {
    return committed.error();
  }
  journal_ = journal;
  scrub_due_ = scrub_due;
  for (auto& [tenant, numbers] : counts) {
    if (sum(numbers) == 0) {
      counts_.erase(tenant);
    } else {
      counts_[tenant] = numbers;
    }
  }
  return {};
}

Result<void> StateFile::put(const Change& change, Counts& counts) {
  const auto kind = static_cast<std::size_t>(change.kind);
  OWB_ASSERT(kind < kKinds);
  const auto key = not_null(change.key);
  const auto value = not_null(change.value);
  const std::int64_t crc = row_checksum(change.tenant, change.kind, key, value);
  const auto number = static_cast<int>(kind);
  if (counts[kind] != 0) {
    const auto done = database_->run(
        "UPDATE kept SET value = ?4, crc = ?5 WHERE tenant = ?1 AND kind = ?2 AND key = ?3",
        change.tenant, number, key, value, crc);
    if (!done || database_->changes() != 0) {
      return done;
    }
  }
  ++counts[kind];
  return database_->run("INSERT INTO kept VALUES(?1, ?2, ?3, ?4, ?5)", change.tenant, number, key,
                        value, crc);
}

Result<void> StateFile::erase(const Change& change, Counts& counts) {
  const auto kind = static_cast<std::size_t>(change.kind);
  OWB_ASSERT(kind < kKinds);
  if (counts[kind] == 0) {
    return {};  // came and went since the last checkpoint
  }
  const auto done = database_->run("DELETE FROM kept WHERE tenant = ?1 AND kind = ?2 AND key = ?3",
                                   change.tenant, static_cast<int>(kind), not_null(change.key));
  if (done) {
    counts[kind] -= static_cast<std::uint32_t>(database_->changes());
  }
  return done;
}

Result<void> StateFile::write_mark(std::string_view tenant, const Counts& numbers) {
  if (sum(numbers) == 0 && tenant != kJournalMark) {
    return database_->run("DELETE FROM marks WHERE tenant = ?1", tenant);
  }
  std::array<std::byte, sizeof(Counts)> bytes{};
  for (std::size_t i = 0; i < kKinds; ++i) {
    store_number(bytes, 4 * i, 4, numbers[i]);
  }
  return database_->run("INSERT OR REPLACE INTO marks VALUES(?1, ?2, ?3)", tenant, ByteView{bytes},
                        std::int64_t{mark_checksum(tenant, bytes)});
}

Result<void> StateFile::settle() {
  auto query = database_->query("PRAGMA wal_checkpoint(TRUNCATE)");
  const bool busy = query.next() && query.integer(0) != 0;
  while (query.next()) {
  }
  if (query.failed()) {
    return query.error();
  }
  if (busy) {
    return Error{SQLITE_BUSY, sqlite::category()};
  }
  return {};
}

void StateFile::close() {
  database_.reset();
}

Losses StateFile::repair(std::string& aside) {
  const auto old_counts = sound_ ? counts_ : decltype(counts_){};
  database_.reset();
  const auto bytes = disk_->read(path_, kWholeFile);
  const auto found = salvage(bytes ? ByteView{*bytes} : ByteView{});

  decltype(counts_) expected = old_counts;
  std::uint64_t journal = 0;
  for (const auto& mark : found.marks) {
    if (mark.numbers.size() != sizeof(Counts)) {
      continue;
    }
    if (mark.tenant == kJournalMark) {
      journal = load_number(mark.numbers, 0, 8);
    } else if (!sound_) {
      auto& counts = expected[std::string{mark.tenant}];
      for (std::size_t i = 0; i < kKinds; ++i) {
        counts[i] = static_cast<std::uint32_t>(load_number(mark.numbers, 4 * i, 4));
      }
    }
  }

  auto memory = sqlite::Database::open(":memory:", sqlite::Database::Access::create, 0);
  OWB_ASSERT(memory.has_value());
  database_ = std::move(*memory);
  counts_.clear();
  const auto made = make_schema();
  const auto filled = made ? write_changes(found.kept, {}, journal) : made;
  OWB_ASSERT(filled.has_value());  // fails only without memory
  journal_ = journal;
  sound_ = true;
  in_memory_ = true;

  Losses losses;
  for (const auto& [tenant, counts] : expected) {
    const auto now = counts_.find(tenant);
    const auto left = now == counts_.end() ? 0 : sum(now->second);
    losses.add(tenant, sum(counts) - std::min(left, sum(counts)));
  }
  for (const auto& [tenant, counts] : counts_) {
    if (!expected.contains(tenant)) {
      losses.unknown = 1;
    }
  }
  if (expected.empty() && counts_.empty()) {
    losses.unknown = 1;
  }
  (void)move_to_disk(aside);  // tried again by every apply()
  return losses;
}

Result<void> StateFile::move_to_disk(std::string& aside) {
  const auto fresh = path_ + ".new";
  (void)disk_->remove(fresh);
  if (const auto copied = database_->run("VACUUM INTO ?1", fresh); !copied) {
    (void)disk_->remove(fresh);
    return copied.error();
  }
  if (const auto synced = disk_->sync(fresh); !synced) {
    return synced.error();
  }
  if (exists(*disk_, path_)) {
    aside = aside_name(*disk_, path_);
    if (const auto renamed = disk_->rename(path_, aside); !renamed) {
      return renamed.error();
    }
  }
  // They belong to the damaged file and would be taken for the new one's.
  (void)disk_->rename(path_ + "-wal", aside + "-wal");
  (void)disk_->remove(path_ + "-shm");
  if (const auto renamed = disk_->rename(fresh, path_); !renamed) {
    return renamed.error();
  }
  (void)disk_->sync(folder_of(path_));
  auto keep = std::move(database_);
  if (const auto opened = open_database(""); !opened || !sound_) {
    database_ = std::move(keep);
    in_memory_ = true;
    sound_ = true;
    return opened ? Error{EIO, boost::system::system_category()} : opened.error();
  }
  return {};
}

}  // namespace owb::store
