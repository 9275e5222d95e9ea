#include "tenants/cli/import_file.hpp"

#include <unordered_set>

#include "tenants/base/logging.hpp"
#include "tenants/base/text.hpp"
#include "tenants/registry/password_hash.hpp"

namespace owb::cli {
namespace {

constexpr std::size_t kMaxErrors = 20;

class Importer {
 public:
  ImportList read(std::string_view text) {
    for (const auto line : text::split(text, '\n')) {
      ++line_;
      if (list_.errors.size() >= kMaxErrors) {
        break;
      }
      if (list_.entries.size() == kMaxImport && !text::trim(line).empty()) {
        refuse("more than " + std::to_string(kMaxImport) + " tenants in one file");
        break;
      }
      read_line(text::trim(line));
    }
    return std::move(list_);
  }

 private:
  void refuse(const std::string& message) {
    list_.errors.push_back("line " + std::to_string(line_) + ": " + message);
  }

  void read_line(std::string_view line) {
    if (line.empty() || line.starts_with('#')) {
      return;
    }
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    const auto named = "'" + log::escape(name) + "': ";
    auto id = TenantId::parse(name);
    if (!id) {
      return refuse(named + id.error().message());
    }
    if (!names_.insert(id->str()).second) {
      return refuse(named + "occurs twice");
    }
    ImportEntry entry{.id = std::move(*id), .line = line_};
    if (colon != std::string_view::npos) {
      entry.password_hash = line.substr(colon + 1);
      if (const auto checked = tenants::check_hash_format(entry.password_hash); !checked) {
        return refuse(named + checked.error().message());
      }
    }
    list_.entries.push_back(std::move(entry));
  }

  std::size_t line_ = 0;
  std::unordered_set<std::string> names_;
  ImportList list_;
};

}  // namespace

ImportList parse_import(std::string_view text) {
  return Importer{}.read(text);
}

}  // namespace owb::cli
