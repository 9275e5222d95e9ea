#include "broker/store/store.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>

#include "broker/store/error.hpp"
#include "broker/store/state_owner.hpp"
#include "tenants/base/assert.hpp"

namespace owb::store {
namespace {

/// The name itself, or the first that is free or ours beside it.
std::string choose_path(Disk& disk, const std::string& wanted) {
  if (is_state_file(disk, wanted)) {
    return wanted;
  }
  const auto folder = folder_of(wanted) + '/';
  for (int i = 1;; ++i) {
    const auto path = i == 1 ? folder + "state.db" : fmt::format("{}state-{}.db", folder, i);
    if (is_state_file(disk, path)) {
      return path;
    }
  }
}

Result<UniqueFd> lock_file(const std::string& path) {
  UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
    return fd;
  }
  if (errno == EWOULDBLOCK) {
    return make_error_code(Errc::file_in_use);
  }
  return Error{errno, boost::system::system_category()};
}

Committer::Options committer_options(const Options& options, const std::string& prefix) {
  return {.prefix = prefix,
          .sync = options.durability == Durability::power ? Sync::yes : Sync::no,
          .lazy = options.durability == Durability::none,
          .delay = options.commit_delay,
          .checkpoint_interval = options.checkpoint_interval,
          .checkpoint_records = options.checkpoint_records,
          .checkpoint_bytes = options.checkpoint_bytes,
          .retry = options.retry};
}

}  // namespace

std::string journal_prefix(const std::string& path) {
  const auto stem = path.ends_with(".db") ? path.substr(0, path.size() - 3) : path;
  return stem + ".log";
}

Result<std::unique_ptr<Store>> Store::open(Options options) {
  auto& disk = options.disk != nullptr ? *options.disk : system_disk();
  auto path = choose_path(disk, options.path);
  if (path != options.path) {
    options.report(Severity::warning,
                   fmt::format("state: {} is not ours and stays as it is; the state is kept in {}",
                               options.path, path));
  }
  auto lock = lock_file(path + ".lock");
  if (!lock) {
    return lock.error();
  }
  auto state = StateFile::open(disk, path);
  if (!state) {
    return state.error();
  }
  return std::unique_ptr<Store>(
      new Store(std::move(options), std::move(path), std::move(*lock), std::move(*state)));
}

Store::Store(Options options, std::string path, UniqueFd lock, StateFile state)
    : options_{std::move(options)},
      path_{std::move(path)},
      prefix_{journal_prefix(path_)},
      lock_{std::move(lock)},
      checkpointer_{disk(), prefix_, std::move(state), options_.report},
      committer_{disk(), committer_options(options_, prefix_), options_.report,
                 [this](std::uint64_t number) { checkpointer_.ask(number); }} {}

Store::~Store() {
  stop();
}

Disk& Store::disk() const {
  return options_.disk != nullptr ? *options_.disk : system_disk();
}

Changes Store::read_journals(std::deque<Bytes>& files) {
  Changes changes;
  const auto journals = find_journals(disk(), prefix_);
  if (!journals) {
    options_.report(Severity::error, fmt::format("state: {}.*: cannot be listed: {}", prefix_,
                                                 journals.error().message()));
    return changes;
  }
  journals_left_ = !journals->empty();
  for (const auto& journal : *journals) {
    last_journal_ = std::max(last_journal_, journal.number);
    if (journal.number <= checkpointer_.state().journal()) {
      continue;
    }
    auto bytes = disk().read(journal.path, kWholeFile);
    if (!bytes) {
      options_.report(Severity::error, fmt::format("state: {}: cannot be read: {}", journal.path,
                                                   bytes.error().message()));
      continue;
    }
    const auto check = read_journal(files.emplace_back(std::move(*bytes)),
                                    [&changes](const Item& record) { changes.add(record); });
    if (check.damaged) {
      options_.report(Severity::error,
                      fmt::format("state: {} is damaged; lost: {}", journal.path,
                                  check.losses.any() ? check.losses.text() : "nothing"));
    }
  }
  return changes;
}

void Store::load(const Visitor& visitor) {
  OWB_ASSERT(phase_ == Phase::open);
  auto& state = checkpointer_.state();
  StateFile::Progress progress;
  std::deque<Bytes> files;
  auto changes = read_journals(files);
  if (!state.load(changes, progress, visitor)) {
    std::string aside;
    const auto losses = state.repair(aside);
    options_.report(Severity::error, fmt::format("state: {} is damaged; lost: {}", path_,
                                                 losses.any() ? losses.text() : "nothing"));
    if (!aside.empty()) {
      options_.report(Severity::warning, fmt::format("state: it was set aside as {}", aside));
    }
    // The repaired file may be as of an earlier checkpoint.
    files.clear();
    changes = read_journals(files);
    if (!state.load(changes, progress, visitor)) {
      options_.report(Severity::error, fmt::format("state: {} cannot be read", path_));
    }
  }
  last_journal_ = std::max(last_journal_, state.journal());
  checkpointer_.set_reported(last_journal_);
  phase_ = Phase::running;
  checkpointer_.start();
  committer_.start(last_journal_ + 1);
  // Also what is in the file already: the process ended before it was removed.
  if (journals_left_ || state.scrub_is_due()) {
    checkpointer_.ask(last_journal_);
  }
}

std::unique_ptr<Writer> Store::writer(std::function<void()> notify) {
  return std::make_unique<Writer>(committer_, std::move(notify));
}

bool Store::stop() {
  if (std::exchange(phase_, Phase::stopped) != Phase::running) {
    return true;
  }
  const bool committed = committer_.stop();
  const bool taken = checkpointer_.stop();
  if (!committed) {
    options_.report(Severity::error,
                    "state: the disk did not take everything: what was not acknowledged is lost");
  }
  return committed && taken;
}

}  // namespace owb::store
