#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "portal/auth/failure_table.hpp"

namespace owb::portal::auth {

/// Slows down guessing (F33): by (network, name), by network, and, much more softly, by name, so
/// that strangers all over the world are slowed too without locking the owner out for long:
/// a network this name has logged in from before is spared that last one.
///
/// An attempt counts as failed from the moment it is admitted until forgive() or succeeded(): many
/// at once gain nothing. Threading: thread-safe.
class LoginThrottle {
 public:
  using TimePoint = FailureTable::TimePoint;

  struct Policies {
    FailureTable::Policy pair{.free_failures = 4};
    FailureTable::Policy network{.free_failures = 20};
    FailureTable::Policy name{.free_failures = 50, .longest_delay = std::chrono::seconds{30}};
  };

  LoginThrottle() : LoginThrottle(Policies{}) {}

  explicit LoginThrottle(const Policies& policies);

  /// Zero: go on and check the password. Else the time to wait; nothing was counted.
  std::chrono::seconds admit(std::string_view address, std::string_view name, TimePoint now);

  /// The admitted attempt said nothing about the password (broker away): as if it had never been.
  void forgive(std::string_view address, std::string_view name);

  /// The password was right: as forgive(), and this network is known for this name from now on.
  void succeeded(std::string_view address, std::string_view name);

 private:
  std::mutex mutex_;
  FailureTable pairs_;
  FailureTable networks_;
  FailureTable names_;
};

}  // namespace owb::portal::auth
