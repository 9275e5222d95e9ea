#include "tenants/cli/context.hpp"

#include <cstdlib>
#include <iostream>

#include <pwd.h>
#include <unistd.h>

#include "tenants/base/clock.hpp"
#include "tenants/base/config_file.hpp"
#include "tenants/cli/terminal.hpp"
#include "tenants/registry/error.hpp"

namespace owb::cli {
namespace {

std::string user_name() {
  if (const auto* behind_sudo = std::getenv("SUDO_USER")) {
    return behind_sudo;
  }
  const auto* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

}  // namespace

void Context::add_options(CLI::App& app) {
  app.add_option("--registry", registry_,
                 "The registry file. Default: `registry` of the configuration, else " +
                     std::string{tenants::kDefaultRegistry})
      ->type_name("PATH");
  app.add_option("-c,--config", configuration_,
                 "The broker's configuration file; `registry` and `origin` are read from it")
      ->type_name("FILE");
  app.add_flag("--json", json_,
               "Answer in JSON, on standard output; errors too, on standard error");
  app.add_flag("--yes", yes_, "Do not ask before something is destroyed or cut off");
}

std::optional<std::string> Context::directive(std::string_view key) {
  if (configuration_.empty()) {
    return std::nullopt;
  }
  const auto parsed = config::read_config(configuration_);
  if (!parsed.problems.empty()) {
    throw Failure{kFailed, "--config", parsed.problems.front().str()};
  }
  for (const auto& found : parsed.directives) {
    if (found.key == key && !found.value.empty()) {
      return found.value;
    }
  }
  return std::nullopt;
}

std::filesystem::path Context::registry_path() {
  if (!registry_.empty()) {
    return registry_;
  }
  return directive("registry").value_or(std::string{tenants::kDefaultRegistry});
}

std::filesystem::path Context::state_path(const std::string& given) {
  if (!given.empty()) {
    return given;
  }
  if (const auto named = directive("state")) {
    return *named;
  }
  if (const auto folder = directive("persistence_location")) {
    return std::filesystem::path{*folder} / directive("persistence_file").value_or("state.db");
  }
  return registry_path().parent_path() / "state.db";
}

tenants::Registry Context::open_registry(tenants::OpenMode mode) {
  const auto path = registry_path();
  return value_or_fail(tenants::Registry::open(path, mode), path.string());
}

std::optional<std::string> Context::origin() {
  const auto line = directive("origin");
  return line ? std::optional{line->substr(0, line->find(' '))} : std::nullopt;
}

std::optional<std::string> Context::host() {
  const auto whole = origin();
  if (!whole) {
    return std::nullopt;
  }
  const auto scheme = whole->find("://");
  const auto host = scheme == std::string::npos ? *whole : whole->substr(scheme + 3);
  return host.substr(0, host.find_first_of(":/"));
}

tenants::By Context::by() {
  return {.now = unix_now(), .actor = "cli:" + user_name()};
}

TenantId Context::name(const std::string& text) {
  return value_or_fail(TenantId::parse(text), "NAME", kUsage);
}

void Context::print(const nlohmann::json& json, const std::string& text) const {
  // what strangers sent (a user agent) need not be UTF-8
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  std::cout << (json_ ? json.dump(2, ' ', false, kReplace) + "\n" : text) << std::flush;
}

void Context::confirm(const std::string& question, const std::string& answer) const {
  if (yes_) {
    return;
  }
  if (!can_ask()) {
    throw Failure{kNotConfirmed, "--yes", "needed here, since nobody can be asked: " + question};
  }
  if (ask(question + " Type '" + answer + "' to go on: ") != answer) {
    throw Failure{kNotConfirmed, "", "nothing was changed"};
  }
}

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& summary,
                      const std::string& details, std::function<void()> run) {
  auto* command = app.add_subcommand(name, summary);
  command->footer(details + "\n");
  command->callback(std::move(run));
  return command;
}

}  // namespace owb::cli
