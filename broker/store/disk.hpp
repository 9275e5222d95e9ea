#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tenants/base/bytes.hpp"
#include "tenants/base/result.hpp"

/// The few operations on files that the journal needs, so that a test can make each of them fail
/// the way disks do. Errors are those of the system call.
namespace owb::store {

/// One file that is written from its start to its end.
class File {
 public:
  virtual ~File() = default;

  /// Appends; may take less than all of `bytes`.
  virtual Result<std::size_t> write(ByteView bytes) = 0;
  /// What was written survives a loss of power. After an error nothing that was written since the
  /// last success may be relied on, also not after another sync().
  virtual Result<void> sync() = 0;
  /// Cuts the file off.
  virtual Result<void> truncate(std::uint64_t size) = 0;
};

/// Threading: thread-safe (the store's two threads use it).
class Disk {
 public:
  virtual ~Disk() = default;

  /// A new file for writing, mode 0600. Errors: file_exists among them.
  virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;
  /// The file, or its first `most` bytes. What the disk cannot read comes as zeros: what is left of
  /// a damaged file is worth more than none.
  virtual Result<Bytes> read(const std::string& path, std::size_t most) = 0;
  /// The names of the files in `folder`.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  /// The bytes of a file, or the names made, changed and removed in a folder, survive a loss of
  /// power.
  virtual Result<void> sync(const std::string& path) = 0;
};

/// The real one.
Disk& system_disk();

inline constexpr std::size_t kWholeFile = SIZE_MAX;

/// "/a/b" of "/a/b/c"; "." if there is no slash.
std::string folder_of(const std::string& path);

}  // namespace owb::store
