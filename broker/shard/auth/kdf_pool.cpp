#include "broker/shard/auth/kdf_pool.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "broker/shard/auth/login_log.hpp"
#include "tenants/base/contained.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/registry/error.hpp"
#include "tenants/registry/password_hash.hpp"

namespace owb::shard {

using Outcome = SlowAnswer::Outcome;

namespace {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

KdfPool::Options with_defaults(KdfPool::Options options) {
  if (options.threads == 0) {
    const auto cores = static_cast<std::size_t>(std::thread::hardware_concurrency());
    options.threads = std::max<std::size_t>(cores, 2) - 1;
  }
  if (!options.mono_ms) {
    options.mono_ms = steady_ms;
  }
  if (!options.verify) {
    options.verify = tenants::verify_password_evenly;
  }
  return options;
}

}  // namespace

KdfPool::KdfPool(Options options)
    : options_{with_defaults(std::move(options))}, queue_{options_.limits} {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back(&KdfPool::run, this);
  }
}

KdfPool::~KdfPool() {
  stop();
}

void KdfPool::stop() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

SlowChecks::Taken KdfPool::submit(SlowCheck check) {
  const auto now = options_.mono_ms();
  auto taken = Taken::full;
  {
    const std::scoped_lock lock{mutex_};
    if (stopping_) {
      return taken;
    }
    taken = queue_.submit(std::move(check), now);
  }
  changed_.notify_one();
  return taken;
}

void KdfPool::forget(const AuthSink& sink, std::uint64_t link) {
  const std::scoped_lock lock{mutex_};
  queue_.forget(sink, link);
}

void KdfPool::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    // One check that fails must not end the thread (F64); its link gives up waiting by itself.
    contained("a check of a password", [&] { step(lock); });
    if (!lock.owns_lock()) {
      lock.lock();
    }
  }
}

void KdfPool::step(std::unique_lock<std::mutex>& lock) {
  const auto now = options_.mono_ms();
  if (const auto due = queue_.take_due(now); !due.empty()) {
    lock.unlock();
    for (const auto& one : due) {
      contained("the answer to a login", [&one] { one.sink->auth_answered(one.answer); });
    }
    lock.lock();
  } else if (const auto job = queue_.take(now)) {
    lock.unlock();
    auto outcome = Outcome::failed;
    contained("a check of a password", [&] { outcome = check(*job); });
    lock.lock();
    queue_.finish(*job, outcome, options_.mono_ms());
    // Its name is free again, and its answer may have to go out while this thread is busy.
    changed_.notify_one();
    if (outcome == Outcome::right && job->rehash && options_.on_rehash) {
      lock.unlock();
      rehash(*job);
      lock.lock();
    }
  } else if (const auto next = queue_.next_event_ms()) {
    changed_.wait_for(lock, std::chrono::milliseconds{std::max<std::int64_t>(*next - now, 1)});
  } else {
    changed_.wait(lock);
  }
}

Outcome KdfPool::check(const SlowCheck& job) const {
  const auto fits = options_.verify(job.stored_hash, as_text(job.password.view()));
  if (!fits) {
    log::error("the stored password hash of \"{}\" cannot be checked: {}", log::escape(job.name),
               fits.error().message());
    return Outcome::failed;
  }
  if (!*fits) {
    log_failed_login(job.address, job.stored_hash.empty() ? "unknown_user" : "wrong_password",
                     job.name);
    return Outcome::wrong;
  }
  return Outcome::right;
}

void KdfPool::rehash(const SlowCheck& job) const {
  const auto hash = tenants::hash_password(as_text(job.password.view()));
  if (!hash) {
    log::warning("the password of {} could not be hashed anew: {}", log::escape(job.name),
                 hash.error().message());
    return;
  }
  options_.on_rehash({.tenant = job.name, .old_hash = job.stored_hash, .new_hash = *hash});
}

}  // namespace owb::shard
