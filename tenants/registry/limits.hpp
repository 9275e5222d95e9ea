#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenants/base/result.hpp"

namespace owb::tenants {

/// What one tenant may use; the defaults are those of a registry tenant (design section 10). 0
/// means unlimited, except where a comment says otherwise. Immutable once handed out.
struct Limits {
  // Connections and sessions of the tenant
  std::uint64_t connections = 10;  ///< at once, viewers not counted; one slot is kept for the home
  std::uint64_t viewer_connections = 5;  ///< at once, of viewers (share links)
  std::uint64_t sessions = 20;  ///< longest-disconnected is evicted; refused if all are connected
  std::uint64_t subscriptions = 200;  ///< per session
  std::uint64_t session_expiry_home =
      86'400;  ///< s, the longest a home's session outlives its link; 0: ends with it
  std::uint64_t session_expiry_web = 0;  ///< s, the same for cookie sessions; 0: ends with the link

  // What is kept
  std::uint64_t retained_messages = 4'000;
  std::uint64_t retained_bytes = 8 << 20;  ///< bytes, topics and payloads
  std::uint64_t queue_messages = 1'000;    ///< per session; a full queue drops the new message
  std::uint64_t queue_bytes = 8 << 20;     ///< bytes, per session

  // Traffic; met by pausing the one connection that exceeds
  std::uint64_t packet_bytes = 4 << 20;  ///< bytes, one packet after authentication
  std::uint64_t message_rate = 200;      ///< messages/s
  std::uint64_t message_burst = 2'000;   ///< messages
  std::uint64_t byte_rate = 256 << 10;   ///< bytes/s
  std::uint64_t byte_burst = 8 << 20;    ///< bytes
  std::uint64_t viewer_requests = 6;     ///< per minute, history requests of a viewer

  // Topics
  std::uint64_t topic_bytes = 512;
  std::uint64_t topic_levels = 16;

  // Before it is known who connects: of the broker, not of a tenant
  std::uint64_t packet_bytes_before_auth = 64 << 10;  ///< bytes
  std::uint64_t connect_timeout = 10;                 ///< s, from accept to CONNECT
  std::uint64_t half_open_per_address = 64;  ///< /64 for IPv6; loopback and login listener exempt
  std::uint64_t connections_per_address = 1'000;  ///< the same

  /// For users known only from a password file and for classic mode: no tenant limits. What stays
  /// is what keeps the broker itself alive: the group "before", and mosquitto's own queue of 1,000
  /// messages per session.
  static Limits unlimited();

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// One limit in the table: what the CLI, the configuration and the documentation know of it.
struct LimitInfo {
  std::string_view name;  ///< as in `owb-tenants limits NAME name=value` and in the configuration
  enum class Unit : std::uint8_t { count, bytes, seconds } unit;
  bool per_tenant;  ///< false: only the configuration can set it
  std::uint64_t Limits::*field;
  std::string_view help;
};

/// All limits, in the order of the struct.
std::span<const LimitInfo> limit_table();

/// The row of that name; null if there is none.
const LimitInfo* find_limit(std::string_view name);

/// A value as people write it: "1000", "8MB" (1024-based: KB, MB, GB) for bytes, "60s", "5m",
/// "24h", "30d" for seconds, "unlimited" for 0 where 0 means that. Errors: limit_value_invalid.
Result<std::uint64_t> parse_limit_value(const LimitInfo& limit, std::string_view text);

/// The shortest exact spelling that parse_limit_value() takes.
std::string format_limit_value(const LimitInfo& limit, std::uint64_t value);

/// Limits that differ from the defaults for one tenant, or as `default_limits` of the
/// configuration.
class LimitOverrides {
 public:
  /// Errors: limit_unknown (also for one that is not per tenant, unless `any`),
  /// limit_value_invalid.
  enum class Scope : std::uint8_t { tenant, any };
  Result<void> set(std::string_view name, std::string_view value, Scope scope = Scope::tenant);
  /// Back to the default. Errors: limit_unknown.
  Result<void> clear(std::string_view name);

  std::optional<std::uint64_t> get(std::string_view name) const;

  bool empty() const { return values_.empty(); }

  /// "connections=20 retained_bytes=16MB": order of the table, one blank between; the stored form.
  std::string str() const;
  /// Reads str(); unknown names are an error. Errors: as set().
  static Result<LimitOverrides> parse(std::string_view text, Scope scope = Scope::tenant);

  friend Limits apply(const Limits& base, const LimitOverrides& overrides);
  friend bool operator==(const LimitOverrides&, const LimitOverrides&) = default;

 private:
  /// Row of the table and value, ascending by row; as small as possible, since each tenant holds
  /// one of these.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> values_;
};

/// `base` with the overrides in place.
Limits apply(const Limits& base, const LimitOverrides& overrides);

}  // namespace owb::tenants
