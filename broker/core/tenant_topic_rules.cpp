#include "broker/core/tenant_topic_rules.hpp"

#include <algorithm>
#include <iterator>

#include "broker/mqtt/topic.hpp"

namespace owb::core {

namespace {

// Rule 9: orders to a home.
constexpr std::string_view kOrders[] = {
    "/openWB/set/#",
    "/openWB/config/set/#",
    "/openWB/simpleAPI/set/#",
    "/openWB/LegacySmartHome/config/set/#",
};

// dashboard.md 5: what an owner's browser may order.
constexpr std::string_view kOwnerWeb[] = {
    // openWB 1.9
    "/openWB/set/ChargeMode",
    "/openWB/config/set/sofort/lp/+/current",
    "/openWB/config/set/sofort/lp/+/chargeLimitation",
    "/openWB/config/set/sofort/lp/+/energyToCharge",
    "/openWB/config/set/sofort/lp/+/socToChargeTo",
    "/openWB/config/set/sofort/lp/+/resetEnergyToCharge",
    "/openWB/config/set/pv/minCurrentMinPv",
    "/openWB/config/set/pv/priorityModeEVBattery",
    "/openWB/set/lp/+/ChargePointEnabled",
    "/openWB/set/lp/+/ForceSoCUpdate",
    "/openWB/set/lp/+/manualSoc",
    "/openWB/set/awattar/MaxPriceForCharging",
    "/openWB/config/set/SmartHome/Devices/+/mode",
    "/openWB/config/set/SmartHome/Devices/+/device_manual_control",
    // openWB 2.x
    "/openWB/set/chargepoint/+/set/charge_template",
    "/openWB/set/chargepoint/+/set/manual_lock",
    "/openWB/set/chargepoint/+/config/ev",
    "/openWB/set/vehicle/+/get/force_soc_update",
    "/openWB/set/vehicle/+/soc_module/calculated_soc_state/manual_soc",
    "/openWB/set/general/chargemode_config/pv_charging/bat_mode",
    "/openWB/set/LegacySmartHome/config/set/Devices/+/mode",
    "/openWB/set/LegacySmartHome/config/set/Devices/+/device_manual_control",
};

// dashboard.md 5, last row: requests for history, which viewers may send too.
constexpr std::string_view kHistoryRequests[] = {
    "/openWB/set/graph/RequestLLiveGraph",      "/openWB/set/graph/RequestDayGraph",
    "/openWB/set/graph/RequestMonthGraph",      "/openWB/set/graph/RequestMonthGraphv1",
    "/openWB/set/graph/RequestYearGraph",       "/openWB/set/graph/RequestYearGraphv1",
    "/openWB/set/graph/RequestMonthLadelog",    "/openWB/set/command/+/todo/getDailyLog",
    "/openWB/set/command/+/todo/getMonthlyLog", "/openWB/set/command/+/todo/getYearlyLog",
    "/openWB/set/command/+/todo/getChargeLog",
};

// dashboard.md 2: what a viewer receives.
constexpr std::string_view kViewerSees[] = {
    "/cloud/home",
    // openWB 1.9
    "/openWB/global/#",
    "/openWB/evu/#",
    "/openWB/lp/#",
    "/openWB/housebattery/#",
    "/openWB/pv/#",
    "/openWB/Verbraucher/#",
    "/openWB/SmartHome/#",
    "/openWB/system/Timestamp",
    "/openWB/system/Version",
    "/openWB/config/get/sofort/#",
    "/openWB/config/get/pv/#",
    "/openWB/config/get/SmartHome/Devices/+/device_configured",
    "/openWB/config/get/SmartHome/Devices/+/device_name",
    "/openWB/config/get/SmartHome/Devices/+/mode",
    // openWB 2.x
    "/openWB/counter/#",
    "/openWB/bat/#",
    "/openWB/chargepoint/#",
    "/openWB/vehicle/+/name",
    "/openWB/vehicle/+/get/#",
    "/openWB/vehicle/+/soc_module/calculated_soc_state",
    "/openWB/optional/ep/configured",
    "/openWB/optional/ep/get/#",
    "/openWB/general/chargemode_config/pv_charging/bat_mode",
    "/openWB/system/version",
    "/openWB/system/time",
    "/openWB/LegacySmartHome/Devices/#",
    "/openWB/LegacySmartHome/config/get/Devices/+/device_configured",
    "/openWB/LegacySmartHome/config/get/Devices/+/device_name",
    "/openWB/LegacySmartHome/config/get/Devices/+/mode",
    "/openWB/LegacySmartHome/config/set/Devices/+/mode",
    // history and graphs of both
    "/openWB/system/lastlivevalues",
    "/openWB/graph/lastlivevaluesJson",
    "/openWB/log/#",
    "/openWB/set/log/#",
};

// Numbered pieces of 1.9's history answers and of the live graphs, e.g. system/DayGraphData7.
constexpr std::string_view kViewerPieces[] = {
    "/openWB/system/DayGraphData",     "/openWB/system/MonthGraphData",
    "/openWB/system/YearGraphData",    "/openWB/system/MonthLadelogData",
    "/openWB/graph/alllivevaluesJson",
};

template <typename List>
bool any_match(const List& filters, std::string_view topic) {
  return std::any_of(std::begin(filters), std::end(filters),
                     [topic](std::string_view filter) { return mqtt::matches(filter, topic); });
}

bool is_viewer_piece(std::string_view rest) {
  constexpr std::string_view kLive = "/openWB/system/";
  if (rest.starts_with(kLive) && rest.ends_with("alllivevalues")) {
    return rest.find('/', kLive.size()) == std::string_view::npos;
  }
  return std::any_of(std::begin(kViewerPieces), std::end(kViewerPieces), [rest](auto piece) {
    return rest.starts_with(piece) && rest.find('/', piece.size()) == std::string_view::npos;
  });
}

}  // namespace

TenantTopicRules::TenantTopicRules(const std::vector<std::string>& drop_topics,
                                   const std::string& login_topic)
    : login_prefix_("/" + login_topic + "/#") {
  drop_.reserve(drop_topics.size());
  for (const auto& filter : drop_topics) {
    drop_.push_back("/" + filter);
  }
}

std::uint16_t TenantTopicRules::flags_of(std::string_view rest) const {
  unsigned flags = 0;
  const auto set_if = [&flags](bool condition, unsigned flag) { flags |= condition ? flag : 0U; };
  const bool order = any_match(kOrders, rest);
  set_if(any_match(drop_, rest), kTopicDropped);
  set_if(order, kTopicOrder | kTopicNeverRetained);
  set_if(mqtt::matches("/openWB/log/#", rest), kTopicNeverRetained);
  set_if(mqtt::matches("/cloud/#", rest), kTopicCloud);
  set_if(mqtt::matches(login_prefix_, rest) || mqtt::matches("/webpara/#", rest), kTopicLogin);
  set_if(any_match(kOwnerWeb, rest), kTopicOwnerWeb);
  set_if(any_match(kHistoryRequests, rest), kTopicViewerWeb);
  set_if(any_match(kViewerSees, rest) || is_viewer_piece(rest), kTopicViewerSees);
  set_if(!order && rest.starts_with("/openWB/"), kTopicHomeStatus);
  return static_cast<std::uint16_t>(flags);
}

}  // namespace owb::core
