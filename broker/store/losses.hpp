#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace owb::store {

/// What a damaged file has cost, by tenant.
struct Losses {
  std::map<std::string, std::uint64_t, std::less<>> entries;  ///< by tenant; "" in classic mode
  std::uint64_t unknown = 0;  ///< places of which nobody can tell whose they were

  bool any() const { return unknown != 0 || !entries.empty(); }

  void add(std::string_view tenant, std::uint64_t count);
  void add(const Losses& other);
  /// "2 entries of alice, 1 entry of a tenant that cannot be told".
  std::string text() const;
};

}  // namespace owb::store
