#include <memory>

#include "tenants/base/logging.hpp"
#include "tenants/cli/context.hpp"
#include "tenants/cli/tenant_text.hpp"

namespace owb::cli {
namespace {

constexpr const char* kDetails =
    R"(State, limits, web sessions and the last changes of one tenant. No secret is shown: none is stored.)";

constexpr std::size_t kAuditRows = 20;

struct Shown {
  nlohmann::json json;
  std::string text;
};

void append_sessions(Shown& shown, const std::vector<tenants::WebSession>& sessions) {
  shown.json["sessions"] = nlohmann::json::array();
  shown.text += "\nWeb sessions: " + std::to_string(sessions.size()) + "\n";
  for (const auto& session : sessions) {
    shown.json["sessions"].push_back({{"id", session.id.hex()},
                                      {"role", tenants::name_of(session.role)},
                                      {"issued", session.issued},
                                      {"expires", session.expires},
                                      {"last_used", session.last_used},
                                      {"user_agent", session.user_agent},
                                      {"network", session.network}});
    shown.text += "  " + time_text(session.last_used) + "  " +
                  padded(std::string{tenants::name_of(session.role)}, 6) + "  " +
                  padded(log::escape(session.network), 20) + "  " +
                  log::escape(session.user_agent) + "\n";
  }
}

void append_audit(Shown& shown, const std::vector<tenants::AuditRow>& rows) {
  shown.json["audit"] = nlohmann::json::array();
  shown.text += "\nLast changes:\n";
  for (const auto& row : rows) {
    shown.json["audit"].push_back(
        {{"at", row.at}, {"actor", row.actor}, {"action", row.action}, {"detail", row.detail}});
    shown.text += "  " + time_text(row.at) + "  " + padded(row.action, 16) + "  " +
                  padded(log::escape(row.actor), 16) + "  " + log::escape(row.detail) + "\n";
  }
}

void show(Context& context, const std::string& name) {
  const auto id = Context::name(name);
  auto registry = context.open_registry();
  const auto record = value_or_fail(registry.find(id), id.str());
  Shown shown{.json = to_json(record), .text = {}};
  shown.text = record.id.str() + ": " + (record.suspended ? "suspended" : "active") +
               "\n  webparm id  " + std::to_string(record.webparm_id) +
               (record.webparm_id == 0 ? " (may not log in yet)" : "") + "\n  thema       " +
               record.thema + "\n  password    " + (record.password_hash.empty() ? "none" : "set") +
               "\n  added       " + time_text(record.created) + "\n  limits      " +
               (record.limits.empty() ? "the defaults" : record.limits.str()) + "\n";
  append_sessions(shown,
                  value_or_fail(registry.sessions_of(id.str(), Context::by().now), "sessions"));
  append_audit(shown, value_or_fail(registry.audit(kAuditRows, id.str()), "audit"));
  context.print(shown.json, shown.text);
}

}  // namespace

void add_show(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>();
  auto* command = add_command(app, "show", "Show all about one tenant", kDetails,
                              [&context, name] { show(context, *name); });
  command->add_option("NAME", *name, "Name of the tenant")->required()->type_name("");
}

}  // namespace owb::cli
