#include "portal/app/portal_config.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "broker/mqtt/topic.hpp"
#include "tenants/base/config_log.hpp"
#include "tenants/base/config_value.hpp"
#include "tenants/base/text.hpp"

namespace owb::portal::app {
namespace {

using config::Directive;
using config::Picker;
using config::Problems;

constexpr std::size_t kMaxThreads = 256;

void read_broker(Picker& picker, std::optional<BrokerAddress>& out, Problems& problems) {
  const auto* directive = picker.find("portal_broker");
  if (directive == nullptr) {
    return;
  }
  const auto words = text::split_blanks(directive->value);
  const auto port = words.size() == 2 ? text::parse_number<std::uint16_t>(words[1], 1, 65'535)
                                      : Result<std::uint16_t>{text::Errc::not_a_number};
  if (!port) {
    config::add_bad_value(*directive, "HOST PORT, with a port from 1 to 65535", problems);
    return;
  }
  out = BrokerAddress{.host = std::string{words[0]}, .port = *port};
}

void read_login_topic(Picker& picker, std::string& out, Problems& problems) {
  const auto* directive = picker.find("login_topic");
  if (directive == nullptr) {
    return;
  }
  const auto& value = directive->value;
  if (!mqtt::is_topic_name(value) || value.find('/') != std::string::npos) {
    config::add_bad_value(*directive, "one topic level, as webparm", problems);
    return;
  }
  out = value;
}

void read_origin(const Directive& directive, std::vector<std::string>& out, Problems& problems) {
  const std::string_view origin = directive.value;
  const auto scheme = origin.starts_with("https://")  ? std::string_view{"https://"}
                      : origin.starts_with("http://") ? std::string_view{"http://"}
                                                      : std::string_view{};
  const auto host = origin.substr(scheme.size());
  if (scheme.empty() || host.empty() || host.find_first_of("/?#@ ") != std::string_view::npos) {
    config::add_bad_value(directive, "https://HOST[:PORT] as browsers write it, without a path",
                          problems);
    return;
  }
  out.emplace_back(origin);
}

/// A mistyped directive of ours would be nobody's: the broker leaves `portal_…` to us.
void refuse_unknown(const Directive& directive, Problems& problems) {
  constexpr std::array<std::string_view, 4> kOurs{"portal_socket", "portal_broker", "portal_cafile",
                                                  "portal_threads"};
  if (directive.key.starts_with("portal_") &&
      std::find(kOurs.begin(), kOurs.end(), directive.key) == kOurs.end()) {
    config::add_problem(directive, "there is no such directive", problems);
  }
}

}  // namespace

LoadedPortalConfig make_portal_config(const std::vector<Directive>& directives) {
  LoadedPortalConfig loaded;
  auto& config = loaded.config;
  auto& errors = loaded.errors;
  Picker picker{directives, errors};
  picker.text("registry", config.registry);
  picker.text("portal_socket", config.portal_socket);
  picker.text("login_socket", config.login_socket);
  picker.text("portal_cafile", config.cafile);
  picker.number<std::size_t>("portal_threads", 1, kMaxThreads, config.threads);
  read_broker(picker, config.broker, errors);
  read_login_topic(picker, config.login_topic, errors);
  for (const auto& directive : directives) {
    if (directive.key == "origin") {
      read_origin(directive, config.origins, errors);
    }
    refuse_unknown(directive, errors);
  }
  config.log = config::pick_log_options(directives, errors);
  config.log.program = "owb-portal";
  if (errors.empty() && config.portal_socket.empty()) {
    errors.push_back({{}, "portal_socket is missing: the UNIX socket to serve on"});
  }
  if (errors.empty() && config.login_socket.empty() && !config.broker) {
    errors.push_back(
        {{}, "login_socket or portal_broker is missing: where logins are to be checked"});
  }
  return loaded;
}

}  // namespace owb::portal::app
