// Tenants that move from one registry to another.
#include <gmock/gmock.h>

#include "tenants/base/file.hpp"
#include "tenants/registry/sqlite.hpp"
#include "tenants/registry/watcher.hpp"
#include "tests/tenants/support/registry_fixture.hpp"

namespace owb::tenants {
namespace {

using test::at;
using test::id;
using test::kNow;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::IsEmpty;
using Tombstone = Registry::Tombstone;

Bytes bytes(std::string_view text) {
  const auto view = as_byte_view(text);
  return {view.begin(), view.end()};
}

class Arrivals : public test::RegistryFixture {
 protected:
  /// A tenant as an export knows it.
  static TenantRecord exported(Registry& registry, const TenantRecord& record) {
    auto tenant = record;
    tenant.home_origin = registry.origin_of(record).bytes();
    return tenant;
  }

  TemporaryFolder elsewhere_;
  Registry other_{*Registry::open(elsewhere_ / "registry.db", OpenMode::create)};
  const std::vector<StateEntry> state_{{1, bytes("/a"), bytes("value")}, {2, bytes(""), bytes("")}};
};

TEST_F(Arrivals, ATenantKeepsWhatItHad) {
  const auto secret = make_home_secret();
  auto made = tenant("alice", secret);
  made.webparm_id = 77;
  made.thema = "blue";
  made.limits = *LimitOverrides::parse("connections=20");
  const auto before = *registry_.add(made, at(kNow));
  ASSERT_TRUE(registry_.suspend(id("alice"), at(kNow)));
  const auto record = exported(registry_, *registry_.find(id("alice")));

  auto watcher = *RegistryWatcher::open(elsewhere_ / "registry.db");
  const auto added = other_.import(record, state_, Tombstone::refuse, at(kNow + 5));
  ASSERT_TRUE(added) << added.error().message();
  auto expected = record;
  expected.uid = added->uid;
  expected.generation = 1;
  EXPECT_EQ(*added, expected);
  EXPECT_EQ(*other_.find(id("alice")), expected);
  ASSERT_TRUE(*watcher.poll());
  EXPECT_TRUE(watcher.take_change().arrivals);
  const auto snapshot = watcher.snapshot();
  const auto found = snapshot->find("alice");
  ASSERT_TRUE(found);
  EXPECT_TRUE(snapshot->check_home_secret(*found, secret));
  EXPECT_FALSE(snapshot->check_home_secret(*found, make_home_secret()));

  const auto fresh = make_home_secret();
  ASSERT_TRUE(other_.renew_secret(id("alice"), fresh, at(kNow + 6)));
  ASSERT_TRUE(*watcher.poll());
  EXPECT_FALSE(watcher.take_change().arrivals);
  const auto renewed = watcher.snapshot()->find("alice");
  EXPECT_TRUE(renewed->home_origin.empty());
  EXPECT_TRUE(watcher.snapshot()->check_home_secret(*renewed, fresh));
  EXPECT_FALSE(watcher.snapshot()->check_home_secret(*renewed, secret));
}

TEST_F(Arrivals, ItsStateWaitsUntilItIsTaken) {
  const auto record = exported(registry_, add("alice"));
  const auto added = *other_.import(record, state_, Tombstone::refuse, at(kNow));
  EXPECT_THAT(*other_.arrivals(), ElementsAre(added.uid));
  EXPECT_EQ(*other_.arrival(added.uid), state_);
  ASSERT_TRUE(other_.arrival_taken(added.uid));
  EXPECT_THAT(*other_.arrivals(), IsEmpty());
  EXPECT_THAT(*other_.arrival(added.uid), IsEmpty());
}

TEST_F(Arrivals, GoWithTheTenant) {  // rule 6
  const auto record = exported(registry_, add("alice"));
  ASSERT_TRUE(other_.import(record, {{1, bytes("/a"), bytes("the-evidence")}}, Tombstone::refuse,
                            at(kNow)));
  ASSERT_TRUE(other_.remove(id("alice"), at(kNow)));
  EXPECT_THAT(*other_.arrivals(), IsEmpty());
  for (const auto* end : {"", "-wal"}) {
    const auto path = (elsewhere_ / "registry.db").string() + end;
    if (std::filesystem::exists(path)) {
      EXPECT_EQ(read_file(path, 1U << 24U)->find("the-evidence"), std::string::npos) << path;
    }
  }
}

TEST_F(Arrivals, AreRefusedWhole) {
  const auto good = exported(registry_, add("alice"));
  const auto refused = [&](TenantRecord record, Tombstone tombstone = Tombstone::refuse) {
    const auto done = other_.import(record, state_, tombstone, at(kNow));
    EXPECT_FALSE(done);
    EXPECT_THAT(*other_.arrivals(), IsEmpty());
    return error_of(done);
  };
  auto bad = good;
  bad.home_origin.clear();
  EXPECT_EQ(refused(bad), Errc::secret_invalid);
  bad = good;
  bad.webparm_id = -1;
  EXPECT_EQ(refused(bad), Errc::webparm_id_invalid);
  bad = good;
  bad.thema = "../../etc";
  EXPECT_EQ(refused(bad), Errc::thema_invalid);
  bad = good;
  bad.password_hash = "$1$unknown";
  EXPECT_EQ(refused(bad), Errc::hash_unknown_format);
  ASSERT_TRUE(other_.add(tenant("alice"), at(kNow)));
  EXPECT_EQ(refused(good), Errc::tenant_exists);
  ASSERT_TRUE(other_.remove(id("alice"), at(kNow)));
  EXPECT_EQ(refused(good), Errc::tenant_buried);
  EXPECT_TRUE(other_.import(good, {}, Tombstone::forget, at(kNow)));
  EXPECT_FALSE(*other_.is_tombstone("alice"));
}

TEST_F(Arrivals, AFileOfTheFirstVersionIsBroughtUpToDate) {
  const auto secret = make_home_secret();
  ASSERT_TRUE(registry_.add(tenant("alice", secret), at(kNow)));
  {
    auto file = *sqlite::Database::open(path_, sqlite::Database::Access::read_write, 100);
    ASSERT_TRUE(
        file.execute("DROP TABLE arrivals; ALTER TABLE tenants DROP COLUMN home_origin;"
                     "PRAGMA user_version = 1"));
  }
  auto watcher = RegistryWatcher::open(path_);  // who only reads has it done, too
  ASSERT_TRUE(watcher) << watcher.error().message();
  const auto found = watcher->snapshot()->find("alice");
  ASSERT_TRUE(found);
  EXPECT_TRUE(watcher->snapshot()->check_home_secret(*found, secret));
  auto registry = Registry::open(path_, OpenMode::existing);
  ASSERT_TRUE(registry);
  EXPECT_THAT(*registry->arrivals(), IsEmpty());
}

}  // namespace
}  // namespace owb::tenants
