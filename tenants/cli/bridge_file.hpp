#pragma once

#include <string>

#include "tenants/cli/onboarding.hpp"

namespace owb::cli {

/// A bridge section for a mosquitto at home, with all the form's switches on and the bridge bit
/// set; ready for /etc/mosquitto/conf.d/. `number` (1..1000000) ends the client id, as the form
/// draws it at every save. The form's both-way topic openWB-remote/support is left out: it can open
/// a tunnel into the home.
std::string bridge_file(HomeVersion version, const HomeAccess& access, unsigned number);

}  // namespace owb::cli
