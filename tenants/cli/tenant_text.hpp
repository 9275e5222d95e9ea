#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "tenants/registry/record.hpp"

namespace owb::cli {

/// What `list` and `show` tell of a tenant; nothing secret.
nlohmann::json to_json(const tenants::TenantRecord& record);

/// "2026-11-20 14:02" in local time.
std::string time_text(std::int64_t unix_seconds);

/// `text` filled up with blanks to `width`; longer ones stay whole.
std::string padded(std::string text, std::size_t width);

}  // namespace owb::cli
