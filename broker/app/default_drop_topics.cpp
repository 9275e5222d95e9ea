#include "broker/app/default_drop_topics.hpp"

#include <string_view>

namespace owb::app {

namespace {

/// Secrets, without the leading `openWB/`. Each is dropped there and in the forms in which a home
/// or a page writes it: below `openWB/set/` and below `openWB/config/set/`.
constexpr std::string_view kSecrets[] = {
    // openWB 1.9: the debug log, SmartHome accounts, the display's PIN
    "system/debug/DebugInfo",
    "config/+/SmartHome/Devices/+/device_username",
    "config/+/SmartHome/Devices/+/device_password",
    "config/+/SmartHome/Devices/+/device_shusername",
    "config/+/SmartHome/Devices/+/device_shpassword",
    "config/+/SmartHome/Devices/+/device_measureshusername",
    "config/+/SmartHome/Devices/+/device_measureshpassword",
    "config/+/SmartHome/Devices/+/device_measureavmusername",
    "config/+/SmartHome/Devices/+/device_measureavmpassword",
    "config/+/display/displaypincode",

    // openWB 2.x: accounts of devices, cars, tariffs, backups; the password of this very cloud
    "system/backup_password",
    "system/backup_cloud/config",
    "system/mqtt/bridge/+",
    "system/device/+/config",
    "vehicle/+/soc_module/config",
    "optional/int_display/pin_code",
    "optional/monitoring/config",
    "optional/ocpp/config",
    "optional/ep/+/provider",
    "optional/et/provider",
    "LegacySmartHome/config/+/Devices/+/device_username",
    "LegacySmartHome/config/+/Devices/+/device_password",
    "LegacySmartHome/config/+/Devices/+/device_shusername",
    "LegacySmartHome/config/+/Devices/+/device_shpassword",
    "LegacySmartHome/config/+/Devices/+/device_measureshusername",
    "LegacySmartHome/config/+/Devices/+/device_measureshpassword",
    "LegacySmartHome/config/+/Devices/+/device_measureavmusername",
    "LegacySmartHome/config/+/Devices/+/device_measureavmpassword",
};

constexpr std::string_view kForms[] = {"openWB/", "openWB/set/", "openWB/config/set/"};

/// As they are: commands that carry a password, then what opens a tunnel into the home or bends its
/// bridges.
constexpr std::string_view kWhole[] = {
    "openWB/set/command/+/todo/connectCloud",
    "openWB/set/command/+/todo/addMqttBridge",
    "openWB/set/command/+/todo/updateAdminPassword",
    "openWB/set/command/+/todo/resetUserPassword",
    "openWB-remote/support",
    "openWB-remote/cloud",
    "openWB-remote/partner",
    "openWB/set/system/GetRemoteSupport",
    "openWB/system/GetRemoteSupport",
    "openWB/set/system/mqtt/#",
};

}  // namespace

std::vector<std::string> default_drop_topics() {
  std::vector<std::string> filters;
  filters.reserve(std::size(kSecrets) * std::size(kForms) + std::size(kWhole));
  for (const auto form : kForms) {
    for (const auto secret : kSecrets) {
      filters.push_back(std::string{form} + std::string{secret});
    }
  }
  filters.insert(filters.end(), std::begin(kWhole), std::end(kWhole));
  return filters;
}

}  // namespace owb::app
