#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "broker/store/changes.hpp"
#include "broker/store/disk.hpp"
#include "broker/store/losses.hpp"
#include "tenants/registry/sqlite.hpp"

namespace owb::store {

/// Sees one entry; the views last until it returns.
using Visitor =
    std::function<void(std::string_view tenant, core::KeptKind kind, ByteView key, ByteView value)>;

/// `state.db`: the entries as they were at the last checkpoint, in SQLite.
///
///   kept   one row for each entry, with a checksum
///   marks  how many rows of each kind a tenant has, so that a lost row is noticed and counted;
///          and under the name `/journal` the last journal whose records are in `kept`, and
///          whether an erased tenant may have left copies of rows in unused parts of the file
///
/// Threading: one thread at a time.
class StateFile {
 public:
  /// Opens or makes the file. A damaged one is still opened: load() finds out. Errors: those of
  /// SQLite when the file cannot be made.
  static Result<StateFile> open(Disk& disk, std::string path);

  const std::string& path() const { return path_; }

  /// Records of journals up to this one are in the file.
  std::uint64_t journal() const { return journal_; }

  /// Where load() has got to.
  struct Progress {
    bool any = false;
    std::string tenant;  ///< the last one that was visited
  };

  /// Visits all entries as they are with `overlay`, by tenant, kind and key, from the tenant after
  /// `progress` on. False: something is damaged, and nothing of the tenant in hand or later was
  /// visited. Then repair() and go on.
  bool load(const Changes& overlay, Progress& progress, const Visitor& visitor);

  /// Reads what is readable out of the damaged file, makes a new one of it and sets the old one
  /// aside. The losses are known afterwards, and `aside` is the name it has got; empty: the disk
  /// takes no new file yet, and every apply() tries again.
  Losses repair(std::string& aside);

  /// Writes the last word on each entry in one transaction and notes that everything up to
  /// `journal` is in the file. It is on the disk when this returns.
  Result<void> apply(const Changes& changes, std::uint64_t journal);

  /// A tenant was erased, and copies of its rows may still be in the file; apply() sees to it.
  bool scrub_is_due() const { return scrub_due_; }

  /// What SQLite leaves beside an open file is gone after this.
  void close();

 private:
  static constexpr std::size_t kKinds = 8;
  using Counts = std::array<std::uint32_t, kKinds>;

  StateFile(Disk& disk, std::string path) : disk_{&disk}, path_{std::move(path)} {}

  Result<void> open_database(const char* first);
  bool has_any(std::string_view tenant, core::KeptKind kind) const;
  Result<void> check_schema();
  Result<void> make_schema();
  bool load_marks();
  Result<void> write_changes(const std::vector<Change>& changes,
                             const std::vector<std::string_view>& erased, std::uint64_t journal);
  Result<void> put(const Change& change, Counts& counts);
  Result<void> erase(const Change& change, Counts& counts);
  Result<void> write_mark(std::string_view tenant, const Counts& numbers);
  Result<void> settle();
  void scrub();
  /// What stands under `/journal`.
  static Counts journal_counts(std::uint64_t journal, bool scrub_due);
  Result<void> move_to_disk(std::string& aside);

  Disk* disk_;
  std::string path_;
  std::optional<sqlite::Database> database_;
  bool sound_ = false;      ///< schema and marks could be read
  bool in_memory_ = false;  ///< repaired, but not on the disk yet
  std::uint64_t journal_ = 0;
  bool scrub_due_ = false;
  std::map<std::string, Counts, std::less<>> counts_;
};

inline constexpr std::string_view kAside = ".damaged-";

/// `PATH.damaged-YYYY-MM-DDTHHMMSS` (UTC), where there is nothing yet.
std::string aside_name(Disk& disk, const std::string& path);

}  // namespace owb::store
