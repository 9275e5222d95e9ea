#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "broker/store/disk.hpp"

namespace owb::store::test {

/// What a disk would show of the files below one folder if the power went now. Files are really
/// written; beside them it is noted what has been synced since, and so could not be lost.
///
/// The model: after sync() of a file its content and its name are on the disk. Of what was written
/// since, each sector of 512 B is there or not, in any of the versions written, and so is each
/// change of length. What was removed may be there again until the folder is synced.
///
/// Thread-safe.
class PowerRecorder {
 public:
  using Files = std::map<std::string, Bytes>;

  /// `folder`: without a slash at its end.
  explicit PowerRecorder(std::string folder) : folder_{std::move(folder) + '/'} {}

  /// Is called before and after each change of a file, under a lock.
  std::function<void()> on_event;

  bool has(const std::string& path) const {
    return path.starts_with(folder_) && !path.ends_with("-shm") && !path.ends_with(".lock");
  }

  void write(const std::string& path, std::uint64_t at, ByteView bytes) {
    event(path, [&] {
      auto& file = files_[path];
      file.pending.push_back({at, {bytes.begin(), bytes.end()}, false});
      apply(file.now, file.pending.back());
    });
  }

  void append(const std::string& path, ByteView bytes) {
    std::uint64_t end = 0;
    {
      const std::lock_guard lock(mutex_);
      end = files_[path].now.size();
    }
    write(path, end, bytes);
  }

  void truncate(const std::string& path, std::uint64_t size) {
    event(path, [&] {
      auto& file = files_[path];
      file.pending.push_back({size, {}, true});
      apply(file.now, file.pending.back());
    });
  }

  void sync(const std::string& path) {
    event(path, [&] {
      auto& file = files_[path];
      file.durable = file.now;
      file.pending.clear();
      file.ghost.reset();
    });
  }

  void remove(const std::string& path) {
    event(path, [&] {
      auto& file = files_[path];
      auto before = file.durable ? file.durable : std::move(file.ghost);
      file = {};
      file.ghost = std::move(before);
    });
  }

  /// What was removed stays so.
  void sync_names() {
    const std::lock_guard lock(mutex_);
    on_event();
    for (auto& [path, file] : files_) {
      file.ghost.reset();
    }
    on_event();
  }

  /// One of the many contents the disk may have. To be called in on_event.
  Files cut(std::mt19937& random) const {
    Files image;
    // 0: nothing that was not synced; 1: all of it; else any of it
    const auto how = random() % 4;
    for (const auto& [path, file] : files_) {
      if (file.ghost && random() % 2 == 0) {
        image[path] = *file.ghost;
        continue;
      }
      if (!file.durable && file.pending.empty()) {
        continue;
      }
      if (!file.durable && (how == 0 || random() % 4 == 0)) {
        continue;  // the name is lost
      }
      auto bytes = file.durable.value_or(Bytes{});
      for (const auto& change : file.pending) {
        if (how == 1) {
          apply(bytes, change);
        } else if (how > 1) {
          apply_some(bytes, change, random);
        }
      }
      image[path] = std::move(bytes);
    }
    return image;
  }

 private:
  static constexpr std::size_t kSector = 512;

  struct Change {
    std::uint64_t at = 0;
    Bytes bytes;
    bool length = false;  ///< the file becomes `at` bytes long
  };

  struct Content {
    Bytes now;
    std::optional<Bytes> durable;  ///< none: not even its name
    std::vector<Change> pending;
    std::optional<Bytes> ghost;  ///< what was there before it was removed
  };

  template <typename F>
  void event(const std::string& path, F&& change) {
    if (!has(path)) {
      return;
    }
    const std::lock_guard lock(mutex_);
    on_event();
    change();
    on_event();
  }

  static void put(Bytes& file, std::uint64_t at, ByteView bytes) {
    file.resize(std::max<std::size_t>(file.size(), at + bytes.size()));
    std::ranges::copy(bytes, file.begin() + static_cast<std::ptrdiff_t>(at));
  }

  static void apply(Bytes& file, const Change& change) {
    if (change.length) {
      file.resize(change.at);
    } else {
      put(file, change.at, change.bytes);
    }
  }

  static void apply_some(Bytes& file, const Change& change, std::mt19937& random) {
    if (change.length) {
      if (random() % 2 == 0) {
        file.resize(change.at);
      }
      return;
    }
    const ByteView bytes{change.bytes};
    for (std::size_t from = 0; from < bytes.size();) {
      const auto end =
          std::min<std::size_t>(bytes.size(), from + kSector - (change.at + from) % kSector);
      if (random() % 2 == 0) {
        put(file, change.at + from, bytes.subspan(from, end - from));
      }
      from = end;
    }
  }

  const std::string folder_;
  mutable std::mutex mutex_;
  std::map<std::string, Content> files_;
};

/// The system's disk; the recorder hears of every change, and nothing waits for a real sync.
class RecordedDisk final : public Disk {
 public:
  explicit RecordedDisk(PowerRecorder& recorder) : recorder_{recorder} {}

