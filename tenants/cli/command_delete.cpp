#include <memory>

#include "tenants/cli/context.hpp"
#include "tenants/registry/error.hpp"

namespace owb::cli {
namespace {

constexpr const char* kDetails =
    R"(Deletes a tenant for good: its connections end within a second, and its retained messages, sessions, wills and logins are
erased. A tenant added later under the same name starts empty.

If a password file of the broker has an entry of that name too, it stays without effect, so that nobody comes back by it.
--forget lifts that; it also works on names that were deleted before.

Examples:
  owb-tenants delete mueller
  owb-tenants delete mueller --forget --yes)";

void remove(Context& context, const std::string& name, bool forget) {
  const auto id = Context::name(name);
  auto registry = context.open_registry();
  const auto record = registry.find(id);
  const bool exists = record.has_value();
  if (!exists && (!forget || record.error() != tenants::Errc::no_such_tenant)) {
    throw Failure{kFailed, id.str(), record.error().message()};
  }
  context.confirm(exists ? "Deleting " + id.str() + " erases all its data."
                         : "Forgetting " + id.str() + " lets a password file's entry count again.",
                  id.str());
  if (exists) {
    fail_unless(registry.remove(id, Context::by()), id.str());
  }
  if (forget) {
    fail_unless(registry.forget(id, Context::by()), id.str());
  }
  context.print({{"name", id.str()}, {"deleted", exists}, {"forgotten", forget}},
                (exists ? "Deleted " : "Forgot ") + id.str() + ".\n");
}

}  // namespace

void add_delete(CLI::App& app, Context& context) {
  struct Options {
    std::string name;
    bool forget = false;
  };

  auto options = std::make_shared<Options>();
  auto* command =
      add_command(app, "delete", "Delete a tenant for good", kDetails,
                  [&context, options] { remove(context, options->name, options->forget); });
  command->add_option("NAME", options->name, "Name of the tenant")->required()->type_name("");
  command->add_flag("--forget", options->forget,
                    "Let an entry of that name in a password file count again");
}

}  // namespace owb::cli
