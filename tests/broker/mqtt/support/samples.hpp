#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "broker/mqtt/types.hpp"
#include "tenants/base/bytes.hpp"

namespace owb::mqtt::testing {

/// A good packet, written by hand.
struct Sample {
  std::string name;
  Bytes bytes;
  /// Lengths to which its body may be cut and is still a good packet; every other cut is malformed.
  std::set<std::size_t> good_cuts;
};

/// At least one of each type that exists in `version`, with all fields used; PUBLISH without
/// payload.
std::vector<Sample> samples(Version version);

/// `3.1`, `3.1.1` or `5.0`.
std::string name_of(Version version);

inline constexpr Version kVersions[] = {Version::v31, Version::v311, Version::v5};

}  // namespace owb::mqtt::testing
