#pragma once

#include <memory>
#include <vector>

#include "broker/app/config.hpp"
#include "broker/core/acl.hpp"

namespace owb::app {

/// The acl_file of each listener, null where there is none. Classic mode; empty with tenants.
/// Throws std::runtime_error that names file and line (F28).
std::vector<std::shared_ptr<const core::Acl>> load_acls(const BrokerConfig& config);

}  // namespace owb::app
