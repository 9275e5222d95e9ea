#include <memory>

#include "tenants/cli/context.hpp"

namespace owb::cli {
namespace {

constexpr const char* kSuspendDetails =
    R"(Ends the tenant's connections within a second and lets nobody in until `resume`. Nothing is lost: what is retained and
queued stays. Repeating it is harmless.)";

constexpr const char* kResumeDetails =
    R"(Lets a suspended tenant in again. Repeating it is harmless.)";

void print_state(Context& context, const TenantId& id, bool suspended) {
  context.print({{"name", id.str()}, {"state", suspended ? "suspended" : "active"}},
                id.str() + " is " + (suspended ? "suspended" : "active") + ".\n");
}

void suspend(Context& context, const std::string& name) {
  const auto id = Context::name(name);
  auto registry = context.open_registry();
  value_or_fail(registry.find(id), id.str());
  context.confirm("Suspending " + id.str() + " cuts off its home and its owner.", "yes");
  fail_unless(registry.suspend(id, Context::by()), id.str());
  print_state(context, id, true);
}

void resume(Context& context, const std::string& name) {
  const auto id = Context::name(name);
  fail_unless(context.open_registry().resume(id, Context::by()), id.str());
  print_state(context, id, false);
}

}  // namespace

void add_suspend(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>();
  auto* command = add_command(app, "suspend", "Cut a tenant off, keeping its data", kSuspendDetails,
                              [&context, name] { suspend(context, *name); });
  command->add_option("NAME", *name, "Name of the tenant")->required()->type_name("");
}

void add_resume(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>();
  auto* command = add_command(app, "resume", "Let a suspended tenant in again", kResumeDetails,
                              [&context, name] { resume(context, *name); });
  command->add_option("NAME", *name, "Name of the tenant")->required()->type_name("");
}

}  // namespace owb::cli
