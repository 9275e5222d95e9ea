#include <memory>

#include "tenants/cli/context.hpp"
#include "tenants/cli/tenant_text.hpp"

namespace owb::cli {
namespace {

constexpr const char* kDetails =
    R"(What the broker tells as NAME/webparm/id and NAME/webparm/thema. With an id greater than 0 the owner may log in at the
portal; 0 means not yet. Without --id and --thema both are only shown.

Examples:
  owb-tenants webparm mueller --thema dark
  owb-tenants webparm mueller --id 0)";

struct Options {
  std::string name;
  std::optional<std::int64_t> id;
  std::optional<std::string> thema;
};

void webparm(Context& context, const Options& options) {
  const auto id = Context::name(options.name);
  auto registry = context.open_registry();
  if (options.id || options.thema) {
    fail_unless(registry.set_webparm(
                    id, options.id,
                    options.thema ? std::optional<std::string_view>{*options.thema} : std::nullopt,
                    Context::by()),
                id.str());
  }
  const auto record = value_or_fail(registry.find(id), id.str());
  context.print({{"name", id.str()}, {"webparm_id", record.webparm_id}, {"thema", record.thema}},
                id.str() + ": webparm id " + std::to_string(record.webparm_id) +
                    (record.webparm_id == 0 ? " (may not log in yet)" : "") + ", thema " +
                    record.thema + "\n");
}

}  // namespace

void add_webparm(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "webparm", "Set who may log in, and the theme", kDetails,
                              [&context, options] { webparm(context, *options); });
  command->add_option("NAME", options->name, "Name of the tenant")->required()->type_name("");
  command->add_option("--id", options->id, "0 to 999999999; 0: may not log in yet")
      ->type_name("ID");
  command->add_option("--thema", options->thema, "Theme of the dashboard")->type_name("NAME");
}

}  // namespace owb::cli
