#include "tenants/cli/import_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace owb::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kHash =
    "$7$101$WxwbUpnJNEPv4EyZ$UKI1PCEMBd0ytLRVKzKvX0AH1zZXC3oZgHP5vr6DDlggoABgak2RbudwZiUuTw8h5aFi+"
    "H6"
    "An239dtgOSI6m8g==";

TEST(ImportFile, TakesNamesAndLinesOfAPasswordFile) {
  const auto list = parse_import("# homes\n\nalice\r\n  bob  \ncarol:" + kHash + "\n");
  EXPECT_THAT(list.errors, IsEmpty());
  ASSERT_THAT(list.entries, SizeIs(3));
  EXPECT_EQ(list.entries[0].id.str(), "alice");
  EXPECT_EQ(list.entries[0].line, 3U);
  EXPECT_EQ(list.entries[1].id.str(), "bob");
  EXPECT_EQ(list.entries[1].password_hash, "");
  EXPECT_EQ(list.entries[2].password_hash, kHash);
}

TEST(ImportFile, NamesEachLineThatIsWrong) {
  const auto list = parse_import("alice\nal.ice\nalice\nbob:plain\n" + std::string(40, 'x') + "\n");
  EXPECT_THAT(list.errors, ElementsAre(HasSubstr("line 2: 'al.ice': the name has a '.'"),
                                       HasSubstr("line 3: 'alice': occurs twice"),
                                       HasSubstr("line 4: 'bob': unknown kind of password hash"),
                                       HasSubstr("line 5:")));
}

TEST(ImportFile, EscapesWhatItQuotes) {
  EXPECT_THAT(parse_import("a\x1b[2Jb").errors, ElementsAre(HasSubstr("'a\\x1b[2Jb'")));
}

TEST(ImportFile, StopsAtItsBounds) {
  std::string text;
  for (std::size_t i = 0; i <= kMaxImport; ++i) {
    text += "t" + std::to_string(i) + "\n";
  }
  EXPECT_THAT(parse_import(text).errors, ElementsAre(HasSubstr("more than 50000 tenants")));
  text.erase(text.size() - 7);  // the last line
  EXPECT_THAT(parse_import(text).errors, IsEmpty());
  EXPECT_THAT(parse_import(text).entries, SizeIs(kMaxImport));
}

}  // namespace
}  // namespace owb::cli
