#include "broker/store/checkpointer.hpp"

#include <algorithm>
#include <chrono>
#include <deque>

#include <fmt/core.h>

#include "tenants/base/contained.hpp"

namespace owb::store {
namespace {

constexpr auto kRetry = std::chrono::seconds(1);
/// Journals read for one transaction: one, or many small ones.
constexpr std::size_t kMostBytes = 64U << 20U;

/// Without its folder.
std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

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
      bool done = false;
      if (!contained("state", [&] { done = take(number); })) {
        failed(make_error_code(boost::system::errc::not_enough_memory));
      }
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
  const auto later = std::ranges::upper_bound(*journals, number, {}, &JournalFile::number);
  for (std::span<const JournalFile> left{journals->begin(), later}; !left.empty();) {
    if (const auto taken = take_some(left); !taken) {
      failed(taken.error());
      return false;
    }
  }
  if (state_.scrub_is_due()) {
    (void)state_.apply({}, state_.journal());  // the next checkpoint tries again
  }
  if (failing_) {
    failing_ = false;
    report_(Severity::notice, "state: checkpoints work again");
  }
  return true;
}

Result<void> Checkpointer::take_some(std::span<const JournalFile>& journals) {
  std::deque<Bytes> files;
  std::vector<JournalCheck> checks;
  Changes changes;
  std::size_t size = 0;
  std::size_t count = 0;
  for (; count < journals.size() && size < kMostBytes; ++count) {
    const auto& journal = journals[count];
    auto& check = checks.emplace_back();
    if (journal.number <= state_.journal()) {
      continue;  // died between the two steps below
    }
    auto bytes = disk_.read(journal.path, kWholeFile);
    if (!bytes && bytes.error() == boost::system::errc::no_such_file_or_directory) {
      continue;  // abandoned before anything was committed to it
    }
    if (!bytes) {
      return bytes.error();
    }
    size += bytes->size();
    check = read_journal(files.emplace_back(std::move(*bytes)),
                         [&changes](const Item& record) { changes.add(record); });
  }
  // Before it is noted that the erasure is done, and again for what is set aside here.
  const auto erased = changes.erased();
  remove_aside(erased);
  if (const auto applied = state_.apply(changes, journals[count - 1].number); !applied) {
    return applied.error();
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (checks[i].damaged) {
      set_aside(journals[i], checks[i]);
    } else if (const auto removed = remove(journals[i]); !removed) {
      return removed.error();
    }
  }
  remove_aside(erased);
  journals = journals.subspan(count);
  return {};
}

void Checkpointer::remove_aside(const std::vector<std::string_view>& tenants) {
  const auto folder = folder_of(prefix_);
  const auto names = tenants.empty() ? Result<std::vector<std::string>>{} : disk_.list(folder);
  if (!names) {
    return;
  }
  for (const auto& name : *names) {
    const bool aside = name.find(kAside) != name.npos;
    if (!aside || (!name.starts_with(name_of(state_.path()) + '.') &&
                   !name.starts_with(name_of(prefix_) + '.'))) {
      continue;
    }
    const auto path = folder + '/' + name;
    const auto bytes = disk_.read(path, kWholeFile);
    const auto found = std::ranges::find_if(tenants, [&bytes](std::string_view tenant) {
      return bytes && as_text(*bytes).find(tenant) != std::string_view::npos;
    });
    if (found != tenants.end() && disk_.remove(path)) {
      report_(Severity::notice, fmt::format("state: {} had data of {}, who was deleted, and was "
                                            "removed",
                                            path, *found));
    }
  }
}

Result<void> Checkpointer::remove(const JournalFile& journal) {
  auto removed = disk_.remove(journal.path);
  if (!removed && removed.error() == boost::system::errc::no_such_file_or_directory) {
    return {};
  }
  return removed;
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
    contained("state", [&] {
      report_(Severity::error,
              fmt::format("state: checkpoint failed: {}; what was acknowledged is kept in {}.*, "
                          "trying again every second",
                          error.message(), prefix_));
    });
  }
}

}  // namespace owb::store
