#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "tenants/base/result.hpp"
#include "tenants/registry/web_session.hpp"
#include "tenants/session/cookie.hpp"

namespace owb::session {

/// A cookie that counts: what it says, and its row.
struct CheckedSession {
  SessionClaims claims{};
  tenants::WebSession row{};
  /// The row was last touched long enough ago that the portal should slide it and send a fresh
  /// cookie.
  bool touch_due = false;
};

/// Not more often than this is a session's use written down.
inline constexpr std::int64_t kTouchInterval = 600;  ///< s

/// Decides whether a cookie counts now. It asks registry.db itself (some 10 µs), so that a session
/// made or revoked a millisecond ago in another process is known.
///
/// Threading: thread-safe; one lookup at a time (one SQLite connection behind a lock).
class SessionChecker {
 public:
  /// Errors: as Registry::open() in read_only mode.
  static Result<SessionChecker> open(const std::filesystem::path& registry);

  SessionChecker(SessionChecker&&) noexcept;
  SessionChecker& operator=(SessionChecker&&) noexcept;
  ~SessionChecker();

  /// `cookie_value` is what find_cookie() gave. Errors: every code of session::Errc, and those of
  /// SQLite.
  Result<CheckedSession> check(std::string_view cookie_value, std::int64_t now);

  /// find_cookie() and check(). Errors: cookie_malformed as well when there is no such cookie.
  Result<CheckedSession> check_header(std::string_view cookie_header, std::int64_t now);

 private:
  struct State;
  explicit SessionChecker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace owb::session
