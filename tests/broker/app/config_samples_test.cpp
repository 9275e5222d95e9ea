#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/broker/app/config_text.hpp"

namespace owb::app {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::string content_of(const fs::path& path) {
  std::ostringstream content;
  content << std::ifstream{path}.rdbuf();
  return content.str();
}

/// A machine in a folder: the samples' absolute paths are moved below it, and what they name is
/// there.
class ConfigSamples : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path{testing::TempDir()} /
            testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root_);
  }

  void TearDown() override { fs::remove_all(root_); }

  void make_folder(const std::string& path) { fs::create_directories(root_ / path.substr(1)); }

  void make_file(const std::string& path, const std::string& text = "x\n") {
    const auto file = root_ / path.substr(1);
    fs::create_directories(file.parent_path());
    std::ofstream{file} << text;
  }

  /// Puts a sample where it belongs, with its paths moved below the root.
  void install(const std::string& sample, const std::string& path) {
    static const std::regex kAbsolute{"( )/(etc|var|usr|run)/"};
    make_file(path, std::regex_replace(content_of(fs::path{OWB_CONF_DIR} / sample), kAbsolute,
                                       "$1" + root_.string() + "/$2/"));
  }

  LoadedConfig load(const std::string& path) {
    Options options;
    options.config_file = root_ / path.substr(1);
    return load_broker_config(options);
  }

  fs::path root_;
};

std::vector<std::string> names(const BrokerConfig& config) {
  std::vector<std::string> names;
  for (const auto& listener : config.listeners) {
    names.push_back(listener.name());
  }
  return names;
}

TEST_F(ConfigSamples, OurConfigurationIsReadyToUse) {
  install("owb-cloud.conf", "/etc/owb-cloud/owb-cloud.conf");
  make_folder("/etc/owb-cloud/conf.d");
  make_folder("/var/lib/owb-cloud");
  make_folder("/usr/local/share/owb-cloud/www");
  make_file("/etc/owb-cloud/certs/fullchain.pem");
  make_file("/etc/owb-cloud/certs/privkey.pem");
  const auto loaded = load("/etc/owb-cloud/owb-cloud.conf");
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), IsEmpty());
  const auto& config = loaded.config;
  EXPECT_TRUE(config.cloud.tenancy);
  EXPECT_THAT(names(config), ElementsAre("127.0.0.1:1883", "8883", "8443"));
  EXPECT_FALSE(config.listeners[0].tls.enabled());
  EXPECT_TRUE(config.listeners[1].tls.enabled());
  EXPECT_TRUE(config.listeners[2].tls.enabled());
  EXPECT_EQ(config.listeners[2].protocol, Protocol::websockets);
  EXPECT_THAT(config.cloud.portal_socket, Not(IsEmpty()));
  EXPECT_THAT(config.cloud.login_socket, Not(IsEmpty()));
  EXPECT_THAT(config.cloud.origins, ElementsAre("https://cloud.example.org:8443"));
  EXPECT_EQ(config.persistence.path(), (root_ / "var/lib/owb-cloud/state.db").string());
}

TEST_F(ConfigSamples, SaysWhatIsMissingBeforeTheCertificateIsThere) {
  install("owb-cloud.conf", "/etc/owb-cloud/owb-cloud.conf");
  make_folder("/etc/owb-cloud/conf.d");
  make_folder("/var/lib/owb-cloud");
  make_folder("/usr/local/share/owb-cloud/www");
  EXPECT_THAT(texts(load("/etc/owb-cloud/owb-cloud.conf").errors), SizeIs(2));  // each file once
}

TEST_F(ConfigSamples, ThePredecessorsFilesStartUnchangedWithTenancy) {
  install("predecessor/mosquitto.conf", "/etc/mosquitto/mosquitto.conf");
  install("predecessor/conf.d/default.conf", "/etc/mosquitto/conf.d/default.conf");
  make_file("/etc/mosquitto/passwd", "alice:$6$x$y\n");
  for (const auto* name : {"fullchain.pem", "chain.pem", "privkey.pem"}) {
    make_file(std::string{"/etc/mosquitto/certs/"} + name);
  }
  make_folder("/var/lib/mosquitto");
  const auto loaded = load("/etc/mosquitto/mosquitto.conf");
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), IsEmpty());
  const auto& config = loaded.config;
  EXPECT_TRUE(config.cloud.tenancy);
  EXPECT_THAT(names(config), ElementsAre("127.0.0.1:1883", "8883", "8443"));
  for (const auto& listener : config.listeners) {
    EXPECT_FALSE(listener.security.allow_anonymous);
    EXPECT_EQ(listener.security.password_file, (root_ / "etc/mosquitto/passwd").string());
    EXPECT_FALSE(listener.tls.require_certificate);
  }
  EXPECT_TRUE(config.persistence.enabled);
  EXPECT_TRUE(config.log.options.to_syslog);
  EXPECT_THAT(config.log.options.file, Not(IsEmpty()));
  EXPECT_THAT(config.process.pid_file, Not(IsEmpty()));
}

}  // namespace
}  // namespace owb::app
