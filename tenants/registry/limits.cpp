#include "tenants/registry/limits.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "tenants/base/text.hpp"
#include "tenants/registry/error.hpp"

namespace owb::tenants {
namespace {

using Unit = LimitInfo::Unit;

constexpr std::array kTable = {
    LimitInfo{"connections", Unit::count, true, &Limits::connections,
              "connections at once, one of them kept for the home"},
    LimitInfo{"viewer_connections", Unit::count, true, &Limits::viewer_connections,
              "connections of guests (share links) at once"},
    LimitInfo{"sessions", Unit::count, true, &Limits::sessions, "MQTT sessions, offline ones too"},
    LimitInfo{"subscriptions", Unit::count, true, &Limits::subscriptions,
              "subscriptions of one session"},
    LimitInfo{"session_expiry_home", Unit::seconds, true, &Limits::session_expiry_home,
              "how long a home's session outlives its connection"},
    LimitInfo{"session_expiry_web", Unit::seconds, true, &Limits::session_expiry_web,
              "the same for browsers"},
    LimitInfo{"retained_messages", Unit::count, true, &Limits::retained_messages,
              "retained messages"},
    LimitInfo{"retained_bytes", Unit::bytes, true, &Limits::retained_bytes,
              "topics and payloads of retained messages"},
    LimitInfo{"queue_messages", Unit::count, true, &Limits::queue_messages,
              "messages waiting for one session"},
    LimitInfo{"queue_bytes", Unit::bytes, true, &Limits::queue_bytes,
              "bytes waiting for one session"},
    LimitInfo{"packet_bytes", Unit::bytes, true, &Limits::packet_bytes, "one MQTT packet"},
    LimitInfo{"message_rate", Unit::count, true, &Limits::message_rate,
              "published messages a second"},
    LimitInfo{"message_burst", Unit::count, true, &Limits::message_burst,
              "messages that may come at once above the rate"},
    LimitInfo{"byte_rate", Unit::bytes, true, &Limits::byte_rate, "published bytes a second"},
    LimitInfo{"byte_burst", Unit::bytes, true, &Limits::byte_burst,
              "bytes that may come at once above the rate"},
    LimitInfo{"viewer_requests", Unit::count, true, &Limits::viewer_requests,
              "history requests of a guest in a minute"},
    LimitInfo{"topic_bytes", Unit::bytes, true, &Limits::topic_bytes, "length of a topic"},
    LimitInfo{"topic_levels", Unit::count, true, &Limits::topic_levels, "levels of a topic"},
    LimitInfo{"packet_bytes_before_auth", Unit::bytes, false, &Limits::packet_bytes_before_auth,
              "one MQTT packet before the login is checked"},
    LimitInfo{"connect_timeout", Unit::seconds, false, &Limits::connect_timeout,
              "time from the connection to its CONNECT"},
    LimitInfo{"half_open_per_address", Unit::count, false, &Limits::half_open_per_address,
              "connections of one address that have not logged in yet"},
    LimitInfo{"connections_per_address", Unit::count, false, &Limits::connections_per_address,
              "connections of one address"},
};

/// A row per field: whoever adds a field and forgets the table does not get it past the compiler.
static_assert(sizeof(Limits) == kTable.size() * sizeof(std::uint64_t));

struct Suffix {
  std::string_view text;
  std::uint64_t factor;
};

// Largest first, so that formatting finds the shortest spelling.
constexpr std::array kByteSuffixes = {Suffix{"GB", 1ULL << 30}, Suffix{"MB", 1ULL << 20},
                                      Suffix{"KB", 1ULL << 10}};
constexpr std::array kTimeSuffixes = {Suffix{"d", 86'400}, Suffix{"h", 3'600}, Suffix{"m", 60},
                                      Suffix{"s", 1}};

std::span<const Suffix> suffixes_of(Unit unit) {
  switch (unit) {
    case Unit::bytes:
      return kByteSuffixes;
    case Unit::seconds:
      return kTimeSuffixes;
    case Unit::count:
      break;
  }
  return {};
}

/// 0 is a value of its own for session expiries: it ends the session with the connection.
bool zero_is_unlimited(const LimitInfo& limit) {
  return limit.unit != Unit::seconds;
}

bool ends_with_ignoring_case(std::string_view text, std::string_view suffix) {
  return text.size() > suffix.size() &&
         text::equal_ignoring_case(text.substr(text.size() - suffix.size()), suffix);
}

std::uint32_t row_of(const LimitInfo& limit) {
  return static_cast<std::uint32_t>(&limit - kTable.data());
}

}  // namespace

Limits Limits::unlimited() {
  Limits limits;
  for (const auto& limit : kTable) {
    if (limit.per_tenant) {
      limits.*limit.field = 0;
    }
  }
  limits.queue_messages = 1'000;
  limits.session_expiry_home = std::numeric_limits<std::uint32_t>::max();
  limits.session_expiry_web = std::numeric_limits<std::uint32_t>::max();
  return limits;
}

std::span<const LimitInfo> limit_table() {
  return kTable;
}

const LimitInfo* find_limit(std::string_view name) {
  const auto* found = std::find_if(kTable.begin(), kTable.end(),
                                   [&](const LimitInfo& limit) { return limit.name == name; });
  return found == kTable.end() ? nullptr : found;
}

Result<std::uint64_t> parse_limit_value(const LimitInfo& limit, std::string_view text) {
  // MQTT 5 counts session expiry and packet sizes in 32 bits; nothing sensible is larger.
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (text == "unlimited" && zero_is_unlimited(limit)) {
    return std::uint64_t{0};
  }
  std::uint64_t factor = 1;
  for (const auto& suffix : suffixes_of(limit.unit)) {
    if (ends_with_ignoring_case(text, suffix.text)) {
      factor = suffix.factor;
      text.remove_suffix(suffix.text.size());
      break;
    }
  }
  const auto number = text::parse_number<std::uint64_t>(text, 0, kMost / factor);
  if (!number) {
    return Errc::limit_value_invalid;
  }
  return *number * factor;
}

std::string format_limit_value(const LimitInfo& limit, std::uint64_t value) {
  if (value == 0 && zero_is_unlimited(limit)) {
    return "unlimited";
  }
  for (const auto& suffix : suffixes_of(limit.unit)) {
    if (value != 0 && value % suffix.factor == 0) {
      return std::to_string(value / suffix.factor).append(suffix.text);
    }
  }
  return std::to_string(value);
}

Result<void> LimitOverrides::set(std::string_view name, std::string_view value, Scope scope) {
  const auto* limit = find_limit(name);
  if (limit == nullptr || (scope == Scope::tenant && !limit->per_tenant)) {
    return make_error_code(Errc::limit_unknown);
  }
  const auto number = parse_limit_value(*limit, value);
  if (!number) {
    return number.error();
  }
  const std::pair entry{row_of(*limit), *number};
  const auto at =
      std::lower_bound(values_.begin(), values_.end(), std::pair{entry.first, std::uint64_t{0}});
  if (at != values_.end() && at->first == entry.first) {
    at->second = entry.second;
  } else {
    values_.insert(at, entry);
  }
  return {};
}

Result<void> LimitOverrides::clear(std::string_view name) {
  const auto* limit = find_limit(name);
  if (limit == nullptr) {
    return make_error_code(Errc::limit_unknown);
  }
  std::erase_if(values_, [&](const auto& entry) { return entry.first == row_of(*limit); });
  return {};
}

std::optional<std::uint64_t> LimitOverrides::get(std::string_view name) const {
  for (const auto& [row, value] : values_) {
    if (kTable[row].name == name) {
      return value;
    }
  }
  return std::nullopt;
}

std::string LimitOverrides::str() const {
  std::string text;
  for (const auto& [row, value] : values_) {
    if (!text.empty()) {
      text += ' ';
    }
    text.append(kTable[row].name).append("=").append(format_limit_value(kTable[row], value));
  }
  return text;
}

Result<LimitOverrides> LimitOverrides::parse(std::string_view text, Scope scope) {
  LimitOverrides overrides;
  for (const auto part : text::split_blanks(text)) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) {
      return Errc::limit_value_invalid;
    }
    if (const auto set = overrides.set(part.substr(0, equals), part.substr(equals + 1), scope);
        !set) {
      return set.error();
    }
  }
  return overrides;
}

Limits apply(const Limits& base, const LimitOverrides& overrides) {
  Limits limits = base;
  for (const auto& [row, value] : overrides.values_) {
    limits.*kTable[row].field = value;
  }
  return limits;
}

}  // namespace owb::tenants
