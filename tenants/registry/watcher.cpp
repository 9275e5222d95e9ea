#include "tenants/registry/watcher.hpp"

#include <set>
#include <unordered_set>

#include "tenants/registry/error.hpp"
#include "tenants/registry/rows.hpp"

namespace owb::tenants {
namespace {

/// What a stretch of the audit table tells.
struct News {
  std::int64_t last_seq = 0;
  std::set<std::string> tenants{};
  std::vector<SessionId> revoked_sessions{};
  bool keys = false;
  bool arrivals = false;
  bool missed = false;  ///< rows were pruned before they were read, or the table went back in time
};

Result<std::int64_t> newest_seq(sqlite::Database& database) {
  return database.integer_or(0, "SELECT seq FROM sqlite_sequence WHERE name = 'audit'");
}

Result<News> read_news(sqlite::Database& database, std::int64_t after) {
  const auto newest = newest_seq(database);
  if (!newest) {
    return newest.error();
  }
  News news{.last_seq = *newest};
  const auto oldest = database.integer_or(0, "SELECT min(seq) FROM audit");
  if (!oldest) {
    return oldest.error();
  }
  const auto first_kept = *oldest != 0 ? *oldest : *newest + 1;
  news.missed = *newest < after || first_kept > after + 1;
  if (news.missed) {
    return news;
  }
  auto query = database.query(
      "SELECT tenant, action, session FROM audit WHERE seq > ?1 ORDER BY seq", after);
  while (query.next()) {
    const auto action = query.text(1);
    if (action.starts_with(rows::kTenantPrefix)) {
      news.tenants.emplace(query.text(0));
      news.arrivals = news.arrivals || action == rows::kTenantImported;
    } else if (action == rows::kSessionRevoked) {
      if (const auto id = SessionId::from_bytes(query.blob(2))) {
        news.revoked_sessions.push_back(*id);
      }
    } else if (action == rows::kKeysRotated) {
      news.keys = true;
    }
  }
  if (query.failed()) {
    return query.error();
  }
  return news;
}

/// Reads one name anew: record, tombstone or nothing.
Result<void> refresh(sqlite::Database& database, const std::string& name,
                     SnapshotBuilder& builder) {
  auto query = database.query("SELECT " OWB_TENANT_COLUMNS " FROM tenants WHERE name = ?1", name);
  if (query.next()) {
    auto record = rows::read_tenant(query);
    if (!record) {
      return record.error();
    }
    builder.put(std::move(*record));
    return {};
  }
  if (query.failed()) {
    return query.error();
  }
  const auto buried =
      database.integer_or(0, "SELECT count(*) FROM tombstones WHERE name = ?1", name);
  if (!buried) {
    return buried.error();
  }
  *buried != 0 ? builder.bury(name) : builder.forget(name);
  return {};
}

Result<void> load_keys(sqlite::Database& database, SnapshotBuilder& builder) {
  auto keys = rows::read_keys(database);
  if (!keys) {
    return keys.error();
  }
  builder.set_keys(std::move(*keys));
  return {};
}

Result<std::shared_ptr<const RegistrySnapshot>> load_all(sqlite::Database& database) {
  SnapshotBuilder builder{RegistrySnapshot{}};
  auto home_key = rows::read_home_key(database);
  if (!home_key) {
    return home_key.error();
  }
  builder.set_home_key(std::move(*home_key));
  if (const auto loaded = load_keys(database, builder); !loaded) {
    return loaded.error();
  }
  auto tenants = database.query("SELECT " OWB_TENANT_COLUMNS " FROM tenants");
  while (tenants.next()) {
    auto record = rows::read_tenant(tenants);
    if (!record) {
      return record.error();
    }
    builder.put(std::move(*record));
  }
  auto tombstones = database.query("SELECT name FROM tombstones");
  while (tombstones.next()) {
    builder.bury(tombstones.text(0));
  }
  if (tenants.failed() || tombstones.failed()) {
    return tenants.failed() ? tenants.error() : tombstones.error();
  }
  return builder.build();
}

/// Names whose record is another one, or is in one of the two only.
std::set<std::string> differences(const RegistrySnapshot& before, const RegistrySnapshot& after) {
  std::set<std::string> names;
  const auto compare = [&](const RegistrySnapshot& ours, const RegistrySnapshot& theirs) {
    ours.for_each([&](const std::shared_ptr<const TenantRecord>& record) {
      const auto other = theirs.find(record->id.str());
      if (other == nullptr || !(*other == *record)) {
        names.insert(record->id.str());
      }
    });
  };
  compare(before, after);
  compare(after, before);
  return names;
}

/// One consistent view over several queries; read-only, so there is nothing to roll back but the
/// view.
class ReadView {
 public:
  explicit ReadView(sqlite::Database& database)
      : database_{database}, begun_{database.run("BEGIN")} {}

  ~ReadView() { (void)database_.run("ROLLBACK"); }

  ReadView(const ReadView&) = delete;
  ReadView& operator=(const ReadView&) = delete;

  const Result<void>& begun() const { return begun_; }

