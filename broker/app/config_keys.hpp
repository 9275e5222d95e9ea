#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Directives that set no field of the broker's configuration, and the search for what was meant
/// by an unknown one; inside broker/app only.
namespace owb::app {

enum class OtherKind : std::uint8_t {
  portal,       ///< read by owb-portal from the same file
  ignored,      ///< accepted without effect; a warning says why
  unsupported,  ///< known, not there yet: an error, with `--lenient` a warning
};

struct OtherKey {
  std::string_view key;
  OtherKind kind = OtherKind::unsupported;
  std::string_view why;  ///< one clause
};

/// Null: not one of them.
const OtherKey* find_other_key(std::string_view key);

/// Every key the broker knows, from all sections. Sorted.
std::span<const std::string_view> known_keys();

/// The known key that differs least from `key`; empty if none is near.
std::string_view nearest_key(std::string_view key);

}  // namespace owb::app
