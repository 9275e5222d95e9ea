#include "tenants/registry/password_file.hpp"

#include "tenants/base/file.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/base/text.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/tenant_id.hpp"

namespace owb::tenants {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
/// A file that is something else entirely need not be listed line by line.
constexpr std::size_t kMaxErrors = 20;

bool has_control(std::string_view text) {
  for (const char character : text) {
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7F) {
      return true;
    }
  }
  return false;
}

}  // namespace

class PasswordFileReader {
 public:
  explicit PasswordFileReader(UserNames names) : names_{names} {}

  void read(std::string_view text) {
    if (text.starts_with(kByteOrderMark)) {
      line_ = 1;
      refuse("the file begins with a byte order mark; save it as UTF-8 without BOM");
      return;
    }
    while (!text.empty() && result_.errors.size() < kMaxErrors) {
      ++line_;
      const auto end = text.find('\n');
      read_line(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }

  void refuse(std::string message) { result_.errors.push_back({line_, std::move(message)}); }

  PasswordFileResult finish() {
    if (!result_.errors.empty()) {
      result_.file = {};
    }
    return std::move(result_);
  }

 private:
  void read_line(std::string_view line) {
    if (line.size() > kMaxPasswordLineBytes) {
      refuse("the line is longer than 4096 bytes");
      return;
    }
    while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) {
      line.remove_suffix(1);
    }
    if (line.empty() || line.starts_with('#')) {
      return;
    }
    if (has_control(line)) {
      refuse("the line has a control character");
      return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      refuse("no ':' between user name and password hash");
      return;
    }
    read_entry(line.substr(0, colon), text::trim(line.substr(colon + 1)));
  }

  void read_entry(std::string_view user, std::string_view hash) {
    if (user.empty()) {
      refuse("no user name before the ':'");
      return;
    }
    const auto named = "user '" + log::escape(user) + "': ";
    if (hash.empty()) {
      refuse(named + "no password hash after the ':'");
      return;
    }
    if (const auto checked = check_hash_format(hash); !checked) {
      refuse(named + checked.error().message());
      return;
    }
    if (names_ == UserNames::tenants) {
      if (const auto id = TenantId::parse(user); !id) {
        result_.file.warnings_.push_back({line_, named + "left out: " + id.error().message()});
        return;
      }
    }
    if (!result_.file.users_.emplace(user, hash).second) {
      refuse(named + "occurs twice");
    }
  }

  UserNames names_;
  std::size_t line_ = 0;
  PasswordFileResult result_;
};

const std::string* PasswordFile::find(std::string_view user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? nullptr : &found->second;
}

std::string PasswordFileResult::first_error(const std::filesystem::path& path) const {
  if (errors.empty()) {
    return {};
  }
  const auto& first = errors.front();
  const auto line = first.line == 0 ? std::string{} : ":" + std::to_string(first.line);
  return path.string() + line + ": " + first.message;
}

PasswordFileResult parse_password_file(std::string_view text, UserNames names) {
  PasswordFileReader reader{names};
  reader.read(text);
  return reader.finish();
}

PasswordFileResult load_password_file(const std::filesystem::path& path, UserNames names) {
  const auto text = read_file(path, kMaxPasswordFileBytes);
  if (text) {
    return parse_password_file(*text, names);
  }
  PasswordFileReader reader{names};
  reader.refuse(text.error().message());
  return reader.finish();
}

}  // namespace owb::tenants
