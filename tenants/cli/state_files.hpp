#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace owb::cli {

/// The files in which a broker keeps its state (`broker/store/README.md`): `state.db` and its
/// journals, `state.log.N`. Journals up to the number noted in `state.db` are in it already.
class StateFiles {
 public:
  explicit StateFiles(std::filesystem::path database);

  const std::filesystem::path& database() const { return database_; }

  bool exists() const { return std::filesystem::exists(database_); }

  /// Whether a broker has them open.
  bool in_use() const;

  /// `state.db`, what SQLite puts beside it, and the journals: all that are there.
  std::vector<std::filesystem::path> all() const;

  /// Copies database and journals into `folder` as they are at one moment, also while the broker
  /// writes. Failure if that does not work.
  void copy_to(const std::filesystem::path& folder) const;

 private:
  struct Journal {
    std::uint64_t number = 0;
    std::filesystem::path path;
  };

  std::vector<Journal> journals() const;

  std::filesystem::path database_;
  std::string journal_prefix_;  ///< "state.log."
};

/// A copy of an SQLite file as it is at one moment. Failure if that does not work.
void copy_database(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace owb::cli
