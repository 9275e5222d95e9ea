#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/bytes.hpp"

namespace owb::tenants {

/// What a cookie lets its holder do (design rule 11).
enum class Role : std::uint8_t { owner = 1, viewer = 2 };

std::string_view name_of(Role role);
std::optional<Role> role_of(std::string_view name);

/// Names one web session: 16 random bytes. Not a secret by itself (the cookie is sealed), yet not
/// guessable.
class SessionId {
 public:
  static constexpr std::size_t kSize = 16;

  SessionId() = default;  ///< all zero: names no session
  static SessionId random();
  /// Nothing unless it is exactly 16 bytes.
  static std::optional<SessionId> from_bytes(ByteView bytes);
  /// The form of hex().
  static std::optional<SessionId> from_hex(std::string_view text);

  ByteView bytes() const { return bytes_; }

  std::string hex() const;

  friend bool operator==(const SessionId&, const SessionId&) = default;
  friend auto operator<=>(const SessionId&, const SessionId&) = default;

 private:
  std::array<std::byte, kSize> bytes_{};
};

inline constexpr std::int64_t kSessionSliding = 30 * 86'400;   ///< s without use
inline constexpr std::int64_t kSessionAbsolute = 90 * 86'400;  ///< s in all
/// Live sessions of one tenant; the longest unused one makes place.
inline constexpr std::int64_t kMaxWebSessions = 50;
/// What a row keeps of a user agent or network, in bytes.
inline constexpr std::size_t kMaxSessionText = 200;

/// One login, as the registry keeps it. Times are unix seconds.
struct WebSession {
  SessionId id{};
  std::string tenant{};
  std::uint64_t tenant_uid = 0;  ///< 0: the tenant is known only from a password file
  Role role = Role::owner;
  std::int64_t issued = 0;
  std::int64_t expires = 0;  ///< slides with use, never beyond issued + kSessionAbsolute
  std::int64_t last_used = 0;
  bool revoked = false;
  std::string user_agent{};  ///< untrusted text, cut to kMaxSessionText
  std::string network{};     ///< e.g. "203.0.113.0/24": never the full address
};

}  // namespace owb::tenants

template <>
struct std::hash<owb::tenants::SessionId> {
  std::size_t operator()(const owb::tenants::SessionId& id) const noexcept {
    return std::hash<std::string_view>{}(owb::as_text(id.bytes()));
  }
};
