#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/store/disk.hpp"
#include "broker/store/losses.hpp"
#include "broker/store/record.hpp"

/// Journal files: `state.log.N`, each a header of 64 bytes and then groups of batches. A group is
/// what one write brought; everything in earlier groups of the file was committed before it.
namespace owb::store {

/// Whether a commit waits for the disk itself.
enum class Sync : std::uint8_t { no, yes };

/// The file that is written at present. Threading: one thread.
class Journal {
 public:
  /// Makes the file and its header. Errors: those of the disk, and then there is no file.
  static Result<Journal> create(Disk& disk, std::string path, std::uint64_t number, Salt salt,
                                Sync sync);

  /// Seals the items of `group`, writes them in one piece and, if so asked, waits for the disk.
  /// After an error the file must not be written any more: abandon() it.
  Result<void> append(std::span<std::byte> group);

  /// Tries to cut off what a failed append() has left. Only to save work at the next start: an
  /// unfinished group at the end of a file counts for nothing.
  void abandon();

  std::uint64_t number() const { return number_; }

  /// Bytes that are committed.
  std::uint64_t size() const { return size_; }

 private:
  Journal(std::unique_ptr<File> file, std::uint64_t number, Salt salt, Sync sync);

  std::unique_ptr<File> file_;
  std::uint64_t number_;
  Salt salt_;
  Sync sync_;
  std::uint64_t size_ = 0;
  std::uint64_t group_ = 0;
};

/// What the reading of a journal has found.
struct JournalCheck {
  bool damaged = false;
  Losses losses;
  std::uint64_t records = 0;
};

/// Gives the records of a journal that count to `take`, in order, as views into `file`: those of every batch that
/// has its end. In earlier groups than the last a batch may have lost records to damage: then the
/// others count. In the last group such a batch was never committed, or cannot be told from one
/// that was not, and counts for nothing.
JournalCheck read_journal(ByteView file, const std::function<void(const Item&)>& take);

inline constexpr std::size_t kJournalHeader = 64;

/// Whether a file that begins so is one of ours; one of two copies is enough.
bool is_journal_header(ByteView bytes);

struct JournalFile {
  std::uint64_t number = 0;
  std::string path;
};

/// The journals `PREFIX.N`, oldest first.
Result<std::vector<JournalFile>> find_journals(Disk& disk, const std::string& prefix);

std::string journal_path(const std::string& prefix, std::uint64_t number);

}  // namespace owb::store
