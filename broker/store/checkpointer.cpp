#include "broker/store/checkpointer.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

namespace owb::store {
namespace {

constexpr auto kRetry = std::chrono::seconds(1);

}  // namespace

Checkpointer::Checkpointer(Disk& disk, std::string prefix, StateFile state, Report report)
    : disk_{disk},
      prefix_{std::move(prefix)},
      report_{std::move(report)},
      state_{std::move(state)} {}

void Checkpointer::start() {
  thread_ = std::thread([this] { run(); });
}

void Checkpointer::ask(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  asked_ = std::max(asked_, number);
  wake_.notify_one();
}

bool Checkpointer::stop() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
      wake_.notify_one();
    }
    thread_.join();
    state_.close();
  }
  return done_ >= asked_;
}

void Checkpointer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || asked_ > done_; });
    const auto number = asked_;
    const bool last = stop_;
    if (number > done_) {
      lock.unlock();
      const bool done = take(number);
      lock.lock();
      if (done) {
        done_ = number;
      } else if (!last) {
        wake_.wait_for(lock, kRetry, [this] { return stop_; });
        continue;
      }
    }
    if (last) {
      return;
    }
  }
}

bool Checkpointer::take(std::uint64_t number) {
  const auto journals = find_journals(disk_, prefix_);
  if (!journals) {
    failed(journals.error());
    return false;
  }
  for (const auto& journal : *journals) {
    if (journal.number > number) {
      break;
    }
    if (const auto taken = take_journal(journal); !taken) {
      failed(taken.error());
      return false;
    }
  }
  if (failing_) {
    failing_ = false;
    report_(Severity::notice, "state: checkpoints work again");
  }
  return true;
}

Result<void> Checkpointer::take_journal(const JournalFile& journal) {
  if (journal.number <= state_.journal()) {
    return disk_.remove(journal.path);  // died between the two steps below
  }
  const auto bytes = disk_.read(journal.path, kWholeFile);
  if (!bytes && bytes.error() == boost::system::errc::no_such_file_or_directory) {
    return {};  // abandoned before anything was committed to it
  }
  if (!bytes) {
    return bytes.error();
  }
  std::vector<Item> records;
  const auto check = read_journal(*bytes, records);
  Changes changes;
  for (const auto& record : records) {
    changes.add(record);
  }
  if (const auto applied = state_.apply(changes, journal.number); !applied) {
    return applied.error();
  }
  if (check.damaged) {
    set_aside(journal, check);
    return {};
  }
  return disk_.remove(journal.path);
}

void Checkpointer::set_aside(const JournalFile& journal, const JournalCheck& check) {
  const auto name = aside_name(disk_, journal.path);
  const auto renamed = disk_.rename(journal.path, name);
  if (journal.number > reported_) {
    report_(Severity::error, fmt::format("state: {} is damaged; lost: {}", journal.path,
                                         check.losses.any() ? check.losses.text() : "nothing"));
  }
  if (renamed) {
    report_(Severity::warning, fmt::format("state: {} was set aside as {}", journal.path, name));
  }
}

void Checkpointer::failed(const Error& error) {
  if (!std::exchange(failing_, true)) {
    report_(Severity::error,
            fmt::format("state: checkpoint failed: {}; what was acknowledged is kept in {}.*, "
                        "trying again every second",
                        error.message(), prefix_));
  }
}

}  // namespace owb::store
