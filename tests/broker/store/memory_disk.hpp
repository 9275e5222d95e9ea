#pragma once

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <string>

#include "broker/store/disk.hpp"

namespace owb::store::test {

/// A disk whose journals are in memory and that fails as disks do; everything else (state.db) is on
/// the real one. Thread-safe.
class MemoryDisk final : public Disk {
 public:
  /// Bytes that still find room; beyond that ENOSPC, after a short write.
  void set_space(std::size_t bytes) {
    with([&] { space_ = bytes; });
  }

  /// Every operation that changes a file fails with EIO.
  void set_broken(bool broken) {
    with([&] { broken_ = broken; });
  }

  /// The next sync fails, and what was written since the last one is not on the disk.
  void fail_next_sync() {
    with([&] { fail_sync_ = true; });
  }

  /// No write takes more than this.
  void set_largest_write(std::size_t bytes) {
    with([&] { largest_write_ = bytes; });
  }

  /// What the disk shows after the power went: of what was not synced each sector is there or not,
  /// and the last may be torn.
  void cut_power(std::mt19937& random) {
    with([&] {
      for (auto& [path, file] : files_) {
        tear(file, random);
      }
    });
  }

  std::map<std::string, Bytes> journals() {
    std::map<std::string, Bytes> all;
    with([&] {
      for (const auto& [path, file] : files_) {
        all[path] = file.bytes;
      }
    });
    return all;
  }

  void set_journals(const std::map<std::string, Bytes>& journals) {
    with([&] {
      files_.clear();
      for (const auto& [path, bytes] : journals) {
        files_[path] = {bytes, bytes.size()};
      }
    });
  }

  int syncs() {
    int count = 0;
    with([&] { count = syncs_; });
    return count;
  }

  Result<std::unique_ptr<File>> create(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    if (broken_) {
      return code(EIO);
    }
    if (!is_journal(path)) {
      return system_disk().create(path);
    }
    if (!files_.try_emplace(path).second) {
      return code(EEXIST);
    }
    return std::unique_ptr<File>(std::make_unique<Open>(*this, path));
  }

  Result<Bytes> read(const std::string& path, std::size_t most) override {
    if (!is_journal(path)) {
      return system_disk().read(path, most);
    }
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(path);
    if (found == files_.end()) {
      return code(ENOENT);
    }
    auto bytes = found->second.bytes;
    bytes.resize(std::min(bytes.size(), most));
    return bytes;
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [path, file] : files_) {
      if (folder_of(path) == folder) {
        names.push_back(path.substr(folder.size() + 1));
      }
    }
    return names;
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (!is_journal(from)) {
      return system_disk().rename(from, to);
    }
    const std::lock_guard lock(mutex_);
    if (broken_) {
      return code(EIO);
    }
    auto node = files_.extract(from);
    if (node.empty()) {
      return code(ENOENT);
    }
    node.key() = to;
    files_.insert(std::move(node));
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (!is_journal(path)) {
      return system_disk().remove(path);
    }
    const std::lock_guard lock(mutex_);
    if (broken_) {
      return code(EIO);
    }
    return files_.erase(path) == 0 ? code(ENOENT) : Result<void>{};
  }

  Result<void> sync(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    return broken_ ? code(EIO) : system_disk().sync(path);
  }

 private:
  static constexpr std::size_t kSector = 512;

  struct Data {
    Bytes bytes;
    std::size_t synced = 0;
  };

  class Open final : public File {
   public:
    Open(MemoryDisk& disk, std::string path) : disk_{disk}, path_{std::move(path)} {}

    Result<std::size_t> write(ByteView bytes) override { return disk_.write(path_, bytes); }

    Result<void> sync() override { return disk_.sync_file(path_); }

    Result<void> truncate(std::uint64_t size) override { return disk_.truncate(path_, size); }

   private:
    MemoryDisk& disk_;
    std::string path_;
  };

  static Error code(int number) { return {number, boost::system::system_category()}; }

  static bool is_journal(const std::string& path) { return path.find(".log.") != path.npos; }

  template <typename F>
  void with(F&& call) {
    const std::lock_guard lock(mutex_);
    call();
  }

  Result<std::size_t> write(const std::string& path, ByteView bytes) {
    const std::lock_guard lock(mutex_);
    auto size = std::min({bytes.size(), space_, largest_write_});
    if (broken_ || size == 0) {
      return code(broken_ ? EIO : ENOSPC);
    }
    auto& file = files_[path].bytes;
    file.insert(file.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    space_ -= space_ == SIZE_MAX ? 0 : size;
    return size;
  }

  Result<void> sync_file(const std::string& path) {
    const std::lock_guard lock(mutex_);
    ++syncs_;
    auto& file = files_[path];
    if (broken_ || std::exchange(fail_sync_, false)) {
      // The kernel forgets what it could not write, and the next sync succeeds (fsyncgate).
      std::fill(file.bytes.begin() + static_cast<std::ptrdiff_t>(file.synced), file.bytes.end(),
                std::byte{});
      return code(EIO);
    }
    file.synced = file.bytes.size();
    return {};
  }

  Result<void> truncate(const std::string& path, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    if (broken_) {
      return code(EIO);
    }
    auto& file = files_[path];
    file.bytes.resize(size);
    file.synced = std::min<std::size_t>(file.synced, size);
    return {};
  }

  static void tear(Data& file, std::mt19937& random) {
    auto end = file.bytes.size();
    for (auto at = file.synced; at < end; at += kSector - at % kSector) {
      const auto stop = std::min(end, at + kSector - at % kSector);
      if (random() % 2 == 0) {
        std::fill(file.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                  file.bytes.begin() + static_cast<std::ptrdiff_t>(stop), std::byte{});
      }
    }
    if (end > file.synced) {
      file.bytes.resize(file.synced + random() % (end - file.synced + 1));
    }
  }

  std::mutex mutex_;
  std::map<std::string, Data> files_;
  std::size_t space_ = SIZE_MAX;
  std::size_t largest_write_ = SIZE_MAX;
  bool broken_ = false;
  bool fail_sync_ = false;
  int syncs_ = 0;
};

/// All files as they are at one moment, so that a test can go on from there as after `kill -9`. No
/// checkpoint may be running.
class Moment {
 public:
  Moment(const std::string& state, MemoryDisk& disk) : journals_{disk.journals()} {
    for (const auto* end : {"", "-wal"}) {
      if (auto bytes = system_disk().read(state + end, kWholeFile)) {
        files_[state + end] = std::move(*bytes);
      }
    }
  }

  void restore(const std::string& state, MemoryDisk& disk) const {
    for (const auto* end : {"", "-wal", "-shm"}) {
      std::filesystem::remove(state + end);
    }
    for (const auto& [path, bytes] : files_) {
      std::ofstream{path, std::ios::binary} << as_text(bytes);
    }
    disk.set_journals(journals_);
  }

 private:
  std::map<std::string, Bytes> journals_;
  std::map<std::string, Bytes> files_;
};

}  // namespace owb::store::test
