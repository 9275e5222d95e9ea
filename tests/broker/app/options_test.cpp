#include "broker/app/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace owb::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "owb-broker");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

TEST(Options, AreMosquittosAndOurs) {
  const auto line = parse({"-c", "f.conf", "-p", "1884", "-p", "1885", "-v", "-d", "--tenancy",
                           "off", "--workers", "3", "--test-config", "--lenient"});
  EXPECT_EQ(line.exit_code, std::nullopt) << line.text;
  EXPECT_EQ(line.options.config_file, "f.conf");
  EXPECT_THAT(line.options.ports, ElementsAre(1884, 1885));
  EXPECT_TRUE(line.options.verbose);
  EXPECT_TRUE(line.options.daemon);
  EXPECT_EQ(line.options.tenancy, false);
  EXPECT_EQ(line.options.workers, 3U);
  EXPECT_TRUE(line.options.test_config);
  EXPECT_TRUE(line.options.lenient);
}

TEST(Options, SayNothingByDefault) {
  const auto line = parse({});
  EXPECT_EQ(line.exit_code, std::nullopt);
  EXPECT_EQ(line.options.tenancy, std::nullopt);
  EXPECT_EQ(line.options.workers, std::nullopt);
  EXPECT_EQ(parse({"--tenancy", "on"}).options.tenancy, true);
}

TEST(Options, HelpAndVersionGoToStandardOutput) {
  for (const auto* word : {"-h", "--help"}) {
    const auto help = parse({word});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_FALSE(help.to_stderr);
    for (const auto* part :
         {"--test-config", "CONFIGURATION", "SIGNALS", "EXIT STATUS", "EXAMPLES", "durability"}) {
      EXPECT_THAT(help.text, HasSubstr(part));
    }
  }
  const auto version = parse({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.text, "owb-broker " OWB_VERSION "\n");
}

TEST(Options, RefuseWhatTheyDoNotKnow) {
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"--no-such"},
           {"stray"},
           {"-p", "0"},
           {"-p", "65536"},
           {"-p", "x"},
           {"-c"},
           {"--tenancy", "maybe"},
           {"--workers", "-1"},
           {"--workers", "257"},
           {"-p", "1",  "-p", "2",  "-p", "3",  "-p", "4",  "-p", "5",  "-p",
            "6",  "-p", "7",  "-p", "8",  "-p", "9",  "-p", "10", "-p", "11"}}) {
    const auto line = parse(words);
    SCOPED_TRACE(line.text);
    EXPECT_EQ(line.exit_code, 2);
    EXPECT_TRUE(line.to_stderr);
    EXPECT_NE(line.text, "");
  }
}

}  // namespace
}  // namespace owb::app
