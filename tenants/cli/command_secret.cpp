#include <memory>

#include "tenants/cli/context.hpp"
#include "tenants/cli/home_options.hpp"
#include "tenants/registry/snapshot.hpp"

namespace owb::cli {
namespace {

constexpr const char* kDetails =
    R"(Draws a new home secret and shows it once, with the fields to type into openWB. The home's connection ends within a second
and comes back when the new secret was typed in there. The owner's password stays.

Examples:
  owb-tenants secret mueller --host cloud.example.org
  owb-tenants secret mueller --host cloud.example.org --conf 99-bridge-cloud.conf --yes)";

struct Options {
  std::string name;
  HomeOptions home;
};

void renew(Context& context, const Options& options) {
  const auto id = Context::name(options.name);
  const auto secret = tenants::make_home_secret();
  const auto access = options.home.access(context, id.str(), secret);
  options.home.check_file(access);
  auto registry = context.open_registry();
  value_or_fail(registry.find(id), id.str());
  context.confirm(
      "A new home secret cuts off the home of " + id.str() + " until it is typed in there.", "yes");
  fail_unless(registry.renew_secret(id, secret, Context::by()), id.str());
  nlohmann::json json{{"name", id.str()}, {"secret", secret}, {"form", onboarding_json(access)}};
  std::string text = "Shown once, never again:\n  home secret  " + secret + "\n";
  if (options.home.write_file(access)) {
    json["conf"] = options.home.conf;
    text += "\nWrote the bridge section to " + options.home.conf + ".\n";
  }
  context.print(json, text + "\n" + onboarding_text(access));
}

}  // namespace

void add_secret(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "secret", "Renew a tenant's home secret", kDetails,
                              [&context, options] { renew(context, *options); });
  command->add_option("NAME", options->name, "Name of the tenant")->required()->type_name("");
  options->home.add_to(*command);
}

}  // namespace owb::cli
