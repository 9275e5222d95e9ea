#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/app/default_drop_topics.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::app {
namespace {

/// One row of openWB's topic lists.
struct Row {
  std::string topic;  ///< with {1..9} and {name} in it
  std::string direction;
  std::string meaning;
};

/// Fields of one CSV line; a quoted field may hold commas and doubled quotes, not newlines.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields{""};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::vector<Row> rows_of(const std::string& name) {
  std::ifstream file{std::string{OWB_TEST_DATA} + "/openwb/" + name};
  std::vector<Row> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const auto fields = fields_of(line);
    EXPECT_EQ(fields.size(), 6U) << line;
    rows.push_back({fields.front(), fields.at(4), fields.at(5)});
  }
  return rows;
}

std::vector<Row> all_rows() {
  auto rows = rows_of("topics-1.9.csv");
  std::ranges::copy(rows_of("topics-2.csv"), std::back_inserter(rows));
  return rows;
}

/// The topics a row stands for: ends of ranges, and for a name some that homes use.
std::vector<std::string> expand(const std::string& topic) {
  static const std::regex kPlaceholder{R"(\{([^}]*)\})"};
  std::smatch match;
  if (!std::regex_search(topic, match, kPlaceholder)) {
    return {topic};
  }
  static const std::regex kRange{R"((\d+)\.\.(\d+))"};
  const std::string inside = match[1];
  std::smatch range;
  std::vector<std::string> values{"0", "3", "17", "name-x"};
  if (std::regex_match(inside, range, kRange)) {
    values = {range[1], range[2]};
  }
  std::vector<std::string> topics;
  for (const auto& value : values) {
    const auto rest = expand(match.prefix().str() + value + match.suffix().str());
    topics.insert(topics.end(), rest.begin(), rest.end());
  }
  return topics;
}

bool dropped(const std::string& topic) {
  static const auto filters = default_drop_topics();
  return std::ranges::any_of(
      filters, [&topic](const auto& filter) { return mqtt::matches_levels(filter, topic); });
}

bool is_secret(const Row& row) {
  return row.meaning.starts_with("SECRET");
}

/// A secret and the forms in which it is written: below openWB/set/ and openWB/config/set/, and a
/// config/get of 1.9 as config/set.
std::vector<std::string> forms_of(const std::string& topic) {
  constexpr std::string_view kRoot = "openWB/";
  constexpr std::string_view kGet = "openWB/config/get/";
  const auto rest = topic.substr(kRoot.size());
  std::vector<std::string> forms{topic, "openWB/set/" + rest, "openWB/config/set/" + rest};
  if (topic.starts_with(kGet)) {
    forms.push_back("openWB/config/set/" + topic.substr(kGet.size()));
  }
  return forms;
}

std::vector<std::string> doors() {
  return {"openWB-remote/support",
          "openWB-remote/cloud",
          "openWB-remote/partner",
          "openWB/set/system/GetRemoteSupport",
          "openWB/system/GetRemoteSupport",
          "openWB/set/system/mqtt/bridge/1",
          "openWB/set/system/mqtt/valid_partner_ids",
          "openWB/set/system/mqtt",
          "openWB/set/command/web-1/todo/connectCloud",
          "openWB/set/command/x/todo/addMqttBridge",
          "openWB/set/command/x/todo/updateAdminPassword",
          "openWB/set/command/x/todo/resetUserPassword"};
}

TEST(DefaultDropTopics, AreFilters) {
  std::set<std::string> seen;
  for (const auto& filter : default_drop_topics()) {
    EXPECT_TRUE(mqtt::is_topic_filter(filter)) << filter;
    EXPECT_TRUE(seen.insert(filter).second) << filter << " is there twice";
    EXPECT_TRUE(filter.starts_with("openWB/") || filter.starts_with("openWB-remote/")) << filter;
  }
}

TEST(DefaultDropTopics, DropEverySecretOfTheListsInEveryForm) {
  std::size_t secrets = 0;
  for (const auto& row : all_rows()) {
    if (!is_secret(row)) {
      continue;
    }
    ++secrets;
    for (const auto& topic : expand(row.topic)) {
      for (const auto& form : forms_of(topic)) {
        EXPECT_TRUE(dropped(form)) << form;
      }
    }
  }
  EXPECT_EQ(secrets, 24U);  // the lists were really read
}

