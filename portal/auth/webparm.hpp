#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/result.hpp"

namespace owb::portal::auth {

/// What the operator has set for a user who may use the dashboard.
struct Webparm {
  std::uint64_t id = 0;  ///< above 0: unlocked
  std::string theme = "standard";
};

/// Decimal digits only, at most 19 of them, nothing around them; nullopt for everything else (F46:
/// a user known only from a password file can write any bytes there).
std::optional<std::uint64_t> parse_webparm_id(std::string_view payload);

/// One of the names below, which are safe in a path, a header and a page: `standard light dark`.
/// The predecessor's other themes become the nearest of these, anything else `standard`.
std::string_view theme_or_standard(std::string_view payload);

/// Collects the retained messages of the check; the last one of a topic counts.
class WebparmTopics {
 public:
  /// `root` is the second topic level (`webparm`); the predecessor's other spelling, `webpara`, is
  /// read too and loses.
  WebparmTopics(std::string_view user, std::string_view root);

  /// Foreign topics are ignored.
  void take(std::string_view topic, std::string_view payload);

  /// Errors: not_unlocked (no id, id 0, or not a number).
  Result<Webparm> verdict() const;

 private:
  struct Values {
    std::optional<std::uint64_t> id;
    std::optional<std::string> theme;
  };

  static bool take_into(Values& values, std::string_view prefix, std::string_view topic,
                        std::string_view payload);

  std::string prefix_;
  std::string old_prefix_;
  Values values_;
  Values old_values_;
};

/// The predecessor's code reads this name where its manual says `webparm`.
inline constexpr std::string_view kOldWebparmRoot = "webpara";

}  // namespace owb::portal::auth
