#include "portal/app/portal_config.hpp"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace owb::portal::app {
namespace {

using testing::HasSubstr;

using Lines = std::vector<std::pair<std::string, std::string>>;

LoadedPortalConfig load(const Lines& lines) {
  std::vector<config::Directive> directives;
  unsigned number = 0;
  for (const auto& [key, value] : lines) {
    directives.push_back({key, value, {"test.conf", ++number}});
  }
  return make_portal_config(directives);
}

const Lines kGood{{"portal_socket", "/run/owb/portal.sock"},
                  {"login_socket", "/run/owb/login.sock"}};

Lines good_and(const std::string& key, const std::string& value) {
  auto lines = kGood;
  lines.emplace_back(key, value);
  return lines;
}

TEST(PortalConfig, ReadsItsDirectivesOutOfTheBrokersFile) {
  const auto loaded = load({{"listener", "8443"},
                            {"protocol", "websockets"},
                            {"registry", "/var/lib/x/registry.db"},
                            {"portal_socket", "/run/owb/portal.sock"},
                            {"portal_broker", "mqtt.example.org 8883"},
                            {"portal_cafile", "/etc/ca.pem"},
                            {"login_topic", "login"},
                            {"origin", "https://cloud.example.org:8443"},
                            {"origin", "http://localhost:8080"},
                            {"portal_threads", "3"},
                            {"log_dest", "file /var/log/portal.log"},
                            {"log_type", "error"},
                            {"log_type", "warning"}});
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors.front().str();
  const auto& config = loaded.config;
  EXPECT_EQ(config.registry, "/var/lib/x/registry.db");
  EXPECT_EQ(config.portal_socket, "/run/owb/portal.sock");
  ASSERT_TRUE(config.broker);
  EXPECT_EQ(config.broker->host, "mqtt.example.org");
  EXPECT_EQ(config.broker->port, 8883);
  EXPECT_EQ(config.cafile, "/etc/ca.pem");
  EXPECT_EQ(config.login_topic, "login");
  EXPECT_EQ(config.origins.size(), 2U);
  EXPECT_EQ(config.threads, 3U);
  EXPECT_FALSE(config.log.to_stderr);
  EXPECT_EQ(config.log.file, "/var/log/portal.log");
  EXPECT_EQ(config.log.types, static_cast<log::Types>(log::Type::error) |
                                  static_cast<log::Types>(log::Type::warning));
}

TEST(PortalConfig, HasDefaults) {
  const auto loaded = load(kGood);
  ASSERT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.config.registry, tenants::kDefaultRegistry);
  EXPECT_EQ(loaded.config.login_topic, "webparm");
  EXPECT_EQ(loaded.config.threads, 8U);
  EXPECT_TRUE(loaded.config.origins.empty());
  EXPECT_TRUE(loaded.config.log.to_stderr);
}

struct Bad {
  const char* key;
  const char* value;
};

TEST(PortalConfig, NamesFileLineAndKeyOfWhatIsWrong) {
  const Bad rows[] = {
      {"portal_broker", "mqtt.example.org"},
      {"portal_broker", "mqtt.example.org 0"},
      {"portal_broker", "mqtt.example.org 65536"},
      {"portal_broker", "mqtt.example.org 8883 x"},
      {"login_topic", "a/b"},
      {"login_topic", "#"},
      {"login_topic", "+"},
      {"origin", "https://a.example https://b.example"},
      {"origin", "https://cloud.example.org/"},
      {"origin", "https://"},
      {"origin", "cloud.example.org"},
      {"portal_threads", "0"},
      {"portal_threads", "257"},
      {"portal_threads", "many"},
      {"log_dest", "nowhere"},
      {"log_type", "loud"},
      {"log_timestamp", "maybe"},
      {"registry", ""},
      {"portal_socket", "/a/second/one"},
      {"portal_sockets", "/x"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string{row.key} + ' ' + row.value);
    const auto loaded = load(good_and(row.key, row.value));
    ASSERT_EQ(loaded.errors.size(), 1U);
    EXPECT_THAT(loaded.errors.front().text, HasSubstr(row.key));
    EXPECT_EQ(loaded.errors.front().place.line, 3U);
  }
}

std::string only_error(const Lines& lines) {
  const auto loaded = load(lines);
  return loaded.errors.size() == 1 ? loaded.errors.front().text : std::string{};
}

TEST(PortalConfig, SaysWhatIsMissing) {
  EXPECT_THAT(only_error({{"login_socket", "/run/owb/login.sock"}}), HasSubstr("portal_socket"));
  EXPECT_THAT(only_error({{"portal_socket", "/run/owb/portal.sock"}}), HasSubstr("login_socket"));
}

}  // namespace
}  // namespace owb::portal::app
