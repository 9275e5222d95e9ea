#include <memory>

#include "tenants/cli/context.hpp"
#include "tenants/cli/tenant_text.hpp"

namespace owb::cli {
namespace {

constexpr const char* kDetails =
    R"(One line for each tenant: name, state, webparm id, thema, when it was added, limits of its own. --deleted lists the names
of deleted tenants instead, whose entries in a password file do not count until `delete --forget`.)";

void list(Context& context) {
  const auto records = value_or_fail(context.open_registry().list(), "registry");
  auto json = nlohmann::json::array();
  auto text =
      padded("NAME", 32) + "  STATE      WEBPARM  THEMA             ADDED             LIMITS\n";
  for (const auto& record : records) {
    json.push_back(to_json(record));
    text += padded(record.id.str(), 32) + "  " +
            padded(record.suspended ? "suspended" : "active", 9) + "  " +
            padded(std::to_string(record.webparm_id), 7) + "  " + padded(record.thema, 16) + "  " +
            time_text(record.created) + "  " + record.limits.str() + "\n";
  }
  context.print(json, text);
}

void list_deleted(Context& context) {
  const auto names = value_or_fail(context.open_registry().tombstones(), "registry");
  std::string text;
  for (const auto& name : names) {
    text += name + "\n";
  }
  context.print(names, text);
}

}  // namespace

void add_list(CLI::App& app, Context& context) {
  auto deleted = std::make_shared<bool>(false);
  auto* command = add_command(app, "list", "List all tenants", kDetails, [&context, deleted] {
    *deleted ? list_deleted(context) : list(context);
  });
  command->add_flag("--deleted", *deleted, "Names of deleted tenants");
}

}  // namespace owb::cli
