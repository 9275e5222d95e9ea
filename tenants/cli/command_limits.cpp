#include <memory>

#include "tenants/cli/context.hpp"
#include "tenants/cli/tenant_text.hpp"

namespace owb::cli {
namespace {

constexpr const char* kDetails =
    R"(Without NAME: all limits, their defaults and what they mean. With NAME: those of this tenant. With NAME and one or more
LIMIT=VALUE they are changed; --default LIMIT goes back to the default, --default all for all of them.

Bytes may end in KB, MB or GB, times in s, m, h or d; `unlimited` is a value, except for times. The broker follows within a
second; what is above a new limit already stays.

Examples:
  owb-tenants limits
  owb-tenants limits mueller connections=20 retained_bytes=16MB
  owb-tenants limits mueller --default connections)";

struct Options {
  std::string name;
  std::vector<std::string> changes;
  std::vector<std::string> defaults;
};

std::string known_names() {
  std::string names;
  for (const auto& limit : tenants::limit_table()) {
    if (limit.per_tenant) {
      names += (names.empty() ? "" : ", ") + std::string{limit.name};
    }
  }
  return names;
}

void change(tenants::LimitOverrides& limits, const std::string& text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  const auto* limit = tenants::find_limit(name);
  if (limit == nullptr || !limit->per_tenant) {
    throw Failure{kUsage, name, "no limit of a tenant; there are: " + known_names()};
  }
  if (equals == std::string::npos) {
    throw Failure{kUsage, name,
                  "write LIMIT=VALUE, for example " + name + "=" +
                      tenants::format_limit_value(*limit, tenants::Limits{}.*limit->field)};
  }
  if (!limits.set(name, text.substr(equals + 1))) {
    constexpr std::array kForms = {"a number from 0 to 4294967295, or unlimited",
                                   "bytes such as 1000, 64KB, 8MB or 1GB, or unlimited; below 4 GB",
                                   "a time such as 0, 90s, 10m, 24h or 30d"};
    throw Failure{kUsage, name,
                  std::string{"must be "} + kForms[static_cast<std::size_t>(limit->unit)]};
  }
}

void back_to_default(tenants::LimitOverrides& limits, const std::string& name) {
  if (name == "all") {
    limits = {};
    return;
  }
  if (!limits.clear(name)) {
    throw Failure{kUsage, name, "no limit of a tenant; there are: " + known_names()};
  }
}

/// `own` marks those that are not the default.
void print_limits(const Context& context, const std::string& name, const tenants::Limits& limits,
                  const tenants::LimitOverrides& own) {
  auto json = nlohmann::json::object();
  auto text = padded("LIMIT", 24) + "  " + padded("VALUE", 10) + "  MEANING\n";
  for (const auto& limit : tenants::limit_table()) {
    if (!limit.per_tenant) {
      continue;
    }
    json[std::string{limit.name}] = limits.*limit.field;
    text += padded(std::string{limit.name}, 24) + "  " +
            padded(tenants::format_limit_value(limit, limits.*limit.field), 10) + "  " +
            std::string{limit.help} + (own.get(limit.name) ? " (its own)" : "") + "\n";
  }
  context.print({{"name", name}, {"limits", json}, {"own", own.str()}}, text);
}

void limits(Context& context, const Options& options) {
  if (options.name.empty()) {
    return print_limits(context, "", {}, {});
  }
  const auto id = Context::name(options.name);
  auto registry = context.open_registry();
  auto own = value_or_fail(registry.find(id), id.str()).limits;
  for (const auto& name : options.defaults) {
    back_to_default(own, name);
  }
  for (const auto& text : options.changes) {
    change(own, text);
  }
  if (!options.defaults.empty() || !options.changes.empty()) {
    fail_unless(registry.set_limits(id, own, Context::by()), id.str());
  }
  print_limits(context, id.str(), tenants::apply({}, own), own);
}

}  // namespace

void add_limits(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "limits", "Show or change limits", kDetails,
                              [&context, options] { limits(context, *options); });
  command->add_option("NAME", options->name, "Name of the tenant")->type_name("");
  command->add_option("CHANGE", options->changes, "LIMIT=VALUE, one or more")->type_name("");
  command->add_option("--default", options->defaults, "Back to the default; `all` for all")
      ->type_name("LIMIT")
      ->take_all();
}

}  // namespace owb::cli
