#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "broker/store/checkpointer.hpp"
#include "broker/store/committer.hpp"
#include "broker/store/disk.hpp"
#include "broker/store/report.hpp"
#include "broker/store/state_file.hpp"
#include "broker/store/writer.hpp"
#include "tenants/base/unique_fd.hpp"

namespace owb::store {

/// What a committed batch survives.
enum class Durability : std::uint8_t {
  process,  ///< the end of the process, whatever ends it
  power,    ///< also of the machine: commits wait for the disk
  none,     ///< nothing; batches count as committed at once and are written when there are many
};

struct Options {
  std::string path;  ///< of `state.db`
  Durability durability = Durability::process;
  std::chrono::milliseconds commit_delay{2};              ///< the least time between two commits
  std::chrono::milliseconds checkpoint_interval{60'000};  ///< 0: only by size and at the end
  std::uint64_t checkpoint_records = 0;                   ///< 0: never by count
  std::uint64_t checkpoint_bytes = 32U << 20U;            ///< of one journal
  std::chrono::milliseconds retry{1'000};                 ///< after a failed commit
  Report report = [](Severity, const std::string&) {};
  Disk* disk = nullptr;  ///< none: the system's; another one in tests
};

/// Keeps entries over restarts: a journal that every commit is appended to, and `state.db`, which
/// takes what the journal has collected at every checkpoint. Knows nothing of MQTT.
///
/// Threading: start-up only, but for the writers.
class Store {
 public:
  /// Takes the files into use. A file of a stranger is left alone, and a free name is taken.
  /// Errors: file_in_use (another broker has it), those of the system and of SQLite if there cannot
  /// be such a file; a damaged one is no error.
  static Result<std::unique_ptr<Store>> open(Options options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Of `state.db`; not that of the options if that file is a stranger's.
  const std::string& path() const { return path_; }

  /// Visits every entry that is kept, sorted by tenant, kind and key, and starts the threads. Once,
  /// before anything is sealed. What cannot be read is reported and left out.
  void load(const Visitor& visitor);

  /// `notify` is called on the store thread when Writer::refresh() has news; it must stay callable
  /// until stop() has returned.
  std::unique_ptr<Writer> writer(std::function<void()> notify);

  /// Commits everything that was handed over, brings it into `state.db` and closes. Writers may
  /// still be there, but keep nothing any more. False: the disk did not take all of it.
  bool stop();

 private:
  Store(Options options, std::string path, UniqueFd lock, StateFile state);

  Disk& disk() const;
  /// What the journals say that `state.db` does not know yet; `files` holds the bytes.
  Changes read_journals(std::deque<Bytes>& files);

  const Options options_;
  const std::string path_;
  const std::string prefix_;  ///< of the journals
  const UniqueFd lock_;
  std::uint64_t last_journal_ = 0;  ///< the highest number there is
  bool journals_left_ = false;      ///< found by load()
  Checkpointer checkpointer_;
  Committer committer_;
  enum class Phase : std::uint8_t { open, running, stopped };
  Phase phase_ = Phase::open;
};

/// "state.log" for "state.db".
std::string journal_prefix(const std::string& path);

}  // namespace owb::store
