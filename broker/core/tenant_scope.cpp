#include "broker/core/tenant_scope.hpp"

#include "broker/core/error.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::core {
namespace {

bool first_level_is(std::string_view topic, std::string_view level) {
  return topic.starts_with(level) && (topic.size() == level.size() || topic[level.size()] == '/');
}

}  // namespace

bool TenantScope::within_limits(std::string_view topic) const {
  return (limits_.bytes == 0 || topic.size() <= limits_.bytes) &&
         (limits_.levels == 0 || mqtt::count_levels(topic) <= limits_.levels);
}

Result<ScopedTopic> TenantScope::admit_topic(std::string_view topic) const {
  if (!within_limits(topic)) {
    return Errc::topic_too_long;
  }
  if (classic()) {
    // Bridges may tell their state, as with mosquitto.
    const bool bridge_state =
        topic.starts_with("$SYS/broker/connection/") && topic.ends_with("/state");
    if ((topic.starts_with("$SYS") && !bridge_state) || topic.starts_with("$share")) {
      return Errc::outside_tenant;
    }
    return ScopedTopic{topic};
  }
  if (!first_level_is(topic, tenant_)) {
    return Errc::outside_tenant;
  }
  return ScopedTopic{topic.substr(tenant_.size())};
}

Result<ScopedFilter> TenantScope::admit_filter(std::string_view filter) const {
  if (!mqtt::is_topic_filter(filter)) {
    return Errc::invalid_topic;
  }
  if (!within_limits(filter)) {
    return Errc::topic_too_long;
  }
  ScopedFilter scoped;
  if (classic()) {
    scoped.rest_ = filter;
  } else if (filter == "#") {
    scoped.rest_ = "/#";
  } else if (first_level_is(filter, "+")) {
    scoped.rest_ = filter.substr(1);
  } else if (first_level_is(filter, tenant_)) {
    scoped.rest_ = filter.substr(tenant_.size());
  } else if (first_level_is(filter, "$SYS")) {
    scoped.void_ = true;
  } else {
    return Errc::outside_tenant;
  }
  scoped.wildcard_ = scoped.rest_.find_first_of("#+") != std::string::npos;
  scoped.cloud_ = !classic() && scoped.rest_.starts_with("/") &&
                  first_level_is(std::string_view(scoped.rest_).substr(1), "cloud");
  return scoped;
}

}  // namespace owb::core
