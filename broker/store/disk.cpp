#include "broker/store/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/store/crash_point.hpp"
#include "tenants/base/unique_fd.hpp"

namespace owb::store {
namespace {

constexpr std::size_t kBlock = 4096;

Error last_error() {
  return {errno, boost::system::system_category()};
}

Result<void> done(int result) {
  if (result != 0) {
    return last_error();
  }
  return {};
}

void maybe_crash() {
  bool crashes = false;
  before_crash(0, crashes);
  if (crashes) {
    crash();
  }
}

class SystemFile final : public File {
 public:
  explicit SystemFile(UniqueFd fd) : fd_{std::move(fd)} {}

  Result<std::size_t> write(ByteView bytes) override {
    bool crashes = false;
    bytes = bytes.first(before_crash(bytes.size(), crashes));
    ssize_t written = -1;
    do {
      written = ::write(fd_.get(), bytes.data(), bytes.size());
    } while (written < 0 && errno == EINTR);
    if (crashes) {
      crash();
    }
    if (written < 0) {
      return last_error();
    }
    return static_cast<std::size_t>(written);
  }

  Result<void> sync() override {
    maybe_crash();
    return done(::fdatasync(fd_.get()));
  }

  Result<void> truncate(std::uint64_t size) override {
    maybe_crash();
    return done(::ftruncate(fd_.get(), static_cast<off_t>(size)));
  }

 private:
  UniqueFd fd_;
};

class SystemDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> create(const std::string& path) override {
    maybe_crash();
    UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600)};
    if (!fd) {
      return last_error();
    }
    return std::unique_ptr<File>(std::make_unique<SystemFile>(std::move(fd)));
  }

  Result<Bytes> read(const std::string& path, std::size_t most) override {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};

    struct stat status {};

    if (!fd || ::fstat(fd.get(), &status) != 0) {
      return last_error();
    }
    Bytes bytes(std::min(static_cast<std::size_t>(status.st_size), most));
    std::size_t have = 0;
    while (have < bytes.size()) {
      const auto got =
          ::pread(fd.get(), bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
      if (got < 0 && errno == EIO) {
        have += std::min(kBlock - have % kBlock, bytes.size() - have);
      } else if (got < 0 && errno != EINTR) {
        return last_error();
      } else if (got == 0) {
        bytes.resize(have);
      } else if (got > 0) {
        have += static_cast<std::size_t>(got);
      }
    }
    return bytes;
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir{::opendir(folder.c_str()), ::closedir};
    if (dir == nullptr) {
      return last_error();
    }
    std::vector<std::string> names;
    while (const auto* entry = ::readdir(dir.get())) {
      names.emplace_back(entry->d_name);
    }
    return names;
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    maybe_crash();
    return done(std::rename(from.c_str(), to.c_str()));
  }

  Result<void> remove(const std::string& path) override {
    maybe_crash();
    return done(::unlink(path.c_str()));
  }

  Result<void> sync(const std::string& path) override {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    return fd ? done(::fsync(fd.get())) : Result<void>{last_error()};
  }
};

}  // namespace

Disk& system_disk() {
  static SystemDisk disk;
  return disk;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace owb::store
