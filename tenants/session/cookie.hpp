#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/result.hpp"
#include "tenants/registry/key_ring.hpp"
#include "tenants/registry/web_session.hpp"
#include "tenants/session/error.hpp"

/// The login cookie: the whole contract between portal (which seals it) and broker (which opens
/// it).
namespace owb::session {

using tenants::KeyRing;
using tenants::Role;
using tenants::SessionId;

inline constexpr std::string_view kCookieName = "__Host-owb";
/// All attributes after the value; Max-Age is the caller's.
inline constexpr std::string_view kCookieAttributes = "Path=/; Secure; HttpOnly; SameSite=Strict";
/// A longer value is not looked at.
inline constexpr std::size_t kMaxCookieValue = 512;

/// What a cookie says. Nobody but us can make or read one; still, the session row decides whether
/// it counts.
struct SessionClaims {
  std::string tenant{};
  std::uint64_t tenant_uid = 0;  ///< 0: the tenant is known only from a password file
  SessionId id{};
  Role role = Role::owner;
  std::int64_t issued = 0;   ///< unix s
  std::int64_t expires = 0;  ///< unix s

  friend bool operator==(const SessionClaims&, const SessionClaims&) = default;
};

/// The cookie's value: base64url of version, key id, nonce and the claims under XChaCha20-Poly1305
/// with the newest key. `keys` must not be empty, and the tenant's name is one that TenantId takes.
/// Thread-safe.
std::string seal(const SessionClaims& claims, const KeyRing& keys);

/// Opens what seal() made. Thread-safe. Errors: cookie_malformed, cookie_key_unknown,
/// cookie_forged, cookie_expired.
Result<SessionClaims> open(std::string_view cookie_value, const KeyRing& keys, std::int64_t now);

/// The value of our cookie in a `Cookie:` header. Nothing when it is absent, and also when it
/// occurs twice with different values: a browser never sends that, and neither can be trusted then.
std::optional<std::string_view> find_cookie(std::string_view cookie_header);

/// The whole `Set-Cookie` value for a cookie that lives `max_age` seconds; 0 deletes it.
std::string set_cookie(std::string_view cookie_value, std::int64_t max_age);

}  // namespace owb::session