  Result<std::unique_ptr<File>> create(const std::string& path) override {
    auto made = system_disk().create(path);
    if (!made) {
      return made.error();
    }
    return std::unique_ptr<File>(std::make_unique<Open>(recorder_, path, std::move(*made)));
  }

  Result<Bytes> read(const std::string& path, std::size_t most) override {
    return system_disk().read(path, most);
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    return system_disk().list(folder);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    return system_disk().rename(from, to);  // only of what is set aside
  }

  Result<void> remove(const std::string& path) override {
    auto removed = system_disk().remove(path);
    if (removed) {
      recorder_.remove(path);
    }
    return removed;
  }

  /// Of a folder: the names in it.
  Result<void> sync(const std::string& /*path*/) override {
    recorder_.sync_names();
    return {};
  }

 private:
  class Open final : public File {
   public:
    Open(PowerRecorder& recorder, std::string path, std::unique_ptr<File> file)
        : recorder_{recorder}, path_{std::move(path)}, file_{std::move(file)} {}

    Result<std::size_t> write(ByteView bytes) override {
      auto written = file_->write(bytes);
      if (written) {
        recorder_.append(path_, bytes.first(*written));
      }
      return written;
    }

    Result<void> sync() override {
      recorder_.sync(path_);
      return {};
    }

    Result<void> truncate(std::uint64_t size) override {
      auto cut = file_->truncate(size);
      if (cut) {
        recorder_.truncate(path_, size);
      }
      return cut;
    }

   private:
    PowerRecorder& recorder_;
    const std::string path_;
    std::unique_ptr<File> file_;
  };

  PowerRecorder& recorder_;
};

/// Makes SQLite, in the whole process, tell a recorder of what it does to files while there is one.
class RecordedSqlite {
 public:
  static RecordedSqlite& instance() {
    static RecordedSqlite only;
    return only;
  }

  /// Null: none. While no file is open.
  void tell(PowerRecorder* recorder) { recorder_ = recorder; }

  void install() { sqlite3_vfs_register(&vfs_, 1); }

  void uninstall() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(system_, 1);
  }

 private:
  struct Methods {
    sqlite3_io_methods ours{};
    const sqlite3_io_methods* theirs = nullptr;
  };

  RecordedSqlite() {
    system_ = sqlite3_vfs_find(nullptr);
    vfs_ = *system_;
    vfs_.zName = "recorded";
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
  }

  static const sqlite3_io_methods& theirs(sqlite3_file* file) {
    return *reinterpret_cast<const Methods*>(file->pMethods)->theirs;
  }

  template <typename F>
  static void told(sqlite3_file* file, F&& call) {
    auto& self = instance();
    std::string path;
    {
      const std::lock_guard lock(self.mutex_);
      path = self.names_[file];
    }
    auto* recorder = self.recorder_.load();
    if (recorder != nullptr && !path.empty()) {
      call(*recorder, path);
    }
  }

  static int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out) {
    auto& self = instance();
    const auto result = self.system_->xOpen(self.system_, name, file, flags, out);
    if (result != SQLITE_OK || file->pMethods == nullptr) {
      return result;
    }
    const std::lock_guard lock(self.mutex_);
    self.names_[file] = name == nullptr ? "" : name;
    auto* kind = std::ranges::find_if(self.kinds_, [file](const Methods& known) {
      return known.theirs == file->pMethods || known.theirs == nullptr;
    });
    if (kind->theirs == nullptr) {
      kind->theirs = file->pMethods;
      kind->ours = *file->pMethods;
      kind->ours.xWrite = write;
      kind->ours.xSync = sync;
      kind->ours.xTruncate = truncate;
    }
    file->pMethods = &kind->ours;
    return result;
  }

  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    const auto code = theirs(file).xWrite(file, data, size, at);
    if (code == SQLITE_OK) {
      told(file, [&](PowerRecorder& recorder, const std::string& path) {
        recorder.write(path, static_cast<std::uint64_t>(at),
                       {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)});
      });
    }
    return code;
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    const auto code = theirs(file).xTruncate(file, size);
    if (code == SQLITE_OK) {
      told(file, [&](PowerRecorder& recorder, const std::string& path) {
        recorder.truncate(path, static_cast<std::uint64_t>(size));
      });
    }
    return code;
  }

  static int sync(sqlite3_file* file, int /*flags*/) {
    told(file, [&](PowerRecorder& recorder, const std::string& path) { recorder.sync(path); });
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* /*vfs*/, const char* name, int sync_folder) {
    auto& self = instance();
    const auto code = self.system_->xDelete(self.system_, name, sync_folder);
    auto* recorder = self.recorder_.load();
    if (code == SQLITE_OK && recorder != nullptr) {
      recorder->remove(name);
    }
    return code;
  }

  sqlite3_vfs* system_ = nullptr;
  sqlite3_vfs vfs_{};
  std::atomic<PowerRecorder*> recorder_{nullptr};
  std::mutex mutex_;
  std::array<Methods, 4> kinds_;
  std::map<sqlite3_file*, std::string> names_;
};

}  // namespace owb::store::test