/// topics-2.csv says of LegacySmartHome only that its secret fields are those of the 1.9 list.
TEST(DefaultDropTopics, DropTheSecretsOfLegacySmartHomeDevices) {
  static const std::regex kField{"openWB/config/get/SmartHome/Devices/\\{1..9\\}/(device_.*)"};
  std::size_t fields = 0;
  for (const auto& row : rows_of("topics-1.9.csv")) {
    std::smatch match;
    if (!is_secret(row) || !std::regex_match(row.topic, match, kField)) {
      continue;
    }
    ++fields;
    for (const auto* part : {"config/get", "config/set"}) {
      const auto rest = "LegacySmartHome/" + std::string{part} + "/Devices/4/" + match[1].str();
      EXPECT_TRUE(dropped("openWB/" + rest)) << rest;
      EXPECT_TRUE(dropped("openWB/set/" + rest)) << rest;
    }
  }
  EXPECT_EQ(fields, 8U);
}

TEST(DefaultDropTopics, DropDoorsIntoTheHome) {
  for (const auto& topic : doors()) {
    EXPECT_TRUE(dropped(topic)) << topic;
  }
}

TEST(DefaultDropTopics, LeaveEverythingElseOfTheLists) {
  std::set<std::string> expected;
  for (const auto& row : all_rows()) {
    for (const auto& topic : is_secret(row) ? expand(row.topic) : std::vector<std::string>{}) {
      std::ranges::copy(forms_of(topic), std::inserter(expected, expected.end()));
    }
  }
  std::ranges::copy(doors(), std::inserter(expected, expected.end()));
  // May hold a token as the flexible tariff's does; no page needs it.
  expected.insert(
      {"openWB/optional/ep/grid_fee/provider", "openWB/set/optional/ep/grid_fee/provider"});
  const auto is_door_command = [](const std::string& topic) {
    static const std::regex kCommand{
        "openWB/set/command/.*/todo/(connectCloud|addMqttBridge|updateAdminPassword|"
        "resetUserPassword)"};
    return std::regex_match(topic, kCommand) || topic.starts_with("openWB/set/system/mqtt/");
  };
  for (const auto& row : all_rows()) {
    for (const auto& topic : expand(row.topic)) {
      EXPECT_EQ(dropped(topic), expected.contains(topic) || is_door_command(topic)) << topic;
    }
  }
}

/// What the dashboard reads and writes beyond the lists' own rows: with ids of real homes.
TEST(DefaultDropTopics, LeaveWhatTheDashboardNeeds) {
  for (const auto* topic : {
           "webparm/id",
           "openWB/system/Timestamp",
           "openWB/system/time",
           "openWB/system/version",
           "openWB/system/Version",
           "openWB/system/lastlivevalues",
           "openWB/system/MonthLadelogData1",
           "openWB/system/device/2/component/3/config",
           "openWB/config/get/SmartHome/Devices/1/device_name",
           "openWB/config/get/SmartHome/Devices/1/device_configured",
           "openWB/config/get/SmartHome/Devices/1/mode",
           "openWB/config/set/SmartHome/Devices/1/mode",
           "openWB/config/set/SmartHome/Devices/1/device_manual_control",
           "openWB/LegacySmartHome/config/get/Devices/1/device_name",
           "openWB/LegacySmartHome/config/set/Devices/1/mode",
           "openWB/set/LegacySmartHome/config/set/Devices/1/device_manual_control",
           "openWB/config/get/sofort/lp/1/current",
           "openWB/config/set/pv/minCurrentMinPv",
           "openWB/chargepoint/3/config",
           "openWB/chargepoint/3/set/charge_template",
           "openWB/set/chargepoint/3/set/charge_template",
           "openWB/set/chargepoint/3/config/ev",
           "openWB/set/vehicle/1/get/force_soc_update",
           "openWB/vehicle/1/name",
           "openWB/vehicle/1/get/soc",
           "openWB/vehicle/1/soc_module/calculated_soc_state",
           "openWB/set/vehicle/1/soc_module/calculated_soc_state/manual_soc",
           "openWB/optional/ep/configured",
           "openWB/optional/ep/get/prices",
           "openWB/set/general/chargemode_config/pv_charging/bat_mode",
           "openWB/set/graph/RequestDayGraph",
           "openWB/set/command/web-0123/todo/getDailyLog",
           "openWB/set/command/web-0123/todo/getChargeLog",
           "openWB/log/daily/20261120",
           "openWB/set/log/daily/20261120",
           "openWB-remote/connection_state",
           "openWB-remote/api_version",
           "cloud/home",
       }) {
    EXPECT_FALSE(dropped(topic)) << topic;
  }
}

}  // namespace
}  // namespace owb::app
