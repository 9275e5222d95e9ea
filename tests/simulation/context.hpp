#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "broker/core/now.hpp"
#include "broker/core/settings.hpp"
#include "tenants/registry/record.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/trace.hpp"

namespace owb::simulation {

using Registry = std::map<std::string, std::shared_ptr<const tenants::TenantRecord>>;

/// What everybody in one run shares.
struct Context {
  Random random;
  Trace trace;
  core::Now now{.mono_ms = 1'000'000, .wall_s = 1'700'000'000};
  std::shared_ptr<const core::Settings> settings;
  std::uint64_t next_wire = 1;
  bool classic = false;  ///< `--tenancy off`: one hub, no name before the topics, no registry
  bool keeps = false;    ///< there is a disk, and it is slow
  bool calm = false;     ///< the end of the run: nothing goes wrong any more
};

}  // namespace owb::simulation
