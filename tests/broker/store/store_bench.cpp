// What the store costs: store_bench FOLDER [TENANTS [TOPICS]]. Prints one figure a line.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "broker/store/salvage.hpp"
#include "broker/store/store.hpp"
#include "tenants/registry/sqlite.hpp"

namespace {

using namespace owb;
using namespace owb::store;
using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Watch {
  Clock::time_point start = Clock::now();
  double cpu = cpu_seconds();

  void print(const char* what, double count) const {
    const auto wall = std::chrono::duration<double>(Clock::now() - start).count();
    const auto used = cpu_seconds() - cpu;
    std::printf("%-52s %9.0f  %7.3f s  %7.3f s CPU  %6.3f us CPU each\n", what, count, wall, used,
                used * 1e6 / count);
  }
};

std::string topic(int number) {
  return "openWB/lp/1/some/status/value/" + std::to_string(number);
}

void put(Writer& writer, const std::string& tenant, core::KeptKind kind, const std::string& key) {
  static const std::string value(29, 'v');
  const std::array parts{as_byte_view(value)};
  writer.put(tenant, kind, as_byte_view(key), parts);
}

Options options_of(const std::string& folder) {
  Options options;
  options.path = folder + "/state.db";
  options.report = [](Severity, const std::string& text) { std::puts(text.c_str()); };
  return options;
}

/// Every topic of every tenant once, in turns of 150 of one tenant; until all is in state.db.
void fill(const std::string& folder, int tenants, int topics) {
  const Watch watch;
  auto store = *Store::open(options_of(folder));
  auto writer = store->writer([] {});
  store->load([](auto, auto, auto, auto) {});
  for (int first = 0; first < topics; first += 150) {
    for (int t = 0; t < tenants; ++t) {
      for (int i = first; i < std::min(topics, first + 150); ++i) {
        put(*writer, "tenant" + std::to_string(t), core::KeptKind::retained, topic(i));
      }
      writer->seal();
    }
  }
  store->stop();
  watch.print("new entries, journal and state.db", 1.0 * tenants * topics);
}

/// Messages that are queued and delivered: two records each, and nothing of them in state.db.
void queue(const std::string& folder, int tenants, int count) {
  auto store = *Store::open(options_of(folder));
  auto writer = store->writer([] {});
  store->load([](auto, auto, auto, auto) {});
  const Watch running;
  for (int i = 0; i < count; ++i) {
    const auto tenant = "tenant" + std::to_string(i % tenants);
    put(*writer, tenant, core::KeptKind::queued, std::to_string(i));
    writer->erase(tenant, core::KeptKind::queued, as_byte_view(std::to_string(i)));
    if (i % 20 == 19) {
      writer->seal();
    }
  }
  running.print("records of a queue, handed over", 2.0 * count);
  store->stop();
  running.print("records of a queue, committed and checkpointed", 2.0 * count);
}

/// For comparison: group commit straight into SQLite, in the order of traffic, each message gone
/// only after some others have come.
void sqlite_only(const std::string& folder, int tenants, int count, int group) {
  auto database =
      *sqlite::Database::open(folder + "/plain.db", sqlite::Database::Access::create, 1000);
  (void)database.execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
      "CREATE TABLE kept(tenant TEXT, kind INTEGER, key BLOB, value BLOB,"
      " PRIMARY KEY(tenant, kind, key)) WITHOUT ROWID");
  constexpr int kDelay = 1000;
  const std::string value(29, 'v');
  const Watch watch;
  for (int i = 0; i < count; i += group) {
    auto transaction = *sqlite::Transaction::begin(database);
    for (int j = i; j < i + group; ++j) {
      (void)database.run("INSERT OR REPLACE INTO kept VALUES(?1, ?2, ?3, ?4)",
                         "tenant" + std::to_string(j % tenants), 4, as_byte_view(std::to_string(j)),
                         as_byte_view(value));
      (void)database.run("DELETE FROM kept WHERE tenant = ?1 AND kind = ?2 AND key = ?3",
                         "tenant" + std::to_string((j - kDelay + tenants) % tenants), 4,
                         as_byte_view(std::to_string(j - kDelay)));
    }
    (void)transaction.commit();
  }
  watch.print(("the same straight into SQLite, groups of " + std::to_string(group)).c_str(),
              2.0 * count);
}

void load(const std::string& folder, int entries) {
  const Watch watch;
  auto store = *Store::open(options_of(folder));
  std::size_t bytes = 0;
  std::size_t count = 0;
  store->load([&](auto, auto, ByteView key, ByteView value) {
    ++count;
    bytes += key.size() + value.size();
  });
  watch.print("load", static_cast<double>(count));
  if (count != static_cast<std::size_t>(entries)) {
    std::printf("only %zu of %d entries\n", count, entries);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::puts("store_bench FOLDER [TENANTS [TOPICS]]");
    return 2;
  }
  const std::string folder = argv[1];
  const int tenants = argc > 2 ? std::atoi(argv[2]) : 1000;
  const int topics = argc > 3 ? std::atoi(argv[3]) : 1000;
  std::filesystem::create_directories(folder);
  fill(folder, tenants, topics);
  std::printf("state.db: %ju bytes\n",
              static_cast<std::uintmax_t>(std::filesystem::file_size(folder + "/state.db")));
  load(folder, tenants * topics);
  queue(folder, tenants, 500'000);
  sqlite_only(folder, tenants, 100'000, 20);
  sqlite_only(folder, tenants, 100'000, 500);
  return 0;
}
