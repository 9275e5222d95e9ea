#include "broker/net/web/static_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "broker/net/web/error_pages.hpp"
#include "broker/net/web/media_type.hpp"
#include "tenants/base/text.hpp"

namespace owb::net::web {

namespace {

constexpr std::size_t kMaxPath = 1024;

/// Opens `path` beneath `folder`, one part at a time; O_NOFOLLOW holds for each of them.
UniqueFd open_beneath(int folder, std::string_view path) {
  const auto parts = text::split(path.substr(1), '/');
  UniqueFd parent;
  int at = folder;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    parent = UniqueFd{
        ::openat(at, std::string{parts[i]}.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!parent) {
      return {};
    }
    at = parent.get();
  }
  return UniqueFd{::openat(at, std::string{parts.back()}.c_str(),
                           O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
}

std::shared_ptr<const std::string> read_all(int fd, std::size_t size) {
  auto content = std::make_shared<std::string>(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const auto got = ::read(fd, content->data() + have, size - have);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return nullptr;  // shorter than a moment ago: it is being replaced
    }
    have += static_cast<std::size_t>(got);
  }
  return content;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

struct Coding {
  std::string_view name;
  std::string_view suffix;
};

constexpr std::array<Coding, 3> kCodings{{{"br", ".br"}, {"gzip", ".gz"}, {"identity", ""}}};

}  // namespace

bool is_file_path(std::string_view path) {
  if (path.size() < 2 || path.size() > kMaxPath || path.front() != '/') {
    return false;
  }
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '\\') {
      return false;
    }
  }
  const auto parts = text::split(path.substr(1), '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.empty() || part.front() == '.';  // `.`, `..`, `.git`
  });
}

StaticFiles::StaticFiles(const std::string& folder)
    : folder_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!folder_) {
    throw std::runtime_error(fmt::format("www_dir {}: {}", folder, std::strerror(errno)));
  }
}

const StaticFiles::File* StaticFiles::find(const std::string& path) {
  const auto fd = open_beneath(folder_.get(), path);

  struct stat status {};

  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::size_t>(status.st_size) > kMaxStaticFile) {
    files_.erase(path);
    return nullptr;
  }
  auto& file = files_[path];
  if (file.content && same_file(file.status, status)) {
    return &file;
  }
  file.content = read_all(fd.get(), static_cast<std::size_t>(status.st_size));
  if (!file.content) {
    files_.erase(path);
    return nullptr;
  }
  file.status = status;
  file.etag = fmt::format("\"{:x}-{:x}.{:x}\"", status.st_size, status.st_mtim.tv_sec,
                          status.st_mtim.tv_nsec);
  return &file;
}

HttpResponse StaticFiles::serve(const HttpRequest& request, std::string_view path) {
  if (!is_file_path(path)) {
    return error_page(404, request.accept_language);
  }
  for (const auto& coding : kCodings) {
    if (!coding.suffix.empty() && !accepts_coding(request.accept_encoding, coding.name)) {
      continue;
    }
    const auto* file = find(std::string{path}.append(coding.suffix));
    if (file == nullptr) {
      continue;
    }
    HttpResponse response;
    response.headers = {
        {"Content-Type", std::string{media_type(path)}},
        {"Cache-Control",
         path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache"},
        {"ETag", file->etag},
        {"Vary", "Accept-Encoding"}};
    if (etag_matches(request.if_none_match, file->etag)) {
      response.status = 304;
      return response;
    }
    if (!coding.suffix.empty()) {
      response.headers.emplace_back("Content-Encoding", coding.name);
    }
    response.body = file->content;
    return response;
  }
  return error_page(404, request.accept_language);
}

}  // namespace owb::net::web
