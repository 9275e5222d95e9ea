#pragma once

#include <cstdint>
#include <string>

namespace owb::core {

/// What `user/cloud/home` says (design 3, rule 8). For display only; no right depends on it.
///
/// Threading: shard-local.
struct HomeStatus {
  bool connected = false;
  bool writable = false;  ///< a connected home's filter takes mode orders
  bool bridge_bit = false;
  std::int64_t since = 0;  ///< unix seconds, of the last change of `connected`; 0: never seen
  std::int64_t last = 0;   ///< unix seconds, when the home was heard last

  /// `{"connected":…,"since":…,"last":…,"writable":…,"bridge_bit":…}`
  std::string json() const {
    const auto text = [](bool value) { return value ? "true" : "false"; };
    return std::string("{\"connected\":") + text(connected) +
           ",\"since\":" + std::to_string(since) + ",\"last\":" + std::to_string(last) +
           ",\"writable\":" + text(writable) + ",\"bridge_bit\":" + text(bridge_bit) + "}";
  }
};

}  // namespace owb::core
