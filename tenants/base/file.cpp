#include "tenants/base/file.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "tenants/base/unique_fd.hpp"

namespace owb {
namespace {

Error last_error() {
  return {errno, boost::system::system_category()};
}

Result<void> write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      return last_error();
    }
    if (written > 0) {
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) {
    return last_error();
  }
  std::string content;
  std::array<char, 16384> block;
  while (true) {
    const auto got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return last_error();
    }
    if (got == 0) {
      return content;
    }
    content.append(block.data(), static_cast<std::size_t>(got));
    if (content.size() > max_bytes) {
      return Error{EFBIG, boost::system::system_category()};
    }
  }
}

Result<void> write_private_file(const std::filesystem::path& path, std::string_view content) {
  UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!file) {
    return last_error();
  }
  auto written = write_all(file.get(), content);
  if (written && ::close(file.release()) != 0) {
    written = last_error();
  }
  return written;
}

}  // namespace owb
