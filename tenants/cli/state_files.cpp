#include "tenants/cli/state_files.hpp"

#include <algorithm>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>

#include "tenants/base/text.hpp"
#include "tenants/base/unique_fd.hpp"
#include "tenants/cli/failure.hpp"
#include "tenants/registry/sqlite.hpp"

namespace owb::cli {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr int kAttempts = 20;

/// Which journals are in the database already.
std::uint64_t journal_of(const std::filesystem::path& path) {
  auto database = value_or_fail(
      sqlite::Database::open(path, sqlite::Database::Access::read_write, kBusyTimeoutMs),
      path.string());
  auto query = database.query("SELECT numbers FROM marks WHERE tenant = '/journal'");
  if (!query.next() || query.blob(0).size() < 8) {
    throw Failure{kFailed, path.string(), "is not the state of owb-broker"};
  }
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;) {
    number = number << 8 | static_cast<std::uint64_t>(query.blob(0)[i]);
  }
  return number;
}

/// As much as is there; a journal grows at its end only.
bool copy_what_is_there(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::ifstream in{from, std::ios::binary};
  if (!in) {
    return false;
  }
  std::ofstream out{to, std::ios::binary};
  out << in.rdbuf();
  out.close();
  if (!out && std::filesystem::file_size(from) != 0) {
    throw Failure{kFailed, to.string(), "cannot be written"};
  }
  return true;
}

}  // namespace

StateFiles::StateFiles(std::filesystem::path database) : database_{std::move(database)} {
  auto name = database_.filename().string();
  if (name.ends_with(".db")) {
    name.resize(name.size() - 3);
  }
  journal_prefix_ = name + ".log.";
}

bool StateFiles::in_use() const {
  const UniqueFd lock{::open((database_.string() + ".lock").c_str(), O_RDWR | O_CLOEXEC)};
  return lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0;
}

std::vector<StateFiles::Journal> StateFiles::journals() const {
  const auto folder = database_.has_parent_path() ? database_.parent_path() : ".";
  std::vector<Journal> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(journal_prefix_)) {
      continue;
    }
    const auto digits = std::string_view{name}.substr(journal_prefix_.size());
    if (const auto number = text::parse_number<std::uint64_t>(digits)) {
      found.push_back({*number, entry.path()});
    }
  }
  std::ranges::sort(found, {}, &Journal::number);
  return found;
}

std::vector<std::filesystem::path> StateFiles::all() const {
  std::vector<std::filesystem::path> files;
  for (const auto* end : {"", "-wal", "-shm"}) {
    if (auto path = std::filesystem::path{database_.string() + end};
        std::filesystem::exists(path)) {
      files.push_back(std::move(path));
    }
  }
  for (auto& journal : journals()) {
    files.push_back(std::move(journal.path));
  }
  return files;
}

void StateFiles::copy_to(const std::filesystem::path& folder) const {
  const StateFiles copy{folder / "state.db"};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    for (const auto& file : copy.all()) {
      std::filesystem::remove(file);
    }
    copy_database(database_, copy.database());
    const auto contained = journal_of(copy.database());
    bool complete = true;
    for (const auto& journal : journals()) {
      if (journal.number > contained) {
        const auto name = copy.journal_prefix_ + std::to_string(journal.number);
        complete = complete && copy_what_is_there(journal.path, folder / name);
      }
    }
    // A checkpoint in between takes journals away that the copy of the database lacks.
    if (complete && journal_of(database_) == contained) {
      return;
    }
  }
  throw Failure{kFailed, database_.string(), "changes too fast to be copied; try again"};
}

void copy_database(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto database = value_or_fail(
      sqlite::Database::open(from, sqlite::Database::Access::read_write, kBusyTimeoutMs),
      from.string());
  const auto path = to.string();
  const UniqueFd empty{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  fail_unless(database.run("VACUUM INTO ?1", std::string_view{path}), from.string());
}

}  // namespace owb::cli
