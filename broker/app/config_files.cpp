#include <algorithm>
#include <cerrno>

#include <fmt/core.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/app/config.hpp"
#include "tenants/base/logging.hpp"

namespace owb::app {

namespace {

using config::Place;
using config::Problems;

enum class Kind : std::uint8_t { file, folder };

/// Looks at files and collects what is wrong with them.
class FileCheck {
 public:
  explicit FileCheck(Problems& problems) : problems_{problems} {}

  void readable(const Place& place, std::string_view key, const std::string& path, Kind kind) {
    check(place, key, path, kind, kind == Kind::folder ? R_OK | X_OK : R_OK);
  }

  void writable_folder(const Place& place, std::string_view key, const std::string& path) {
    check(place, key, path, Kind::folder, W_OK | X_OK);
  }

 private:
  void check(const Place& place, std::string_view key, const std::string& path, Kind kind,
             int mode) {
    if (path.empty()) {
      return;
    }

    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) {
      add(place, key, path, system_reason());
    } else if (S_ISDIR(status.st_mode) != (kind == Kind::folder)) {
      add(place, key, path, kind == Kind::folder ? "is not a folder" : "is a folder, not a file");
    } else if (::access(path.c_str(), mode) != 0) {
      add(place, key, path, system_reason());
    }
  }

  static std::string system_reason() {
    return Error{errno, boost::system::system_category()}.message();
  }

  void add(const Place& place, std::string_view key, const std::string& path,
           std::string_view reason) {
    problems_.push_back({place, fmt::format("{}: {}: {}", key, log::escape(path), reason)});
  }

  Problems& problems_;
};

void check_listener_files(const ListenerConfig& listener, FileCheck& check) {
  const auto& tls = listener.tls;
  const auto& place = listener.place;
  check.readable(place, "certfile", tls.certfile, Kind::file);
  check.readable(place, "keyfile", tls.keyfile, Kind::file);
  check.readable(place, "cafile", tls.cafile, Kind::file);
  check.readable(place, "capath", tls.capath, Kind::folder);
  check.readable(place, "crlfile", tls.crlfile, Kind::file);
  check.readable(place, "http_dir", listener.http_dir, Kind::folder);
  check.readable(place, "password_file", listener.security.password_file, Kind::file);
  check.readable(place, "acl_file", listener.security.acl_file, Kind::file);
}

void check_bridge_files(const BridgeConfig& bridge, FileCheck& check) {
  check.readable(bridge.place, "bridge_cafile", bridge.tls.cafile, Kind::file);
  check.readable(bridge.place, "bridge_capath", bridge.tls.capath, Kind::folder);
  check.readable(bridge.place, "bridge_certfile", bridge.tls.certfile, Kind::file);
  check.readable(bridge.place, "bridge_keyfile", bridge.tls.keyfile, Kind::file);
}

/// The folder a file stands in; "." if it has none.
std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

void check_user(const std::string& user, Problems& problems) {
  if (!user.empty() && ::getpwnam(user.c_str()) == nullptr) {
    problems.push_back({{}, fmt::format("user: \"{}\" is not known here", log::escape(user))});
  }
}

/// One password file named for ten listeners is one problem.
void drop_repeated(Problems& problems) {
  Problems once;
  for (auto& problem : problems) {
    const auto same = [&problem](const auto& other) { return other.text == problem.text; };
    if (std::ranges::none_of(once, same)) {
      once.push_back(std::move(problem));
    }
  }
  problems = std::move(once);
}

}  // namespace

Problems check_files(const BrokerConfig& config) {
  Problems problems;
  FileCheck check{problems};
  for (const auto& listener : config.listeners) {
    check_listener_files(listener, check);
  }
  for (const auto& bridge : config.bridges) {
    check_bridge_files(bridge, check);
  }
  if (const auto state = config.persistence.path(); !state.empty()) {
    check.writable_folder({}, "persistence_location", folder_of(state));
  }
  check.readable({}, "www_dir", config.cloud.www_dir, Kind::folder);
  check_user(config.process.user, problems);
  drop_repeated(problems);
  return problems;
}

}  // namespace owb::app
