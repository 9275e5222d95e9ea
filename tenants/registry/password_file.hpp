#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tenants/base/result.hpp"

namespace owb::tenants {

inline constexpr std::size_t kMaxPasswordFileBytes = 64 << 20;  ///< some 400,000 users
inline constexpr std::size_t kMaxPasswordLineBytes = 4'096;

/// Something in a password file that a person should know. `message` is fit for a log line.
struct PasswordFileNote {
  std::size_t line = 0;  ///< from 1; 0: the file as a whole
  std::string message{};
};

/// A mosquitto password file in memory: user → hash. Immutable after loading.
class PasswordFile {
 public:
  /// The hash of this user; null if the file has none.
  const std::string* find(std::string_view user) const;

  std::size_t size() const { return users_.size(); }

  const auto& users() const { return users_; }

  /// Entries that were left out because their name can be no tenant, with the reason.
  const std::vector<PasswordFileNote>& warnings() const { return warnings_; }

 private:
  friend class PasswordFileReader;

  struct NameHash {
    using is_transparent = void;

    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };

  std::unordered_map<std::string, std::string, NameHash, std::equal_to<>> users_;
  std::vector<PasswordFileNote> warnings_{};
};

/// The file, or everything that is wrong with it. With errors `file` is empty: a half-read file
/// must not decide who may connect.
struct PasswordFileResult {
  PasswordFile file;
  std::vector<PasswordFileNote> errors{};

  explicit operator bool() const { return errors.empty(); }

  /// "FILE:LINE: message" for the first error; for exceptions and logs.
  std::string first_error(const std::filesystem::path& path) const;
};

/// Which names are kept.
enum class UserNames {
  tenants,  ///< tenancy on: only names that TenantId takes; others become warnings
  any,      ///< classic mode
};

/// Reads the text of a password file. Blank lines and lines beginning with `#` are skipped; CRLF is
/// taken; a byte order mark, a line without `:`, an empty name or hash, an unknown or too expensive
/// hash, control characters and a name that occurs twice are errors.
PasswordFileResult parse_password_file(std::string_view text, UserNames names = UserNames::tenants);

/// The same for a file; one that cannot be read is an error of line 0.
PasswordFileResult load_password_file(const std::filesystem::path& path,
                                      UserNames names = UserNames::tenants);

}  // namespace owb::tenants
