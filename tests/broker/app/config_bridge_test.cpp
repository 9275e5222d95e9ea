#include "broker/app/config_bridge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/broker/app/config_text.hpp"

namespace owb::app {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

Options testing_config() {
  Options options;
  options.test_config = true;
  return options;
}

const std::string kHead = "connection c\naddress a\ntopic #\nlocal_username alice\n";

BridgeConfig bridge_of(const std::string& lines) {
  const auto loaded = load_text(kHead + lines, testing_config());
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  return loaded.config.bridges.empty() ? BridgeConfig{} : loaded.config.bridges[0];
}

TEST(ConfigBridge, ReadsWhatHomesWrite) {
  for (const auto* name : {"bridge-1.9.conf.txt", "bridge-2.conf.txt"}) {
    SCOPED_TRACE(name);
    Options options = testing_config();
    options.config_file = std::string{OWB_TEST_DATA} + "/openwb/" + name;
    options.tenancy = false;
    const auto loaded = load_broker_config(options);
    EXPECT_THAT(texts(loaded.errors), IsEmpty());
    ASSERT_THAT(loaded.config.bridges, SizeIs(1));
    const auto& bridge = loaded.config.bridges[0];
    EXPECT_THAT(bridge.addresses, ElementsAre(BridgeAddress{"HOST", 8883}));
    EXPECT_GE(bridge.topics.size(), 11U);
    EXPECT_EQ(bridge.topics[0].remote_prefix, "USER/");
    EXPECT_EQ(bridge.protocol_version, 4);
    EXPECT_FALSE(bridge.cleansession);
  }
}

TEST(ConfigBridge, ReadsAllOfASection) {
  const auto bridge = bridge_of(
      "addresses b:8883 [::1]:1 ::2\nround_robin true\n"
      "topic x/# both 2 l/ r/\ntopic \"\" in 1 here there\nremote_clientid i\n"
      "remote_username u\nremote_password p w\nbridge_protocol_version mqttv31\n"
      "try_private false\ncleansession true\nkeepalive_interval 63\nnotifications false\n"
      "start_type lazy\nrestart_timeout 2 9\nbridge_capath /etc/ssl/certs\n"
      "bridge_tls_version tlsv1.2\nbridge_insecure false\nlocal_clientid l\n");
  EXPECT_THAT(bridge.addresses, ElementsAre(BridgeAddress{"b", 8883}, BridgeAddress{"::1", 1},
                                            BridgeAddress{"::2", 1883}));
  EXPECT_TRUE(bridge.round_robin);
  ASSERT_THAT(bridge.topics, SizeIs(3));
  EXPECT_EQ(bridge.topics[0].direction, BridgeTopic::Direction::out);
  EXPECT_EQ(bridge.topics[1].direction, BridgeTopic::Direction::both);
  EXPECT_EQ(bridge.topics[1].qos, 2);
  EXPECT_EQ(bridge.topics[1].local_prefix, "l/");
  EXPECT_EQ(bridge.topics[1].remote_prefix, "r/");
  EXPECT_EQ(bridge.topics[2].pattern, "");
  EXPECT_EQ(bridge.remote_clientid, "i");
  EXPECT_EQ(bridge.remote_username, "u");
  EXPECT_EQ(bridge.remote_password, "p w");
  EXPECT_EQ(bridge.protocol_version, 3);
  EXPECT_FALSE(bridge.try_private);
  EXPECT_TRUE(bridge.cleansession);
  EXPECT_EQ(bridge.keepalive.count(), 63);
  EXPECT_FALSE(bridge.notifications);
  EXPECT_EQ(bridge.start, BridgeStart::lazy);
  EXPECT_EQ(bridge.restart_base.count(), 2);
  EXPECT_EQ(bridge.restart_cap.count(), 9);
  EXPECT_TRUE(bridge.tls.enabled());
  EXPECT_EQ(bridge.local_clientid, "l");
  EXPECT_EQ(bridge.local_username, "alice");
}

TEST(ConfigBridge, RefusesWrongValues) {
  for (const auto& [line, reason] : std::vector<std::pair<std::string, std::string>>{
           {"topic", "PATTERN"},
           {"topic a sideways", "PATTERN"},
           {"topic a out 3", "PATTERN"},
           {"topic a out 1 b c d", "PATTERN"},
           {"topic a/#/b", "PATTERN"},
           {"topic a out 1 +/", "PATTERN"},
           {"topic \"\" out 1", "PATTERN"},
           {"addresses b:0", "HOST[:PORT]"},
           {"addresses :1883", "HOST[:PORT]"},
           {"addresses [::1", "HOST[:PORT]"},
           {"bridge_protocol_version mqttv4", "mqttv31, mqttv311, mqttv50"},
           {"bridge_tls_version tlsv1.0", "tlsv1.2, tlsv1.3"},
           {"keepalive_interval 4", "5 to 65535"},
           {"restart_timeout 9 2", "BASE CAP"},
           {"start_type manual", "automatic, lazy, once"},
       }) {
    SCOPED_TRACE(line);
    const auto loaded = load_text(kHead + line + "\n", testing_config());
    ASSERT_THAT(texts(loaded.errors), SizeIs(1));
    EXPECT_THAT(loaded.errors[0].str(), AllOf(StartsWith("f:5: "), HasSubstr(reason)));
  }
}

TEST(ConfigBridge, ChecksASectionAsAWhole) {
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"connection c\ntopic #\nlocal_username a\n",
            "f:1: connection c: an address is missing"},
           {"connection c\naddress a\nlocal_username a\n", "connection c: a topic is missing"},
           {kHead + "bridge_certfile c\n", "go together"},
           {kHead + kHead, "f:5: connection: \"c\" is given twice, first at f:1"},
           {"connection\naddress a\ntopic #\nlocal_username a\n", "a value is missing"},
       }) {
    SCOPED_TRACE(text);
    EXPECT_THAT(texts(load_text(text, testing_config()).errors), Contains(HasSubstr(reason)));
  }
}

TEST(ConfigBridge, BelongsToATenantUnlessTenancyIsOff) {
  const std::string bare = "\nconnection c\naddress a\ntopic #\n";
  EXPECT_THAT(texts(load_text(bare, testing_config()).errors),
              ElementsAre(AllOf(StartsWith("f:2: connection c"), HasSubstr("local_username TENANT"),
                                HasSubstr("tenancy off"))));
  EXPECT_THAT(load_text("tenancy off" + bare, testing_config()).errors, IsEmpty());
  EXPECT_THAT(texts(load_text(bare + "local_username a.b\n", testing_config()).errors),
              ElementsAre(HasSubstr("\"a.b\" is no tenant")));
}

TEST(ConfigBridge, IsNotThereYet) {
  EXPECT_THAT(texts(load_text(kHead).errors), ElementsAre(HasSubstr("not supported yet")));
  Options lenient;
  lenient.lenient = true;
  const auto loaded = load_text(kHead, lenient);
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(loaded.warnings, SizeIs(1));
}

}  // namespace
}  // namespace owb::app
