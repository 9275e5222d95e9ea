#pragma once

#include <cstdint>
#include <string>

namespace owb::net {

/// What looking at files again has led to.
struct Reload {
  enum class Kind : std::uint8_t {
    unchanged,
    replaced,
    refused,  ///< the files have changed, but the old ones stay in use; `reason` says why
  };
  Kind kind = Kind::unchanged;
  std::string reason;  ///< one line that names the file
};

}  // namespace owb::net
