#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "broker/store/journal.hpp"
#include "broker/store/report.hpp"
#include "broker/store/state_file.hpp"

namespace owb::store {

/// The thread that brings finished journals into `state.db` and removes them. It has a thread of
/// its own because a checkpoint takes as long as it takes, and a commit must not wait for it.
///
/// Threading: ask() thread-safe, the rest start-up only.
class Checkpointer {
 public:
  Checkpointer(Disk& disk, std::string prefix, StateFile state, Report report);

  ~Checkpointer() { stop(); }

  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// Before start().
  StateFile& state() { return state_; }

  /// What is wrong with journals up to this one was reported already.
  void set_reported(std::uint64_t number) { reported_ = number; }

  void start();
  /// Journals up to `number` will not be written any more: take them.
  void ask(std::uint64_t number);
  /// Takes what was asked for, without trying again, and joins. False: something is left.
  bool stop();

 private:
  void run();
  /// Journals up to `number`. True: all done.
  bool take(std::uint64_t number);
  /// The first of `journals` and as many more as fit into one transaction; they are taken off.
  Result<void> take_some(std::span<const JournalFile>& journals);
  Result<void> remove(const JournalFile& journal);
  void set_aside(const JournalFile& journal, const JournalCheck& check);
  /// Rule 6: what was set aside and has something of these tenants goes, too.
  void remove_aside(const std::vector<std::string_view>& tenants);
  void failed(const Error& error);

  Disk& disk_;
  const std::string prefix_;
  const Report report_;
  StateFile state_;
  std::uint64_t reported_ = 0;
  bool failing_ = false;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable wake_;
  std::uint64_t asked_ = 0;
  std::uint64_t done_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace owb::store
