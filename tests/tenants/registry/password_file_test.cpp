#include "tenants/registry/password_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenants/base/file.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tests/tenants/support/temporary_folder.hpp"

namespace owb::tenants {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kHash =
    "$7$101$WxwbUpnJNEPv4EyZ$UKI1PCEMBd0ytLRVKzKvX0AH1zZXC3oZgHP5vr6DDlggoABgak2RbudwZiUuTw8h5aFi+"
    "H6"
    "An239dtgOSI6m8g==";

TEST(PasswordFile, MapsUsersToHashes) {
  const auto result = parse_password_file("# users\n\nalice:" + kHash + "\nbob:" + kHash);
  ASSERT_TRUE(result);
  EXPECT_EQ(result.file.size(), 2U);
  ASSERT_NE(result.file.find("alice"), nullptr);
  EXPECT_EQ(*result.file.find("alice"), kHash);
  EXPECT_EQ(result.file.find("carol"), nullptr);
  EXPECT_EQ(result.file.find("# users"), nullptr);
}

TEST(PasswordFile, MayBeEmpty) {
  for (const auto* text : {"", "\n\n", "# nobody\n"}) {
    const auto result = parse_password_file(text);
    EXPECT_TRUE(result);
    EXPECT_EQ(result.file.size(), 0U);
  }
}

TEST(PasswordFile, TakesWindowsLineEnds) {
  const auto result = parse_password_file("alice:" + kHash + "\r\n\r\nbob:" + kHash + "\r\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(*result.file.find("bob"), kHash);
}

TEST(PasswordFile, F28NamesTheLineOfEachError) {
  struct Case {
    std::string line;
    std::string_view message;
  };

  for (const auto& [line, message] : {Case{"alice", "no ':'"},
                                      {"alice " + kHash, "no ':'"},
                                      {":" + kHash, "no user name"},
                                      {"alice:", "user 'alice': no password hash"},
                                      {"alice: \t", "no password hash"},
                                      {"alice:secret", "unknown kind of password hash"},
                                      {"alice:$6$abc", "malformed"},
                                      {"alice:$7$99999999$YQ==$YQ==", "more iterations"},
                                      {"al\x01ice:" + kHash, "control character"},
                                      {std::string("al\0ice:x", 8), "control character"},
                                      {"al\rice:" + kHash, "control character"},
                                      {"bob:" + kHash, "user 'bob': occurs twice"},
                                      {std::string(5'000, 'a'), "longer than 4096"}}) {
    SCOPED_TRACE(line.substr(0, 60));
    const auto result = parse_password_file("# first\nbob:" + kHash + "\n" + line + "\n");
    ASSERT_THAT(result.errors, SizeIs(1));
    EXPECT_EQ(result.errors[0].line, 3U);
    EXPECT_THAT(result.errors[0].message, HasSubstr(message));
    EXPECT_EQ(result.file.size(), 0U) << "a half-read file must not decide who may connect";
    EXPECT_THAT(result.first_error("/etc/passwords"), testing::StartsWith("/etc/passwords:3: "));
  }
}

TEST(PasswordFile, F28RefusesAByteOrderMark) {
  const auto result = parse_password_file(
      "\xEF\xBB\xBF"
      "alice:" +
      kHash);
  ASSERT_THAT(result.errors, SizeIs(1));
  EXPECT_EQ(result.errors[0].line, 1U);
  EXPECT_THAT(result.errors[0].message, HasSubstr("byte order mark"));
}

TEST(PasswordFile, ListsAFewErrorsOfAFileThatIsSomethingElse) {
  std::string text;
  for (int i = 0; i < 1'000; ++i) {
    text += "no colon here\n";
  }
  EXPECT_THAT(parse_password_file(text).errors, SizeIs(20));
}

TEST(PasswordFile, LeavesOutUsersThatCanBeNoTenant) {
  const auto text = "al.ice:" + kHash + "\nm\xC3\xBCller:" + kHash + "\nbob:" + kHash + "\n";
  const auto result = parse_password_file(text);
  ASSERT_TRUE(result);
  EXPECT_EQ(result.file.size(), 1U);
  ASSERT_THAT(result.file.warnings(), SizeIs(2));
  EXPECT_EQ(result.file.warnings()[0].line, 1U);
  EXPECT_THAT(result.file.warnings()[0].message, HasSubstr("not in a prefix"));
  EXPECT_THAT(result.file.warnings()[1].message, HasSubstr("'m\\xc3\\xbcller'"));
}

TEST(PasswordFile, KeepsThemInClassicMode) {
  const auto result = parse_password_file("al.ice:" + kHash, UserNames::any);
  ASSERT_TRUE(result);
  EXPECT_THAT(result.file.warnings(), IsEmpty());
  EXPECT_NE(result.file.find("al.ice"), nullptr);
}

TEST(PasswordFile, IsReadFromDisk) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_private_file(folder / "passwords", "alice:" + kHash + "\n"));
  const auto result = load_password_file(folder / "passwords");
  ASSERT_TRUE(result);
  EXPECT_TRUE(*verify_password(*result.file.find("alice"), "correct horse"));
}

TEST(PasswordFile, ThatCannotBeReadIsAnError) {
  const auto result = load_password_file("/none/passwords");
  ASSERT_THAT(result.errors, SizeIs(1));
  EXPECT_EQ(result.first_error("/none/passwords"), "/none/passwords: No such file or directory");
}

}  // namespace
}  // namespace owb::tenants
