#pragma once

#include "broker/app/config.hpp"
#include "broker/core/settings.hpp"

namespace owb::app {

/// What the connections need to know of the configuration.
core::Settings make_settings(const BrokerConfig& config);

}  // namespace owb::app
