#pragma once

#include <chrono>
#include <csignal>
#include <string>

namespace owb::app {

/// What the operating system sees of the broker. Start-up only; all throw std::runtime_error that
/// names file or user.

/// Writes our process id to `path` while it lives. An empty path: nothing.
class PidFile {
 public:
  explicit PidFile(std::string path);
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::string path_;
};

/// Becomes `user` if started as root; "" and "root" change nothing.
void drop_privileges(const std::string& user);

/// Goes to the background (`-d`).
void become_daemon();

/// As many descriptors as the system allows (design 11: a connection each).
void raise_descriptor_limit();

/// SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2, from here to the end of the process: they wait
/// until they are asked for, in this thread and in all that it makes. So none is lost while
/// libwebsockets takes them for itself (it does when its loops are made and destroyed), and a
/// second one, sent while the broker is stopping, does not cut that short.
class Signals {
 public:
  Signals();

  /// The next of them, or 0 when `interval` has passed without one.
  int wait(std::chrono::milliseconds interval) const;

 private:
  sigset_t set_{};
};

}  // namespace owb::app
