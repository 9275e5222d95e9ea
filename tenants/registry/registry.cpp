#include "tenants/registry/registry.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tenants/base/clock.hpp"
#include "tenants/base/random.hpp"
#include "tenants/base/unique_fd.hpp"
#include "tenants/registry/error.hpp"
#include "tenants/registry/registry_state.hpp"
#include "tenants/registry/schema.hpp"

namespace owb::tenants {
namespace {

using sqlite::Database;

Error last_error() {
  return {errno, boost::system::system_category()};
}

Result<Database> open_to_write(const std::filesystem::path& path) {
  auto database = Database::open(path, Database::Access::read_write, kBusyTimeoutMs);
  if (!database) {
    return database.error();
  }
  // foreign files are refused before anything of them is changed
  if (const auto upgraded = upgrade_schema(*database, unix_now()); !upgraded) {
    return upgraded.error();
  }
  if (const auto set = database->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
      !set) {
    return set.error();
  }
  return database;
}

/// Makes the folder, if there is none, for its owner and group only.
Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.empty() || std::filesystem::exists(folder, error)) {
    return {};
  }
  std::filesystem::create_directories(folder, error);
  if (!error) {
    using std::filesystem::perms;
    std::filesystem::permissions(folder, perms::owner_all | perms::group_read | perms::group_exec,
                                 error);
  }
  return error ? Result<void>{Error{error.value(), boost::system::system_category()}}
               : Result<void>{};
}

/// Root makes the file for the service whose folder it is; SQLite gives the journals the same
/// owner.
Result<void> give_to_owner_of_folder(int file, const std::filesystem::path& path) {
  struct stat folder {};

  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  if (::geteuid() == 0 &&
      (::stat(parent.c_str(), &folder) != 0 || ::fchown(file, folder.st_uid, folder.st_gid) != 0)) {
    return last_error();
  }
  return {};
}

/// The registry is made whole under another name and then linked in place: nobody ever sees half of
/// it, and of two processes that start at once one simply finds the file of the other.
Result<void> make_file(const std::filesystem::path& path) {
  if (const auto made = make_folder(path.parent_path()); !made) {
    return made;
  }
  auto draft = path;
  draft += ".new-" + random_alnum(8);
  {
    const UniqueFd file{::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640)};
    if (!file) {
      return last_error();
    }
    if (const auto given = give_to_owner_of_folder(file.get(), path); !given) {
      return given;
    }
  }
  auto result = [&]() -> Result<void> {
    const auto database = open_to_write(draft);
    return database ? Result<void>{} : Result<void>{database.error()};
  }();  // closing it moves all from its journal into the file
  if (result && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    result = last_error();
  }
  ::unlink(draft.c_str());
  return result;
}

}  // namespace

Registry::Registry(std::unique_ptr<State> state) : state_{std::move(state)} {}

Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

Result<Registry> Registry::open(const std::filesystem::path& path, OpenMode mode) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    if (mode != OpenMode::create) {
      return Errc::registry_missing;
    }
    if (const auto made = make_file(path); !made) {
      return rows::plain(made.error());
    }
  }
  auto database = mode == OpenMode::read_only ? rows::open_to_read(path) : open_to_write(path);
  if (!database) {
    return rows::plain(database.error());
  }
  auto home_key = rows::read_home_key(*database);
  if (!home_key) {
    return home_key.error();
  }
  return Registry{std::make_unique<State>(State{std::move(*database), std::move(*home_key)})};
}

void Registry::State::tidy() {
  auto query = database.query("PRAGMA wal_checkpoint(TRUNCATE)");
  while (query.next()) {
  }
}

Result<void> Registry::State::audit(const By& by, std::string_view tenant, std::string_view action,
                                    std::string_view detail) {
  return database.run(
      "INSERT INTO audit (at, actor, tenant, action, detail) VALUES (?1, ?2, ?3, ?4, ?5)", by.now,
      by.actor, tenant, action, detail);
}

Result<void> Registry::State::audit_session(const By& by, const WebSession& session,
                                            std::string_view action) {
  return database.run(
      "INSERT INTO audit (at, actor, tenant, action, detail, session) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      by.now, by.actor, session.tenant, action, name_of(session.role), session.id.bytes());
}

Result<std::vector<AuditRow>> Registry::audit(std::size_t count, std::string_view tenant) {
  std::vector<AuditRow> found;
  auto query = state_->database.query(
      "SELECT seq, at, actor, tenant, action, detail FROM audit "
      "WHERE ?2 = '' OR tenant = ?2 ORDER BY seq DESC LIMIT ?1",
      count, tenant);
  while (query.next()) {
    found.push_back({.seq = static_cast<std::uint64_t>(query.integer(0)),
                     .at = query.integer(1),
                     .actor = std::string{query.text(2)},
                     .tenant = std::string{query.text(3)},
                     .action = std::string{query.text(4)},
                     .detail = std::string{query.text(5)}});
  }
  if (query.failed()) {
    return rows::plain(query.error());
  }
  return found;
}

Result<void> Registry::clean_up(std::int64_t now) {
  return state_->transact([&]() -> Result<void> {
    auto& database = state_->database;
    for (const auto* sql : {"DELETE FROM sessions WHERE expires <= ?1 OR revoked != 0",
                            "DELETE FROM login_links WHERE expires <= ?1"}) {
      if (const auto done = database.run(sql, now); !done) {
        return done;
      }
    }
    return database.run("DELETE FROM audit WHERE at < ?1", now - kAuditKept);
  });
}

}  // namespace owb::tenants
