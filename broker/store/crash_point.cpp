#include "broker/store/crash_point.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <mutex>

#include <sqlite3.h>

#include "tenants/base/assert.hpp"

namespace owb::store {

#ifdef OWB_DEBUG

namespace {

std::atomic<std::uint64_t> operations{0};
std::uint64_t last_operation = 0;  ///< constant after start-up; 0: none

/// SQLite's methods of a kind of file with ours before them. SQLite sees `ours` only.
struct Methods {
  sqlite3_io_methods ours{};
  const sqlite3_io_methods* theirs = nullptr;
};

std::array<Methods, 4> kinds;
std::mutex kinds_mutex;
sqlite3_vfs* system_vfs = nullptr;
sqlite3_vfs our_vfs;

const sqlite3_io_methods& theirs(sqlite3_file* file) {
  return *reinterpret_cast<const Methods*>(file->pMethods)->theirs;
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  bool crashes = false;
  const auto part = before_crash(static_cast<std::size_t>(size), crashes);
  const auto result = theirs(file).xWrite(file, data, static_cast<int>(part), at);
  if (crashes) {
    crash();
  }
  return result;
}

void maybe_crash() {
  bool crashes = false;
  before_crash(0, crashes);
  if (crashes) {
    crash();
  }
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  maybe_crash();
  return theirs(file).xTruncate(file, size);
}

int sync_file(sqlite3_file* file, int flags) {
  maybe_crash();
  return theirs(file).xSync(file, flags);
}

const sqlite3_io_methods& with_crash(const sqlite3_io_methods* methods) {
  const std::lock_guard lock(kinds_mutex);
  const auto same = [methods](const Methods& kind) {
    return kind.theirs == methods || kind.theirs == nullptr;
  };
  auto* kind = std::ranges::find_if(kinds, same);
  OWB_ASSERT(kind != kinds.end());
  if (kind->theirs == nullptr) {
    kind->ours = *methods;
    kind->ours.xWrite = write_file;
    kind->ours.xTruncate = truncate_file;
    kind->ours.xSync = sync_file;
    kind->theirs = methods;
  }
  return kind->ours;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const auto result = system_vfs->xOpen(system_vfs, name, file, flags, out_flags);
  if (result == SQLITE_OK && file->pMethods != nullptr) {
    file->pMethods = &with_crash(file->pMethods);
  }
  return result;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_folder) {
  maybe_crash();
  return system_vfs->xDelete(system_vfs, name, sync_folder);
}

}  // namespace

void crash_at_operation(std::uint64_t number) {
  last_operation = number;
  system_vfs = sqlite3_vfs_find(nullptr);
  our_vfs = *system_vfs;
  our_vfs.zName = "owb-crash";
  our_vfs.xOpen = open_file;
  our_vfs.xDelete = delete_file;
  sqlite3_vfs_register(&our_vfs, 1);
}

std::size_t before_crash(std::size_t size, bool& crashes) {
  crashes = last_operation != 0 && ++operations == last_operation;
  return crashes ? size / 2 : size;
}

void crash() {
  std::raise(SIGKILL);
}

#else

void crash_at_operation(std::uint64_t) {}

std::size_t before_crash(std::size_t size, bool& crashes) {
  crashes = false;
  return size;
}

void crash() {}

#endif

}  // namespace owb::store
