#include "tenants/cli/bridge_file.hpp"

#include <array>
#include <string_view>

namespace owb::cli {
namespace {

struct BridgedTopic {
  std::string_view filter;
  std::string_view direction;
};

constexpr std::array kTopics19 = {
    BridgedTopic{"openWB/global/#", "out"},       BridgedTopic{"openWB/system/#", "out"},
    BridgedTopic{"openWB/evu/#", "out"},          BridgedTopic{"openWB/lp/#", "out"},
    BridgedTopic{"openWB/housebattery/#", "out"}, BridgedTopic{"openWB/pv/#", "out"},
    BridgedTopic{"openWB/config/get/#", "out"},   BridgedTopic{"openWB/SmartHome/#", "out"},
    BridgedTopic{"openWB/set/graph/#", "both"},   BridgedTopic{"openWB/set/#", "both"},
    BridgedTopic{"openWB/config/set/#", "both"}};

constexpr std::array kTopics2 = {BridgedTopic{"openWB/system/time", "out"},
                                 BridgedTopic{"openWB-remote/api_version", "out"},
                                 BridgedTopic{"openWB-remote/connection_state", "out"},
                                 BridgedTopic{"openWB/general/#", "out"},
                                 BridgedTopic{"openWB/system/#", "out"},
                                 BridgedTopic{"openWB/counter/#", "out"},
                                 BridgedTopic{"openWB/chargepoint/#", "out"},
                                 BridgedTopic{"openWB/bat/#", "out"},
                                 BridgedTopic{"openWB/pv/#", "out"},
                                 BridgedTopic{"openWB/vehicle/#", "out"},
                                 BridgedTopic{"openWB/optional/#", "out"},
                                 BridgedTopic{"openWB/graph/#", "out"},
                                 BridgedTopic{"openWB/set/#", "both"}};

template <std::size_t N>
std::string topic_lines(const std::array<BridgedTopic, N>& topics, const std::string& name) {
  std::string lines;
  for (const auto& topic : topics) {
    lines.append("topic ").append(topic.filter).append(" ").append(topic.direction);
    lines.append(" 2 \"\" ").append(name).append("/\n");
  }
  return lines;
}

}  // namespace

std::string bridge_file(HomeVersion version, const HomeAccess& access, unsigned number) {
  const bool is_1_9 = version == HomeVersion::openwb_1_9;
  const auto address = access.host + ":" + std::to_string(access.port);
  const auto client = std::string{is_1_9 ? "openwbBridgecloud-" : "openWB-1-"};
  return "# Bridge of the openWB " + std::string{is_1_9 ? "1.9" : "2.x"} + " home of " +
         access.name + " to its cloud. Holds its secret: keep it private.\n" +
         "connection cloud\naddress " + address + "\n" +
         (is_1_9 ? topic_lines(kTopics19, access.name) : topic_lines(kTopics2, access.name)) +
         "remote_username " + access.name + "\nremote_password " + access.secret +
         "\nlocal_clientid " + (is_1_9 ? "bridgeClientcloud" : "bridgeClient-cloud") +
         "\nremote_clientid " + client + std::to_string(number) +
         "\nbridge_protocol_version mqttv311\ntry_private true\n"
         "bridge_tls_version tlsv1.2\nbridge_insecure false\nbridge_capath /etc/ssl/certs\n"
         "keepalive_interval 63\nstart_type automatic\nnotifications false\ncleansession false\n";
}

}  // namespace owb::cli
