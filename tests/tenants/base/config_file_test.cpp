#include "tenants/base/config_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace owb::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> lines_of(const std::vector<Directive>& directives) {
  std::vector<std::string> lines;
  for (const auto& directive : directives) {
    lines.push_back(directive.key + "=" + directive.value + "@" +
                    std::to_string(directive.place.line));
  }
  return lines;
}

TEST(ConfigText, TakesOneDirectiveALine) {
  const auto parsed = parse_text("# comment\n\nlistener 1883 127.0.0.1\nlog_type   all \t\n", "f");
  EXPECT_THAT(parsed.problems, IsEmpty());
  EXPECT_THAT(lines_of(parsed.directives),
              ElementsAre("listener=1883 127.0.0.1@3", "log_type=all@4"));
  EXPECT_EQ(parsed.directives[0].place.file, "f");
}

TEST(ConfigText, TakesWhatRealFilesContain) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"port 1\r\n", "port=1@1"},
           {"port 1", "port=1@1"},
           {"  port 1", "port=1@1"},
           {"port\t1", "port=1@1"},
           {"port", "port=@1"},
           {"topic openWB/# out 2 \"\" alice/", "topic=openWB/# out 2 \"\" alice/@1"},
           {"remote_password a # b", "remote_password=a # b@1"},
           {"pid_file /tmp/größe", "pid_file=/tmp/größe@1"},
       }) {
    SCOPED_TRACE(text);
    const auto parsed = parse_text(text, "f");
    EXPECT_THAT(parsed.problems, IsEmpty());
    EXPECT_THAT(lines_of(parsed.directives), ElementsAre(expected));
  }
}

TEST(ConfigText, NamesTheLineOfWhatItRefuses) {  // F28
  const std::string nul{"port 1\nuser a\0b\n", 16};
  for (const auto& [text, line, reason] :
       std::vector<std::tuple<std::string, unsigned, std::string>>{
           {"\xEF\xBB\xBFport 1\n", 1U, "byte order mark"},
           {nul, 2U, "control character (0x00)"},
           {"a b\n\x1B[2J\n", 2U, "control character (0x1B)"},
           {"user \xC0\xAF\n", 1U, "not UTF-8"},
           {"user \xED\xA0\x80\n", 1U, "not UTF-8"},
           {"a b\n  # indented\n", 2U, "first column"},
           {"\n\nuser " + std::string(kMaxLineBytes, 'x'), 3U, "8197 bytes"},
       }) {
    SCOPED_TRACE(reason);
    const auto parsed = parse_text(text, "f.conf");
    ASSERT_THAT(parsed.problems, SizeIs(1));
    EXPECT_EQ(parsed.problems[0].place, (Place{"f.conf", line}));
    EXPECT_THAT(parsed.problems[0].str(), HasSubstr(reason));
  }
}

TEST(ConfigText, ReadsOnAfterAProblem) {
  const auto parsed = parse_text("a 1\nb \x01\nc 3\nd \x02\n", "f");
  EXPECT_THAT(parsed.problems, SizeIs(2));
  EXPECT_THAT(lines_of(parsed.directives), ElementsAre("a=1@1", "c=3@3"));
}

TEST(ConfigText, IsBounded) {
  std::string faults;
  std::string many;
  for (std::size_t i = 0; i <= kMaxDirectives; ++i) {
    faults += "\x01\n";
    many += "a b\n";
  }
  EXPECT_THAT(parse_text(faults, "f").problems, SizeIs(kMaxProblems));
  EXPECT_THAT(parse_text(many, "f").directives, SizeIs(kMaxDirectives));
  EXPECT_THAT(parse_text(many, "f").problems, SizeIs(1));
}

TEST(ConfigText, ProblemsReadLikeACompilers) {
  EXPECT_EQ((Problem{{"a.conf", 7}, "text"}.str()), "a.conf:7: text");
  EXPECT_EQ((Problem{{"a.conf", 0}, "text"}.str()), "a.conf: text");
  EXPECT_EQ((Problem{{}, "text"}.str()), "text");
}

/// A folder of its own for each test.
class ConfigFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path{testing::TempDir()} /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "conf.d");
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream{folder_ / name} << text;
    return (folder_ / name).string();
  }

  std::string include() const { return "include_dir " + (folder_ / "conf.d").string() + "\n"; }

  std::filesystem::path folder_;
};

TEST_F(ConfigFolder, IncludesInPlaceAndInMosquittosOrder) {
  const auto main = write("main.conf", "first 1\n" + include() + "last 1\n");
  for (const auto* name : {"b.conf", "A.conf", "01.conf", "a.conf", "B.conf", "00.conf"}) {
    write(std::string{"conf.d/"} + name, std::string{name} + " x\n");
  }
  write("conf.d/README", "not read\n");
  std::filesystem::create_directories(folder_ / "conf.d" / "sub");
  write("conf.d/sub/c.conf", "deeper x\n");
  const auto parsed = read_config(main);
  EXPECT_THAT(parsed.problems, IsEmpty());
  std::vector<std::string> keys;
  for (const auto& directive : parsed.directives) {
    keys.push_back(directive.key);
  }
  EXPECT_THAT(keys, ElementsAre("first", "include_dir", "00.conf", "01.conf", "A.conf", "a.conf",
                                "B.conf", "b.conf", "last"));
  EXPECT_EQ(parsed.directives[2].place.file, (folder_ / "conf.d/00.conf").string());
}

TEST_F(ConfigFolder, SaysWhatItCannotRead) {
  EXPECT_THAT(read_config((folder_ / "none.conf").string()).problems.at(0).str(),
              HasSubstr("none.conf: cannot be read: No such file or directory"));
  EXPECT_THAT(read_config(folder_.string()).problems, SizeIs(1));
  const auto main = write("main.conf", "a b\ninclude_dir /nonexistent\ninclude_dir\n");
  const auto problems = read_config(main).problems;
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_THAT(problems[0].str(), HasSubstr("main.conf:2: include_dir: /nonexistent: No such"));
  EXPECT_THAT(problems[1].str(), HasSubstr("main.conf:3: include_dir: the folder is missing"));
}

TEST_F(ConfigFolder, RefusesIncludesInIncludedFiles) {
  const auto main = write("main.conf", include());
  write("conf.d/a.conf", include());
  const auto problems = read_config(main).problems;
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].str(), HasSubstr("a.conf:1: include_dir is only followed in the main"));
}

TEST_F(ConfigFolder, RefusesAHugeFile) {
  const auto main = write("main.conf", std::string(kMaxFileBytes + 1, '#'));
  EXPECT_THAT(read_config(main).problems, SizeIs(1));
}

}  // namespace
}  // namespace owb::config
