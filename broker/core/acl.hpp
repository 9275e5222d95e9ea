#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace owb::core {

/// mosquitto's acl_file: which clients may read and write which topics. Classic mode. What no line
/// allows is denied.
///
/// Threading: immutable.
class Acl {
 public:
  enum class Access : std::uint8_t { none = 0, read = 1, write = 2, both = 3 };

  /// What stands where in the file, for messages.
  struct Problem {
    std::size_t line = 0;
    std::string what;
  };

  /// nullopt: `problem` says why.
  static std::optional<Acl> parse(std::string_view text, Problem& problem);

  /// `access` is read or write; `user` empty: without a name.
  bool may(Access access, std::string_view user, std::string_view client_id,
           std::string_view topic) const;

 private:
  struct Rule {
    Access access = Access::none;
    std::string filter;
  };

  using Rules = std::vector<Rule>;
  enum class Verdict : std::uint8_t { silent, denied, allowed };

  template <typename Matches>
  static Verdict judge(const Rules& rules, Access access, const Matches& matches);
  static std::optional<std::string> read_rule(std::string_view words, Rule& rule);

  std::map<std::string, Rules, std::less<>> users_;  ///< of clients without a name: under ""
  Rules patterns_;                                   ///< with %c and %u, for everybody
};

/// A client as an Acl sees it. Without an Acl it may do everything.
struct AclClient {
  std::shared_ptr<const Acl> acl;
  std::uint32_t listener = 0;
  std::string user;
  std::string id;

  bool may(Acl::Access access, std::string_view topic) const {
    return acl == nullptr || acl->may(access, user, id, topic);
  }
};

}  // namespace owb::core
