#include "broker/store/committer.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "tenants/base/contained.hpp"
#include "tenants/base/random.hpp"

namespace owb::store {
namespace {

/// A group of this size does not wait for more.
constexpr std::size_t kFullGroup = 1U << 20U;
/// What `durability none` lets wait: more would cost fresh memory and cold caches, more than writing
/// it costs.
constexpr std::size_t kLazyBytes = 1U << 20U;
/// A buffer that has grown beyond this is given back.
constexpr std::size_t kKeptBuffer = 4U << 20U;

Salt random_salt() {
  const auto bytes = random_array<8>();
  return {load_number(bytes, 0, bytes.size())};
}

void clear(Bytes& buffer) {
  if (buffer.capacity() > kKeptBuffer) {
    buffer = {};
  }
  buffer.clear();
}

}  // namespace

Committer::Committer(Disk& disk, Options options, Report report,
                     std::function<void(std::uint64_t)> finished)
    : disk_{disk},
      options_{std::move(options)},
      report_{std::move(report)},
      finished_{std::move(finished)},
      salt_{random_salt()},
      journal_since_{Clock::now()} {}

std::shared_ptr<Channel> Committer::open_channel(std::function<void()> notify) {
  auto channel = std::make_shared<Channel>();
  channel->notify = std::move(notify);
  const std::lock_guard lock(mutex_);
  channels_.push_back(channel);
  return channel;
}

void Committer::start(std::uint64_t next_number) {
  next_number_ = next_number;
  thread_ = std::thread([this] { run(); });
}

bool Committer::stop() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
      wake_.notify_one();
    }
    thread_.join();
  }
  return group_.empty();
}

void Committer::hand_over(Channel& channel, ByteView bytes, std::uint64_t batch,
                          std::uint64_t records, Urgency urgency) {
  const std::lock_guard lock(mutex_);
  const auto before = waiting_bytes_;
  channel.waiting.insert(channel.waiting.end(), bytes.begin(), bytes.end());
  channel.last_batch = batch;
  waiting_bytes_ += bytes.size();
  waiting_records_ += records;
  const bool first = before == 0 && !options_.lazy;
  const auto full = options_.lazy ? kLazyBytes : kFullGroup;
  const bool filled = before < full && waiting_bytes_ >= full;
  waiting_soon_ |= urgency == Urgency::checkpoint_soon;
  if (first || filled || urgency == Urgency::checkpoint_soon) {
    wake_.notify_one();
  }
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wait(lock);
    const bool last = stop_;
    const bool taken = contained("state", [this] { take_waiting(); });
    lock.unlock();
    if (!taken) {
      failed(make_error_code(boost::system::errc::not_enough_memory));
    } else if (!group_.empty()) {
      commit();
    }
    if (last || checkpoint_due(Clock::now())) {
      contained("state", [this] { finish_journal(); });
    }
    lock.lock();
    if (last && (waiting_bytes_ == 0 || failing_)) {
      return;
    }
  }
}

bool Committer::checkpoint_due(Clock::time_point now) const {
  if (!journal_) {
    return false;
  }
  return soon_ || journal_->size() >= options_.checkpoint_bytes ||
         (options_.checkpoint_records != 0 && journal_records_ >= options_.checkpoint_records) ||
         (options_.checkpoint_interval.count() != 0 &&
          now >= journal_since_ + options_.checkpoint_interval);
}

bool Committer::must_act(Clock::time_point now) const {
  if (stop_) {
    return true;
  }
  if (failing_) {
    return now >= retry_at_;
  }
  if (options_.lazy) {
    return waiting_soon_ || waiting_bytes_ >= kLazyBytes ||
           (options_.checkpoint_records != 0 && waiting_records_ >= options_.checkpoint_records) ||
           (waiting_bytes_ != 0 && options_.checkpoint_interval.count() != 0 &&
            now >= journal_since_ + options_.checkpoint_interval) ||
           checkpoint_due(now);
  }
  return waiting_bytes_ != 0 || checkpoint_due(now);
}

Committer::Clock::time_point Committer::next_deadline() const {
  if (failing_) {
    return retry_at_;
  }
  const bool anything = journal_.has_value() || (options_.lazy && waiting_bytes_ != 0);
  if (options_.checkpoint_interval.count() != 0 && anything) {
    return journal_since_ + options_.checkpoint_interval;
  }
  // Nothing to do before a hand-over; an hour, because the clock's own end overflows in wait_until.
  return Clock::now() + std::chrono::hours(1);
}

