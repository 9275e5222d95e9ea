#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "tenants/base/result.hpp"

namespace owb {

inline constexpr std::size_t kMaxTenantName = 32;

/// The name of one household: MQTT user name and first topic level. Always [A-Za-z0-9_-]{1,32};
/// compared byte for byte, so `Alice` and `alice` are two. Immutable.
class TenantId {
 public:
  /// Errors: the name_… codes of tenants::Errc, the first broken rule from the left.
  static Result<TenantId> parse(std::string_view name);

  const std::string& str() const { return name_; }

  friend bool operator==(const TenantId&, const TenantId&) = default;
  friend auto operator<=>(const TenantId&, const TenantId&) = default;

 private:
  explicit TenantId(std::string_view name) : name_{name} {}

  std::string name_;
};

}  // namespace owb

template <>
struct std::hash<owb::TenantId> {
  std::size_t operator()(const owb::TenantId& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
