#include "broker/app/process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

namespace owb::app {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

PidFile::PidFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) {
    return;
  }
  std::ofstream file(path_, std::ios::trunc);
  file << ::getpid() << '\n';
  if (!file.flush()) {
    fail("pid_file " + path_);
  }
}

PidFile::~PidFile() {
  if (!path_.empty()) {
    ::unlink(path_.c_str());
  }
}

void drop_privileges(const std::string& user) {
  if (user.empty() || user == "root" || ::geteuid() != 0) {
    return;
  }
  errno = 0;
  const auto* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) {
    throw std::runtime_error("user " + user + ": there is no such user");
  }
  if (::initgroups(user.c_str(), entry->pw_gid) != 0 || ::setgid(entry->pw_gid) != 0 ||
      ::setuid(entry->pw_uid) != 0) {
    fail("user " + user);
  }
}

void become_daemon() {
  if (::daemon(1, 0) != 0) {
    fail("going to the background");
  }
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

Signals::Signals() {
  sigemptyset(&set_);
  for (const auto signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    sigaddset(&set_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int Signals::wait(std::chrono::milliseconds interval) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
  const timespec timeout{.tv_sec = seconds.count(),
                         .tv_nsec = std::chrono::nanoseconds(interval - seconds).count()};
  const int signal = sigtimedwait(&set_, nullptr, &timeout);
  return signal < 0 ? 0 : signal;
}

}  // namespace owb::app