void Committer::wait(std::unique_lock<std::mutex>& lock) {
  while (!must_act(Clock::now())) {
    // Lazy: a first batch sets the deadline, so look again at least that often.
    auto deadline = next_deadline();
    if (options_.lazy && options_.checkpoint_interval.count() != 0) {
      deadline = std::min(deadline, Clock::now() + options_.checkpoint_interval);
    }
    wake_.wait_until(lock, deadline);
  }
  if (options_.delay.count() != 0 && !options_.lazy && !failing_) {
    wake_.wait_until(lock, last_commit_ + options_.delay,
                     [this] { return stop_ || waiting_bytes_ >= kFullGroup; });
  }
}

// All of it or nothing: a batch that is lost or comes twice would break the order (F64).
void Committer::take_waiting() {
  group_.reserve(group_.size() + waiting_bytes_);
  group_channels_.reserve(group_channels_.size() + channels_.size());
  for (const auto& channel : channels_) {
    if (channel->waiting.empty()) {
      continue;
    }
    std::swap(channel->waiting, channel->taken);
    channel->taken_batch = channel->last_batch;
    group_.insert(group_.end(), channel->taken.begin(), channel->taken.end());
    clear(channel->taken);
    group_channels_.push_back(channel);
  }
  group_records_ += std::exchange(waiting_records_, 0);
  soon_ |= std::exchange(waiting_soon_, false);
  waiting_bytes_ = 0;
}

void Committer::commit() {
  last_commit_ = Clock::now();
  Result<void> done = make_error_code(boost::system::errc::not_enough_memory);
  contained("state", [&] { done = append_group(); });
  if (!done) {
    contained("state", [this] { abandon_journal(); });
    failed(done.error());
    return;
  }
  clear(group_);
  journal_records_ += std::exchange(group_records_, 0);
  const bool recovered = failing_.exchange(false);
  for (const auto& channel : std::exchange(group_channels_, {})) {
    if (channel->committed.exchange(channel->taken_batch) != channel->taken_batch) {
      tell(*channel);
    }
  }
  if (recovered) {
    report_(Severity::notice, "state: is written again");
    tell_all();
  }
}

Result<void> Committer::append_group() {
  if (!journal_) {
    const auto number = next_number_++;
    auto made =
        Journal::create(disk_, journal_path(options_.prefix, number), number, salt_, options_.sync);
    if (!made) {
      return made.error();
    }
    journal_ = std::move(*made);
    journal_records_ = 0;
    if (!options_.lazy) {
      journal_since_ = last_commit_;
    }
  }
  return journal_->append(group_);
}

void Committer::finish_journal() {
  soon_ = false;
  journal_since_ = Clock::now();
  if (journal_) {
    const auto number = journal_->number();
    journal_.reset();
    finished_(number);
  }
}

// After a failed write or sync nobody knows what of the group is in the file, so nothing is written
// behind it; the group goes whole into the next file.
void Committer::abandon_journal() {
  if (!journal_) {
    return;
  }
  journal_->abandon();
  const auto number = journal_->number();
  journal_.reset();
  if (journal_records_ == 0) {
    // Else each attempt on a full disk would leave one more file.
    (void)disk_.remove(journal_path(options_.prefix, number));
  } else {
    finished_(number);
  }
}

void Committer::failed(const Error& error) {
  retry_at_ = Clock::now() + options_.retry;
  if (failing_.exchange(true)) {
    return;
  }
  contained("state", [&] {
    report_(Severity::error,
            fmt::format("state: {}.*: cannot be written: {}; acknowledgements wait, trying again "
                        "every second",
                        options_.prefix, error.message()));
  });
  tell_all();
}

void Committer::tell_all() {
  contained("state", [this] {
    std::vector<std::shared_ptr<Channel>> channels;
    {
      const std::lock_guard lock(mutex_);
      channels = channels_;
    }
    for (const auto& channel : channels) {
      tell(*channel);
    }
  });
}

void Committer::tell(Channel& channel) {
  if (!channel.told.exchange(true)) {
    channel.notify();
  }
}

}  // namespace owb::store
