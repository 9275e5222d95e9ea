#include <algorithm>
#include <iostream>

#include "tenants/base/logging.hpp"
#include "tenants/cli/context.hpp"

namespace {

using namespace owb::cli;

constexpr const char* kDetails =
    R"(The registry is one SQLite file that broker, portal and this tool share. Every command is safe beside a running
broker, which follows within a second: connections of a suspended or deleted tenant end, new passwords and secrets
count at once.

A tenant is one household. Its NAME is the user name at home and at the login page, and the first level of all its
topics: 1 to 32 characters of A-Z a-z 0-9 _ -.

Two credentials belong to it: the home secret, typed once into openWB's page "MQTT-Brücke", and the owner's password.
Both are shown once, when they are made, and never again.

Examples:
  owb-tenants init
  owb-tenants add mueller --host cloud.example.org
  owb-tenants add --from names.txt --json > accounts.json
  owb-tenants suspend mueller
  owb-tenants limits mueller connections=20 retained_bytes=16MB

Exit codes: 0 done; 1 refused or failed; 2 wrong command line; 3 not confirmed.
)";

/// One line that names the field and the rule; untrusted text in it cannot reach the terminal as
/// control codes.
void print_failure(const Failure& failure, bool json) {
  if (json) {
    std::cerr << nlohmann::json{{"error", {{"field", failure.field}, {"message", failure.message}}}}
                     .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              << '\n';
    return;
  }
  std::cerr << "owb-tenants: "
            << (failure.field.empty() ? "" : owb::log::escape(failure.field) + ": ")
            << failure.message << '\n';
}

/// Also where the command line broke off before the option was read.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](std::string_view word) { return word == "--json"; });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "owb-tenants - the operator's tool of owb-cloud: tenants, their credentials and limits",
      "owb-tenants"};
  Context context;
  app.set_version_flag("--version", std::string{"owb-tenants "} + OWB_VERSION);
  app.footer(kDetails);
  app.require_subcommand(1);
  app.fallthrough();  // `owb-tenants list --json` is as good as `owb-tenants --json list`
  context.add_options(app);
  for (const auto add : {add_init, add_add, add_list, add_show, add_suspend, add_resume, add_delete,
                         add_password, add_secret, add_webparm, add_limits,
                         add_backup, add_restore, add_export, add_import}) {
    add(app, context);
  }
  try {
    app.parse(argc, argv);
    return kDone;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help and --version come this way too
      app.exit(error);
      return kDone;
    }
    const auto rest = app.remaining();
    if (app.get_subcommands().empty() && !rest.empty()) {
      print_failure({kUsage, rest.front(), "there is no such command; see --help"},
                    wants_json(argc, argv));
      return kUsage;
    }
    print_failure({kUsage, "", error.what() + std::string{"; see --help"}}, wants_json(argc, argv));
    return kUsage;
  } catch (const Failure& failure) {
    print_failure(failure, context.json());
    return failure.exit_code;
  } catch (const std::exception& error) {  // of the standard library: no memory, no such folder
    print_failure({kFailed, "", error.what()}, context.json());
    return kFailed;
  }
}
