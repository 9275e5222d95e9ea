#include "tenants/base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/tenants/support/temporary_folder.hpp"

namespace owb {
namespace {

TEST(File, ComesBackAsItWasWritten) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_private_file(folder / "f", "a\nb"));
  const auto text = read_file(folder / "f", 100);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "a\nb");
}

TEST(File, IsReadableByItsOwnerOnly) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_private_file(folder / "f", "secret"));

  struct stat info {};

  ASSERT_EQ(::stat((folder / "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(File, IsNeverOverwritten) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_private_file(folder / "f", "first"));
  EXPECT_EQ(error_of(write_private_file(folder / "f", "second")), boost::system::errc::file_exists);
  EXPECT_EQ(*read_file(folder / "f", 100), "first");
}

TEST(File, LargerThanAllowedIsRefused) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_private_file(folder / "f", "12345"));
  EXPECT_TRUE(read_file(folder / "f", 5));
  EXPECT_EQ(error_of(read_file(folder / "f", 4)), boost::system::errc::file_too_large);
}

TEST(File, ThatIsNotThereSaysSo) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(error_of(read_file(folder / "none", 5)),
            boost::system::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace owb
