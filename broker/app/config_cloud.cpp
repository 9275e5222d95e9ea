#include <algorithm>
#include <array>

#include "broker/app/config_sections.hpp"
#include "broker/app/default_drop_topics.hpp"
#include "broker/mqtt/topic.hpp"
#include "tenants/base/logging.hpp"

namespace owb::app {

namespace {

using config::Directive;
using config::Problems;

constexpr std::size_t kMostDropTopics = 1'000;
constexpr std::size_t kMostOrigins = 100;
constexpr std::size_t kMostObservers = 100;

void set_tenancy(CloudConfig& cloud, const Directive& directive, Problems& problems) {
  static constexpr std::array<config::Choice<bool>, 2> kChoices{{{"on", true}, {"off", false}}};
  config::read_choice<bool>(directive, kChoices, cloud.tenancy, problems);
}

/// `none` empties the list as it is so far, `default` adds the built-in list, all else adds itself.
void add_drop_topic(CloudConfig& cloud, const Directive& directive, Problems& problems) {
  if (directive.value == "none") {
    cloud.drop_topics.clear();
  } else if (directive.value == "default") {
    const auto defaults = default_drop_topics();
    cloud.drop_topics.insert(cloud.drop_topics.end(), defaults.begin(), defaults.end());
  } else if (!mqtt::is_topic_filter(directive.value)) {
    config::add_bad_value(directive, "a topic filter without the tenant's name, none, default",
                          problems);
  } else {
    cloud.drop_topics.push_back(directive.value);
  }
  if (cloud.drop_topics.size() > kMostDropTopics) {
    config::add_problem(directive, fmt::format("more than {} filters", kMostDropTopics), problems);
    cloud.drop_topics.resize(kMostDropTopics);
  }
}

bool valid_host_and_port(std::string_view rest) {
  const auto colon = rest.starts_with('[') ? rest.find(':', rest.find(']')) : rest.find(':');
  if (colon != std::string_view::npos &&
      !text::parse_number<std::uint16_t>(rest.substr(colon + 1), 1, 65'535)) {
    return false;
  }
  const auto host = rest.substr(0, colon);
  return !host.empty() && host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-[]:_") ==
                              std::string_view::npos;
}

/// As browsers write the Origin header: scheme, lower-case host, port unless it is the default.
bool valid_origin(std::string_view origin) {
  constexpr std::string_view kScheme = "https://";
  return origin.starts_with(kScheme) && valid_host_and_port(origin.substr(kScheme.size()));
}

/// One or more; the session cookie goes over HTTPS only.
void add_origins(CloudConfig& cloud, const Directive& directive, Problems& problems) {
  const auto origins = text::split_blanks(directive.value);
  if (origins.empty() || !std::ranges::all_of(origins, valid_origin) ||
      cloud.origins.size() + origins.size() > kMostOrigins) {
    config::add_bad_value(directive,
                          "https://HOST[:PORT] as browsers write it, in lower case, without a path",
                          problems);
    return;
  }
  cloud.origins.insert(cloud.origins.end(), origins.begin(), origins.end());
}

void set_login_topic(CloudConfig& cloud, const Directive& directive, Problems& problems) {
  if (!mqtt::is_topic_name(directive.value) || directive.value.find('/') != std::string::npos) {
    config::add_bad_value(directive, "one topic level, as webparm", problems);
    return;
  }
  cloud.login_topic = directive.value;
}

void set_command_ttl(CloudConfig& cloud, const Directive& directive, Problems& problems) {
  config::read_seconds(directive, cloud.command_ttl, problems);
}

void add_observer(CloudConfig& cloud, const Directive& directive, Problems& problems) {
  if (cloud.observers.size() == kMostObservers) {
    config::add_problem(directive, fmt::format("more than {} observers", kMostObservers), problems);
    return;
  }
  ObserverConfig observer{.name = {}, .place = directive.place};
  if (config::read_text(directive, observer.name, problems)) {
    cloud.observers.push_back(std::move(observer));
  }
}

void add_limits(CloudConfig& cloud, const Directive& directive, Problems& problems) {
  const auto words = text::split_blanks(directive.value);
  if (words.empty()) {
    config::add_bad_value(directive, "NAME=VALUE …", problems);
  }
  for (const auto word : words) {
    const auto equals = std::min(word.find('='), word.size());
    const auto value = word.substr(std::min(equals + 1, word.size()));
    const auto set = cloud.limit_overrides.set(word.substr(0, equals), value,
                                               tenants::LimitOverrides::Scope::any);
    if (!set) {
      config::add_problem(
          directive, fmt::format("\"{}\": {}", log::escape(word), set.error().message()), problems);
    }
  }
}

}  // namespace

std::span<const Row<CloudConfig>> cloud_rows() {
  using C = CloudConfig;
  static constexpr Row<C> kRows[] = {
      {"tenancy", set_tenancy},
      {"registry", set_text<&C::registry>, Repeat::once},
      {"www_dir", set_text<&C::www_dir>, Repeat::once},
      {"portal_socket", set_text<&C::portal_socket>, Repeat::once},
      {"login_socket", set_text<&C::login_socket>, Repeat::once},
      {"login_topic", set_login_topic, Repeat::once},
      {"origin", add_origins, Repeat::adds},
      {"command_ttl", set_command_ttl},
      {"drop_topic", add_drop_topic, Repeat::adds},
      {"observer", add_observer, Repeat::adds},
      {"default_limits", add_limits, Repeat::adds},
  };
  return kRows;
}

}  // namespace owb::app
