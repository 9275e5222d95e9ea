#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/broker/app/config_text.hpp"

namespace owb::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

config::Problems files_of(const std::string& text) {
  return check_files(load_text(text).config);
}

TEST(ConfigFiles, SaysWhichFileIsMissingAndWhere) {
  EXPECT_THAT(texts(files_of("listener 1\nlistener 2\ncertfile /none/c\nkeyfile /none/k\n")),
              ElementsAre("f:2: certfile: /none/c: No such file or directory",
                          "f:2: keyfile: /none/k: No such file or directory"));
  EXPECT_THAT(texts(files_of("persistence true\npersistence_location /none/\n")),
              ElementsAre(HasSubstr("persistence_location: /none/: No such file")));
  EXPECT_THAT(texts(files_of("www_dir /none\n")),
              ElementsAre(HasSubstr("www_dir: /none: No such")));
  EXPECT_THAT(texts(files_of("user no-such-user\n")), ElementsAre(HasSubstr("no-such-user")));
}

TEST(ConfigFiles, TellsFilesAndFoldersApart) {
  EXPECT_THAT(texts(files_of("password_file /tmp\n")), ElementsAre(HasSubstr("is a folder")));
  EXPECT_THAT(texts(files_of("www_dir /etc/passwd\n")), ElementsAre(HasSubstr("is not a folder")));
}

TEST(ConfigFiles, NamesAFileOfManyListenersOnce) {
  EXPECT_THAT(files_of("password_file /none\nlistener 1\nlistener 2\nlistener 3\n"), SizeIs(1));
}

TEST(ConfigFiles, LooksAtNothingThatIsNotThere) {
  EXPECT_THAT(files_of(""), IsEmpty());
  EXPECT_THAT(files_of("persistence false\npersistence_location /none/\n"), IsEmpty());
  EXPECT_THAT(files_of("registry /none/registry.db\n"), IsEmpty());  // made at the start
}

TEST(ConfigFiles, AFileThatCannotBeReadIsAnError) {
  Options options;
  options.config_file = "/none/owb.conf";
  EXPECT_THAT(texts(load_broker_config(options).errors),
              ElementsAre(HasSubstr("/none/owb.conf: cannot be read: No such file")));
}

}  // namespace
}  // namespace owb::app
