#pragma once

#include <string_view>

namespace owb::shard {

/// The one line of a refused login, fit for fail2ban:
///
///   login failed address=203.0.113.7 reason=wrong_password user="alice"
///
/// The address stands before everything a stranger can choose, so that no name can pass for one
/// (F62). `reason` is a word of ours. Never a password. Threading: thread-safe.
void log_failed_login(std::string_view address, std::string_view reason, std::string_view user);

}  // namespace owb::shard
