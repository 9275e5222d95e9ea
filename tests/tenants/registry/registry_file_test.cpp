#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tenants/base/file.hpp"
#include "tenants/registry/sqlite.hpp"
#include "tests/tenants/support/registry_fixture.hpp"

namespace owb::tenants {
namespace {

using test::at;
using test::kNow;
using test::TemporaryFolder;

TEST(RegistryFile, IsMadeWithItsFolderForOwnerAndGroupOnly) {
  const TemporaryFolder folder;
  const auto path = folder / "a" / "b" / "registry.db";
  ASSERT_TRUE(Registry::open(path, OpenMode::create));

  struct stat info {};

  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U & ~0640U, 0U);
  ASSERT_EQ(::stat(path.parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0750U);
}

TEST(RegistryFile, IsNotMadeWhenOnlyAnExistingOneIsWanted) {
  const TemporaryFolder folder;
  for (const auto mode : {OpenMode::existing, OpenMode::read_only}) {
    EXPECT_EQ(error_of(Registry::open(folder / "registry.db", mode)), Errc::registry_missing);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "registry.db"));
}

TEST(RegistryFile, LeavesNoDraftBehind) {
  const TemporaryFolder folder;
  { ASSERT_TRUE(Registry::open(folder / "registry.db", OpenMode::create)); }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator{folder.path()}) {
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

TEST(RegistryFile, IsOneEvenWhenManyStartAtOnce) {
  const TemporaryFolder folder;
  std::vector<std::thread> starters;
  std::array<bool, 8> opened{};
  for (auto& ok : opened) {
    starters.emplace_back([&ok, &folder] {
      auto registry = Registry::open(folder / "registry.db", OpenMode::create);
      const auto number = std::to_string(reinterpret_cast<std::uintptr_t>(&ok) % 1'000'003);
      ok = registry &&
           registry->add({.id = test::id("t" + number), .home_secret = make_home_secret()},
                         at(kNow));
    });
  }
  for (auto& starter : starters) {
    starter.join();
  }
  EXPECT_EQ(opened, (std::array<bool, 8>{true, true, true, true, true, true, true, true}));
  EXPECT_EQ(Registry::open(folder / "registry.db", OpenMode::existing)->list()->size(), 8U);
}

TEST(RegistryFile, KeepsEverythingOverAReopening) {
  const TemporaryFolder folder;
  const auto path = folder / "registry.db";
  std::uint64_t uid = 0;
  {
    auto registry = *Registry::open(path, OpenMode::create);
    uid = registry.add({.id = test::id("alice"), .home_secret = make_home_secret()}, at(kNow))->uid;
  }
  auto registry = *Registry::open(path, OpenMode::existing);
  EXPECT_EQ(registry.find(test::id("alice"))->uid, uid);
  EXPECT_EQ(registry.keys()->size(), 1U);
}

TEST(RegistryFile, OpenedForReadingRefusesChanges) {
  const TemporaryFolder folder;
  const auto path = folder / "registry.db";
  ASSERT_TRUE(Registry::open(path, OpenMode::create));
  auto registry = *Registry::open(path, OpenMode::read_only);
  EXPECT_TRUE(registry.list());
  EXPECT_FALSE(
      registry.add({.id = test::id("alice"), .home_secret = make_home_secret()}, at(kNow)));
}

TEST(RegistryFile, OfAnotherKindIsLeftAlone) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_private_file(folder / "text", std::string(5'000, 'x')));
  {
    auto other =
        *sqlite::Database::open(folder / "other.db", sqlite::Database::Access::create, 100);
    ASSERT_TRUE(other.execute("CREATE TABLE t (x)"));
  }
  const auto before = *read_file(folder / "other.db", 1 << 20);
  for (const auto mode : {OpenMode::create, OpenMode::existing, OpenMode::read_only}) {
    EXPECT_EQ(error_of(Registry::open(folder / "text", mode)), Errc::registry_damaged);
    EXPECT_EQ(error_of(Registry::open(folder / "other.db", mode)), Errc::registry_foreign);
  }
  EXPECT_EQ(*read_file(folder / "other.db", 1 << 20), before);
}

TEST(RegistryFile, OfALaterVersionIsLeftAlone) {
  const TemporaryFolder folder;
  const auto path = folder / "registry.db";
  ASSERT_TRUE(Registry::open(path, OpenMode::create));
  {
    auto file = *sqlite::Database::open(path, sqlite::Database::Access::read_write, 100);
    ASSERT_TRUE(file.execute("PRAGMA user_version = 99"));
  }
  for (const auto mode : {OpenMode::create, OpenMode::existing, OpenMode::read_only}) {
    EXPECT_EQ(error_of(Registry::open(path, mode)), Errc::registry_too_new);
  }
}

TEST(RegistryFile, WithADamagedRowSaysSo) {
  const TemporaryFolder folder;
  const auto path = folder / "registry.db";
  auto registry = *Registry::open(path, OpenMode::create);
  ASSERT_TRUE(registry.add({.id = test::id("alice"), .home_secret = make_home_secret()}, at(kNow)));
  auto file = *sqlite::Database::open(path, sqlite::Database::Access::read_write, 100);
  for (const auto* damage :
       {"UPDATE tenants SET home_secret = x'00'", "UPDATE tenants SET limits = 'none'",
        "UPDATE tenants SET name = 'a/b', limits = ''"}) {
    SCOPED_TRACE(damage);
    ASSERT_TRUE(file.execute(damage));
    EXPECT_EQ(error_of(registry.list()), Errc::registry_damaged);
  }
}

}  // namespace
}  // namespace owb::tenants
