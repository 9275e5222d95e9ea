#pragma once

#include <string>
#include <vector>

namespace owb::app {

/// What the broker drops on arrival unless the configuration says otherwise (design section 3, rule
/// 10): secrets of the home, and doors into it. MQTT filters relative to the tenant. A test holds
/// them against the topic lists of openWB.
std::vector<std::string> default_drop_topics();

}  // namespace owb::app