 private:
  sqlite::Database& database_;
  Result<void> begun_;
};

}  // namespace

struct RegistryWatcher::State {
  std::filesystem::path path;
  rows::FileIdentity file{};
  sqlite::Database database;
  std::int64_t data_version = -1;  ///< of the last successful look
  std::int64_t last_seq = 0;       ///< newest audit row that is in the snapshot
  std::shared_ptr<const RegistrySnapshot> snapshot = std::make_shared<const RegistrySnapshot>();
  std::unordered_set<std::string> changed{};
  RegistryChange change{};

  Result<bool> follow();
  Result<bool> reload();
  Result<bool> reopen_if_replaced();
  void note(const News& news);
};

RegistryWatcher::RegistryWatcher(std::unique_ptr<State> state) : state_{std::move(state)} {}

RegistryWatcher::RegistryWatcher(RegistryWatcher&&) noexcept = default;
RegistryWatcher& RegistryWatcher::operator=(RegistryWatcher&&) noexcept = default;
RegistryWatcher::~RegistryWatcher() = default;

Result<RegistryWatcher> RegistryWatcher::open(const std::filesystem::path& path) {
  const auto file = rows::identity_of(path);
  auto database = rows::open_to_read(path);
  if (!database) {
    return database.error();
  }
  auto state =
      std::make_unique<State>(State{.path = path, .file = file, .database = std::move(*database)});
  const auto version = state->database.integer_or(0, "PRAGMA data_version");
  if (!version) {
    return rows::plain(version.error());
  }
  if (const auto loaded = state->reload(); !loaded) {
    return rows::plain(loaded.error());
  }
  state->data_version = *version;
  state->change = {};  // the first load is no change
  state->changed.clear();
  return RegistryWatcher{std::move(state)};
}

Result<bool> RegistryWatcher::State::reload() {
  const ReadView view{database};
  if (!view.begun()) {
    return failure<bool>(view.begun().error());
  }
  const auto newest = newest_seq(database);
  if (!newest) {
    return failure<bool>(newest.error());
  }
  auto next = load_all(database);
  if (!next) {
    return failure<bool>(next.error());
  }
  for (auto& name : differences(*snapshot, **next)) {
    changed.insert(name);
  }
  change.everything = true;
  change.keys = true;
  change.arrivals = true;
  snapshot = std::move(*next);
  last_seq = *newest;
  return true;
}

void RegistryWatcher::State::note(const News& news) {
  changed.insert(news.tenants.begin(), news.tenants.end());
  change.revoked_sessions.insert(change.revoked_sessions.end(), news.revoked_sessions.begin(),
                                 news.revoked_sessions.end());
  change.keys = change.keys || news.keys;
  change.arrivals = change.arrivals || news.arrivals;
  last_seq = news.last_seq;
}

Result<bool> RegistryWatcher::State::follow() {
  News news;
  {
    const ReadView view{database};
    if (!view.begun()) {
      return failure<bool>(view.begun().error());
    }
    auto read = read_news(database, last_seq);
    if (!read) {
      return failure<bool>(read.error());
    }
    news = std::move(*read);
    if (!news.missed && (!news.tenants.empty() || news.keys)) {
      SnapshotBuilder builder{*snapshot};
      for (const auto& name : news.tenants) {
        if (const auto done = refresh(database, name, builder); !done) {
          return failure<bool>(done.error());
        }
      }
      if (news.keys) {
        if (const auto loaded = load_keys(database, builder); !loaded) {
          return failure<bool>(loaded.error());
        }
      }
      snapshot = builder.build();
    }
  }
  if (news.missed) {
    return reload();
  }
  note(news);
  return !news.tenants.empty() || news.keys || !news.revoked_sessions.empty();
}

Result<bool> RegistryWatcher::State::reopen_if_replaced() {
  const auto now = rows::identity_of(path);
  if (now == file) {
    return false;
  }
  auto next = rows::open_to_read(path);
  if (!next) {
    return failure<bool>(next.error());
  }
  database = std::move(*next);
  file = now;
  data_version = -1;
  last_seq = -1;  // what the other file counted says nothing here: reload
  return true;
}

Result<bool> RegistryWatcher::poll() {
  if (const auto reopened = state_->reopen_if_replaced(); !reopened) {
    return failure<bool>(rows::plain(reopened.error()));
  }
  const auto version = state_->database.integer_or(0, "PRAGMA data_version");
  if (!version) {
    return failure<bool>(rows::plain(version.error()));
  }
  if (*version == state_->data_version) {
    return false;
  }
  const auto changed = state_->last_seq < 0 ? state_->reload() : state_->follow();
  if (!changed) {
    return failure<bool>(rows::plain(changed.error()));
  }
  state_->data_version = *version;
  return *changed;
}

std::shared_ptr<const RegistrySnapshot> RegistryWatcher::snapshot() const {
  return state_->snapshot;
}

RegistryChange RegistryWatcher::take_change() {
  auto change = std::exchange(state_->change, {});
  const auto changed = std::exchange(state_->changed, {});
  change.tenants.assign(changed.begin(), changed.end());
  return change;
}

}  // namespace owb::tenants
