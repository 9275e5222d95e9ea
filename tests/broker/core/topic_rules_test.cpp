// Rules 2, 8, 9, 10, 11 and 13 of design 3, as the names of topics decide them.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/core/tenant_topic_rules.hpp"

namespace owb::core {
namespace {

const TenantTopicRules kRules{{"openWB/system/mqtt/secret", "openWB/set/system/mqtt/#",
                               "openWB/set/command/+/todo/connectCloud"},
                              "webparm"};

struct Names {
  TopicFlag flag;
  bool has;
  std::vector<const char*> topics;
};

void check(const Names& names) {
  for (const auto* topic : names.topics) {
    SCOPED_TRACE(topic);
    EXPECT_EQ((kRules.flags_of(topic) & names.flag) != 0, names.has);
  }
}

TEST(TopicRules, OrdersAreNeverRetainedAndGoStale) {  // rule 9
  const std::vector<const char*> orders{
      "/openWB/set/ChargeMode",  "/openWB/set",
      "/openWB/set/log/x",       "/openWB/config/set/pv/minCurrentMinPv",
      "/openWB/simpleAPI/set/x", "/openWB/LegacySmartHome/config/set/Devices/1/mode"};
  const std::vector<const char*> others{"",
                                        "/",
                                        "/openWB",
                                        "/openWB/global/ChargeMode",
                                        "/openWB/config/get/pv/minCurrentMinPv",
                                        "/openWB/sets/a",
                                        "/set/a",
                                        "/openwb/set/a",
                                        "//openWB/set/a"};
  check({kTopicOrder, true, orders});
  check({kTopicNeverRetained, true, orders});
  check({kTopicOrder, false, others});
  check({kTopicNeverRetained, false, others});
  check({kTopicNeverRetained, true, {"/openWB/log/daily/20261120", "/openWB/log"}});
  check({kTopicOrder, false, {"/openWB/log/daily/20261120"}});
}

TEST(TopicRules, DropsSecretsAndDoors) {  // rule 10
  check({kTopicDropped,
         true,
         {"/openWB/system/mqtt/secret", "/openWB/set/system/mqtt/bridge/1",
          "/openWB/set/system/mqtt", "/openWB/set/command/abc/todo/connectCloud"}});
  check({kTopicDropped,
         false,
         {"/openWB/system/mqtt/secret/a", "/openWB/set/command/todo/connectCloud",
          "/x/openWB/system/mqtt/secret"}});
}

TEST(TopicRules, KnowsTheBrokersOwn) {  // rules 2 and 13
  check({kTopicCloud, true, {"/cloud", "/cloud/home", "/cloud/denied", "/cloud/a/b"}});
  check({kTopicCloud, false, {"/cloudy", "/openWB/cloud", "//cloud/home", "/Cloud/home"}});
  check({kTopicLogin, true, {"/webparm/id", "/webparm/thema", "/webpara/id", "/webparm"}});
  check({kTopicLogin, false, {"/webparmx/id", "/openWB/webparm/id"}});
}

TEST(TopicRules, OwnersBrowsersOrderOnlyWhatTheDashboardDoes) {  // rule 11, dashboard.md 5
  check({kTopicOwnerWeb,
         true,
         {"/openWB/set/ChargeMode", "/openWB/config/set/sofort/lp/1/current",
          "/openWB/config/set/pv/minCurrentMinPv", "/openWB/set/lp/2/ChargePointEnabled",
          "/openWB/set/chargepoint/0/set/charge_template",
          "/openWB/set/chargepoint/0/set/manual_lock", "/openWB/set/vehicle/1/get/force_soc_update",
          "/openWB/config/set/SmartHome/Devices/3/mode"}});
  check({kTopicOwnerWeb,
         false,
         {"/openWB/global/ChargeMode", "/openWB/set/system/reboot", "/openWB/set/command/x/todo/a",
          "/openWB/config/set/sofort/lp/1/2/current", "/openWB/set/ChargeMode/x", "/a",
          "/openWB/set/chargepoint/0/get/state"}});
}

TEST(TopicRules, ViewersAskForHistoryOnly) {  // rule 11
  check({kTopicViewerWeb,
         true,
         {"/openWB/set/graph/RequestDayGraph", "/openWB/set/graph/RequestLLiveGraph",
          "/openWB/set/command/abc/todo/getDailyLog"}});
  check({kTopicViewerWeb,
         false,
         {"/openWB/set/ChargeMode", "/openWB/set/graph/a", "/openWB/set/command/abc/todo/reboot",
          "/openWB/set/chargepoint/0/set/manual_lock"}});
}

TEST(TopicRules, ViewersSeeTheDashboardWithoutWhatIsTheOwners) {  // rule 11, dashboard.md 2
  check({kTopicViewerSees,
         true,
         {"/cloud/home", "/openWB/global/WHouseConsumption", "/openWB/evu/W", "/openWB/lp/1/%Soc",
          "/openWB/system/DayGraphData7", "/openWB/system/1alllivevalues",
          "/openWB/system/lastlivevalues", "/openWB/chargepoint/0/get/power",
          "/openWB/log/daily/20261120", "/openWB/vehicle/0/name"}});
  check({kTopicViewerSees,
         false,
         {"", "/cloud/denied", "/webparm/id", "/openWB/set/ChargeMode", "/openWB/system/ip_address",
          "/openWB/system/DayGraphData7/x", "/openWB/system/x/alllivevalues", "/other",
          "/openWB/vehicle/0/soc_module/config"}});
}

TEST(TopicRules, StatusMarksAHome) {  // rule 8
  check({kTopicHomeStatus, true, {"/openWB/evu/W", "/openWB/system/Uptime"}});
  check({kTopicHomeStatus, false, {"/openWB/set/ChargeMode", "/evcc/x", "/openWB", ""}});
}

TEST(TopicRules, ClassicModeKnowsNone) {
  EXPECT_EQ(ClassicTopicRules{}.flags_of("/openWB/set/ChargeMode"), 0);
}

}  // namespace
}  // namespace owb::core
