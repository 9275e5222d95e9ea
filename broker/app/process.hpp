#pragma once

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

/// While it lives, SIGINT, SIGTERM and SIGHUP wait; threads made meanwhile never get them.
/// libwebsockets takes them for itself while its loops are made and destroyed, and what came then
/// was lost.
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t former_{};
};

}  // namespace owb::app
