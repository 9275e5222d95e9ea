#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tenants/registry/tenant_id.hpp"

namespace owb::cli {

inline constexpr std::size_t kMaxImport = 50'000;  ///< tenants in one file
inline constexpr std::size_t kMaxImportBytes = std::size_t{16} << 20;

/// One tenant to add.
struct ImportEntry {
  TenantId id;
  std::string password_hash{};  ///< empty: draw a password
  std::size_t line = 0;
};

struct ImportList {
  std::vector<ImportEntry> entries{};
  /// "line 3: …"; with any of them nothing is added.
  std::vector<std::string> errors{};
};

/// One tenant a line: `NAME`, or `NAME:HASH` as a mosquitto password file has it. Blank lines and
/// lines that begin with `#` are skipped. A name that breaks the rule or occurs twice is an error,
/// as is a hash we cannot check.
ImportList parse_import(std::string_view text);

}  // namespace owb::cli
