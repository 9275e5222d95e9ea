#include "tenants/cli/tenant_text.hpp"

#include <array>
#include <ctime>

namespace owb::cli {
namespace {

nlohmann::json limits_json(const tenants::LimitOverrides& limits) {
  auto json = nlohmann::json::object();
  for (const auto& limit : tenants::limit_table()) {
    if (const auto value = limits.get(limit.name)) {
      json[std::string{limit.name}] = *value;
    }
  }
  return json;
}

}  // namespace

nlohmann::json to_json(const tenants::TenantRecord& record) {
  return {{"name", record.id.str()},
          {"uid", record.uid},
          {"state", record.suspended ? "suspended" : "active"},
          {"webparm_id", record.webparm_id},
          {"thema", record.thema},
          {"has_password", !record.password_hash.empty()},
          {"created", record.created},
          {"limits", limits_json(record.limits)}};
}

std::string time_text(std::int64_t unix_seconds) {
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  localtime_r(&time, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts)};
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

}  // namespace owb::cli
