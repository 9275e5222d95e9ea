#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "broker/net/web/http_message.hpp"
#include "tenants/base/unique_fd.hpp"

namespace owb::net::web {

/// The dashboard's files below one folder.
///
/// Opened folder by folder beneath the folder's descriptor, without following symbolic links, so
/// that no path leads out. What was read is kept and shared while the file stays the same; its size
/// is bounded by what the operator has put there. Threading: belongs to one thread.
class StaticFiles {
 public:
  /// Throws std::runtime_error that names `folder` if it cannot be opened.
  explicit StaticFiles(const std::string& folder);

  /// Answers GET or HEAD for `path` (decoded, as in the request): 200, 304 or 404. Takes a
  /// precompressed neighbour
  /// (`.br`, `.gz`) if there is one and the client accepts it. Files below /assets/ have names with
  /// a hash of their content and are `immutable`; others are asked for again each time, by their
  /// ETag.
  HttpResponse serve(const HttpRequest& request, std::string_view path);

 private:
  struct File {
    struct stat status {};

    std::string etag;
    std::shared_ptr<const std::string> content;
  };

  /// The file's content, or null.
  const File* find(const std::string& path);

  UniqueFd folder_;
  std::map<std::string, File, std::less<>> files_;
};

/// A larger file is not served.
inline constexpr std::size_t kMaxStaticFile = 8U << 20;

/// Whether a decoded request path may name a file: absolute, no empty, hidden or dot part, no
/// control characters.
bool is_file_path(std::string_view path);

}  // namespace owb::net::web
