#include "tenants/base/logging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenants/base/file.hpp"
#include "tests/tenants/support/temporary_folder.hpp"

namespace owb::log {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// Logs into a file of its own, and back to the defaults afterwards.
class Logging : public testing::Test {
 protected:
  void log_to_file(Types types = kAllTypes) {
    Options options;
    options.to_stderr = false;
    options.file = (folder_ / "log").string();
    options.types = types;
    options.timestamp = false;
    ASSERT_TRUE(configure(options));
  }

  std::string written() const { return *read_file(folder_ / "log", 1 << 20); }

  void TearDown() override { ASSERT_TRUE(configure({})); }

  test::TemporaryFolder folder_;
};

TEST_F(Logging, WritesOneLinePerEvent) {
  log_to_file();
  info("tenant {} has {} sessions", "alice", 3);
  EXPECT_EQ(written(), "tenant alice has 3 sessions\n");
}

TEST_F(Logging, KeepsToTheTypesThatAreWanted) {
  log_to_file(*parse_type("error") | *parse_type("subscribe"));
  error("an error");
  warning("a warning");
  log(Type::subscribe, "a subscription");
  debug("a detail");
  EXPECT_EQ(written(), "an error\na subscription\n");
}

TEST_F(Logging, F62CannotBeForgedByLineBreaksAndEscapes) {
  log_to_file();
  info("login of {}", "eve\nlogin of admin\x1b[2J\r\x7f");
  const auto text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("eve\\x0alogin of admin\\x1b[2J\\x0d\\x7f"));
}

TEST_F(Logging, StaysAsItWasWhenTheNewFileCannotBeOpened) {
  log_to_file();
  Options broken;
  broken.file = "/proc/none/log";
  EXPECT_FALSE(configure(broken));
  info("still here");
  EXPECT_THAT(written(), EndsWith("still here\n"));
}

TEST_F(Logging, ReopensAFileThatWasMovedAway) {
  log_to_file();
  info("before");
  std::filesystem::rename(folder_ / "log", folder_ / "log.1");
  log_to_file();
  info("after");
  EXPECT_EQ(written(), "after\n");
}

TEST(LogType, KnowsMosquittosNames) {
  EXPECT_EQ(*parse_type("error"), 1U);
  EXPECT_EQ(*parse_type("all"), kAllTypes);
  EXPECT_EQ(*parse_type("none"), 0U);
  EXPECT_FALSE(parse_type("errors"));
  EXPECT_FALSE(parse_type(""));
}

TEST(Escape, F62MakesUntrustedTextFitForALogLine) {
  struct Case {
    std::string_view text;
    std::string_view escaped;
  };

  for (const auto& [text, escaped] : {Case{"alice", "alice"},
                                      {"a b", "a b"},
                                      {"a\nb", "a\\x0ab"},
                                      {std::string_view{"a\0b", 3}, "a\\x00b"},
                                      {"\x1b[31m", "\\x1b[31m"},
                                      {"C:\\x", "C:\\\\x"},
                                      {"\xC3\xBC", "\\xc3\\xbc"},
                                      {"", ""}}) {
    EXPECT_EQ(escape(text), escaped);
  }
}

TEST(Escape, CutsOffWhatIsTooLong) {
  EXPECT_EQ(escape(std::string(kMaxEscapedText, 'a')).size(), kMaxEscapedText);
  EXPECT_THAT(escape(std::string(70'000, '\n')), EndsWith("..."));
  EXPECT_LT(escape(std::string(70'000, '\n')).size(), kMaxEscapedText + 10);
}

}  // namespace
}  // namespace owb::log
