#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "broker/core/realm.hpp"
#include "broker/shard/mailbox.hpp"
#include "broker/shard/poller.hpp"
#include "broker/shard/task.hpp"

namespace owb::shard {

/// Something that is destroyed when the current batch of events is over.
class Mortal {
 public:
  virtual ~Mortal() = default;

 private:
  friend class Graveyard;
  std::unique_ptr<Mortal> next_;
};

/// What is to be destroyed. Taking something in never fails: whoever is buried is in the middle of
/// a call, and must not go at once because there is no memory for a list (F64).
class Graveyard {
 public:
  ~Graveyard() { clear(); }

  void take(std::unique_ptr<Mortal> object) noexcept {
    object->next_ = std::move(first_);
    first_ = std::move(object);
  }

  void clear() noexcept {
    while (first_) {
      const auto object = std::move(first_);
      first_ = std::move(object->next_);
    }
  }

 private:
  std::unique_ptr<Mortal> first_;
};

/// One thread with its event loop, its realm and the connections of its tenants.
///
/// Threading: post() is thread-safe; start() and stop() belong to who made it; the rest is
/// shard-local.
class Worker {
 public:
  Worker(std::size_t index, core::Realm::Parts parts,
         std::unique_ptr<core::Authenticator> authenticator);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  /// Ends the loop and joins; what is posted later never runs, but is destroyed.
  void stop();

  /// Runs `task` on this worker's thread. What it throws is logged and goes no further (F64).
  void post(Task task);

  /// A turn begins soon. Thread-safe; never fails.
  void wake() noexcept;

  template <typename F>
  void post(F&& call) {
    post(Task(std::forward<F>(call)));
  }

  // ---- on the worker's thread ----
  std::size_t index() const { return index_; }

  core::Realm& realm() { return *realm_; }

  core::Authenticator& authenticator() { return *authenticator_; }

  Poller& poller() { return poller_; }

  /// The sockets that have not said who they are. A turn serves a few of them only: a TLS handshake
  /// costs as much as hundreds of messages, and a thousand homes that come back at once must not
  /// keep those waiting who are already in (F36).
  Poller& door() { return door_; }

  /// Those of them whose handshake has begun. They come before the others at the door: who was let
  /// begin shall be done before his time is up, else a crowd that is too large for its time would
  /// cost all of its handshakes and let nobody in.
  Poller& hall() { return hall_; }

  /// One buffer for everybody who reads on this thread.
  std::span<std::byte> read_buffer() { return read_buffer_; }

  /// Destroys `object` after the current batch of events.
  void bury(std::unique_ptr<Mortal> object) noexcept { graveyard_.take(std::move(object)); }

  /// Calls on_ready(EPOLLIN) of `watch` in the next turn: it has bytes that epoll does not know of
  /// (TLS).
  void again(Poller::Watch& watch) { again_.push_back(&watch); }

  void forget(const Poller::Watch& watch);

  /// Is called in each turn, where the tasks are: for mail from other threads that must not depend
  /// on memory for one more task. Start-up, or on the worker's thread.
  void at_tasks(std::function<void()> call) { tasks_too_.push_back(std::move(call)); }

  /// Is called at the end of each turn, after everything was flushed.
  void at_turn_end(std::function<void()> call) { turn_end_.push_back(std::move(call)); }

  /// Keeps something until the worker goes, after its connections.
  void keep(std::shared_ptr<void> object) { kept_.push_back(std::move(object)); }

 private:
  class Loop;
  void turn() noexcept;
  void serve_newcomers();
  void run_tasks();

  const std::size_t index_;
  Poller poller_;
  Poller door_;
  Poller hall_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<core::Authenticator> authenticator_;
  std::unique_ptr<core::Realm> realm_;
  Mailbox<Task> mailbox_;
  std::vector<Task> spare_tasks_;
  Graveyard graveyard_;
  std::vector<Poller::Watch*> again_;
  std::vector<std::function<void()>> tasks_too_;
  std::vector<std::function<void()>> turn_end_;
  std::vector<std::shared_ptr<void>> kept_;
  std::vector<std::byte> read_buffer_;
  std::thread thread_;
};

/// Which of `count` workers serves `tenant`. The same answer in the whole process; never stored.
std::size_t worker_of(std::string_view tenant, std::size_t count);

/// The time now, for Realm::advance().
core::Now read_clocks();

}  // namespace owb::shard
