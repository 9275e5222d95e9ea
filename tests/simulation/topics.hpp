#pragma once

#include <string>
#include <string_view>

#include "broker/core/authenticator.hpp"
#include "tests/broker/mqtt/support/naive_topic.hpp"

/// The topics and filters the actors use, and what the rules of the design say about them, written
/// down by hand and not by the broker's own tables.
namespace owb::simulation {

/// A topic behind the tenant's name.
struct TopicKind {
  std::string_view rest;
  bool order = false;           ///< rule 9
  bool never_retained = false;  ///< rule 9
  bool dropped = false;         ///< rule 10
  bool owner_web = false;       ///< rule 11: a browser of the owner may publish it
  bool viewer_sees = false;     ///< rule 11
  bool own = false;             ///< rules 2 and 13: only the broker itself publishes it
};

inline constexpr TopicKind kTopics[] = {
    {.rest = "/a"},
    {.rest = "/a/b"},
    {.rest = "/a/b/c"},
    {.rest = "/x/b"},
    {.rest = ""},
    {.rest = "/openWB/evu/W", .viewer_sees = true},
    {.rest = "/openWB/lp/1/W", .viewer_sees = true},
    {.rest = "/openWB/log/7", .never_retained = true, .viewer_sees = true},
    {.rest = "/openWB/set/ChargeMode", .order = true, .never_retained = true, .owner_web = true},
    {.rest = "/openWB/set/lp/2/ChargePointEnabled",
     .order = true,
     .never_retained = true,
     .owner_web = true},
    {.rest = "/openWB/config/set/pv/any", .order = true, .never_retained = true},
    {.rest = "/openWB/system/mqtt/secret", .dropped = true},
    {.rest = "/cloud/home", .own = true},
    {.rest = "/webparm/id", .own = true},
};

/// `T` stands for the tenant, `O` for another one.
inline constexpr std::string_view kFilters[] = {
    "#",
    "+/#",
    "+/a",
    "T/#",
    "T/a",
    "T/a",
    "T/a/b",
    "T/a/+",
    "T/+/b",
    "T/a/#",
    "T/openWB/#",
    "T/openWB/set/#",
    "T/will/+",
    "T",
    "T/x/b",
    "T/openWB/+/W",
    "T/openWB/set/ChargeMode",
    "T/cloud/#",
    "$SYS/#",
    "$share/g/T/a",
    "$share/g/T/#",
    "$share/h/T/openWB/#",
    "O/#",
    "O/a",
};

/// Nothing is special about it, with or without tenants.
inline bool is_plain(const TopicKind& kind) {
  return !kind.rest.empty() && !kind.order && !kind.never_retained && !kind.dropped && !kind.own;
}

inline TopicKind kind_of(std::string_view rest) {
  for (const auto& kind : kTopics) {
    if (kind.rest == rest) {
      return kind;
    }
  }
  return {.rest = rest, .own = rest.starts_with("/cloud/") || rest.starts_with("/webpar")};
}

/// Rule 2: such a filter gets the broker's own messages.
inline bool names_cloud(std::string_view filter) {
  const auto levels = mqtt::testing::levels_of(filter);
  return levels.size() > 1 && levels[1] == "cloud";
}

inline bool may_publish(core::Role role, const TopicKind& kind) {
  return !kind.own && role != core::Role::viewer &&
         (role != core::Role::owner_web || kind.owner_web);
}

/// `topic` without the tenant's name; false: it is not the tenant's.
inline bool take_tenant(std::string_view topic, std::string_view tenant, std::string& rest) {
  if (!topic.starts_with(tenant)) {
    return false;
  }
  rest = topic.substr(tenant.size());
  return rest.empty() || rest.front() == '/';
}

}  // namespace owb::simulation
