#include "tenants/registry/watcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tenants/support/registry_fixture.hpp"

namespace owb::tenants {
namespace {

using test::at;
using test::id;
using test::kNow;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class RegistryWatcherTest : public test::RegistryFixture {
 protected:
  /// One poll that must find something.
  RegistryChange change() {
    EXPECT_TRUE(*watcher_.poll());
    return watcher_.take_change();
  }

  TenantRecord alice_ = add("alice");
  RegistryWatcher watcher_ = *RegistryWatcher::open(path_);
};

TEST_F(RegistryWatcherTest, StartsWithEverything) {
  EXPECT_EQ(*watcher_.snapshot()->find("alice"), alice_);
  EXPECT_EQ(watcher_.snapshot()->keys()->size(), 1U);
  EXPECT_TRUE(watcher_.take_change().empty());
  EXPECT_FALSE(*watcher_.poll());
}

TEST_F(RegistryWatcherTest, ChecksSecretsOfTheRegistry) {
  const auto secret = make_home_secret();
  ASSERT_TRUE(registry_.add(tenant("bob", secret), at(kNow)));
  change();
  const auto snapshot = watcher_.snapshot();
  EXPECT_TRUE(snapshot->check_home_secret(*snapshot->find("bob"), secret));
  EXPECT_FALSE(snapshot->check_home_secret(*snapshot->find("alice"), secret));
}

TEST_F(RegistryWatcherTest, LearnsOfEachKindOfChange) {
  struct Case {
    std::string_view what;
    std::function<Result<void>()> act;
    std::function<bool(const RegistrySnapshot&)> seen;
  };

  const auto by = at(kNow);
  const auto alice = [](const RegistrySnapshot& s) { return s.find("alice"); };
  const auto hash = *hash_random_password("second");
  const std::vector<Case> cases{
      {"suspend", [&] { return registry_.suspend(alice_.id, by); },
       [&](const auto& s) { return alice(s)->suspended; }},
      {"resume", [&] { return registry_.resume(alice_.id, by); },
       [&](const auto& s) { return !alice(s)->suspended; }},
      {"password", [&] { return registry_.set_password(alice_.id, hash, by); },
       [&](const auto& s) { return alice(s)->password_hash == hash; }},
      {"secret", [&] { return registry_.renew_secret(alice_.id, make_home_secret(), by); },
       [&](const auto& s) { return alice(s)->home_secret != alice_.home_secret; }},
      {"webparm", [&] { return registry_.set_webparm(alice_.id, 0, "dark", by); },
       [&](const auto& s) { return alice(s)->webparm_id == 0 && alice(s)->thema == "dark"; }},
      {"limits",
       [&] { return registry_.set_limits(alice_.id, *LimitOverrides::parse("sessions=3"), by); },
       [&](const auto& s) { return alice(s)->limits.get("sessions") == 3U; }},
      {"delete", [&] { return registry_.remove(alice_.id, by); },
       [&](const auto& s) { return alice(s) == nullptr && s.is_tombstone("alice"); }},
      {"forget", [&] { return registry_.forget(alice_.id, by); },
       [&](const auto& s) { return alice(s) == nullptr && !s.is_tombstone("alice"); }},
  };
  for (const auto& [what, act, seen] : cases) {
    SCOPED_TRACE(what);
    const auto before = watcher_.snapshot();
    ASSERT_TRUE(act());
    EXPECT_THAT(change().tenants, ElementsAre("alice"));
    EXPECT_TRUE(seen(*watcher_.snapshot()));
    EXPECT_NE(watcher_.snapshot(), before);
    EXPECT_FALSE(*watcher_.poll());
  }
}

TEST_F(RegistryWatcherTest, NamesEachTenantOnce) {
  ASSERT_TRUE(registry_.suspend(alice_.id, at(kNow)));
  ASSERT_TRUE(registry_.resume(alice_.id, at(kNow)));
  add("bob");
  EXPECT_THAT(change().tenants, UnorderedElementsAre("alice", "bob"));
}

TEST_F(RegistryWatcherTest, CollectsChangesUntilTheyAreTaken) {
  add("bob");
  EXPECT_TRUE(*watcher_.poll());
  add("carol");
  EXPECT_TRUE(*watcher_.poll());
  EXPECT_THAT(watcher_.take_change().tenants, UnorderedElementsAre("bob", "carol"));
  EXPECT_TRUE(watcher_.take_change().empty());
}

TEST_F(RegistryWatcherTest, SharesTheRecordsThatDidNotChange) {
  const auto before = watcher_.snapshot()->find("alice");
  add("bob");
  change();
  EXPECT_EQ(watcher_.snapshot()->find("alice"), before);
}

TEST_F(RegistryWatcherTest, NamesRevokedSessions) {
  const auto kept = log_in(alice_);
  const auto ended = log_in(alice_);
  EXPECT_FALSE(*watcher_.poll()) << "a login changes nothing for the broker";
  ASSERT_TRUE(registry_.revoke_session(ended.id, at(kNow)));
  auto seen = change();
  EXPECT_THAT(seen.revoked_sessions, ElementsAre(ended.id));
  EXPECT_THAT(seen.tenants, IsEmpty());
  ASSERT_TRUE(registry_.set_password(alice_.id, *hash_random_password("x"), at(kNow)));
  EXPECT_THAT(change().revoked_sessions, ElementsAre(kept.id));
}

TEST_F(RegistryWatcherTest, NamesTheSessionsOfADeletedTenant) {
  const auto session = log_in(alice_);
  ASSERT_TRUE(registry_.remove(alice_.id, at(kNow)));
  EXPECT_THAT(change().revoked_sessions, ElementsAre(session.id));
}

TEST_F(RegistryWatcherTest, FollowsTheKeys) {
  const auto before = watcher_.snapshot()->keys();
  ASSERT_TRUE(registry_.rotate_keys(at(kNow)));
  EXPECT_TRUE(change().keys);
  EXPECT_EQ(watcher_.snapshot()->keys()->size(), before->size() + 1);
  add("bob");
  EXPECT_FALSE(change().keys);
}

TEST_F(RegistryWatcherTest, StartsAnewWhenWhatItMissedWasCleanedAway) {
  add("bob");
  add("carol");
  ASSERT_TRUE(registry_.suspend(alice_.id, at(kNow + 2 * kAuditKept)));
  ASSERT_TRUE(registry_.clean_up(kNow + 2 * kAuditKept));
  const auto seen = change();
  EXPECT_TRUE(seen.everything);
  EXPECT_THAT(seen.tenants, UnorderedElementsAre("alice", "bob", "carol"));
  EXPECT_EQ(watcher_.snapshot()->size(), 3U);
}

TEST_F(RegistryWatcherTest, IsNotDisturbedWhenWhatItHasSeenIsCleanedAway) {
  ASSERT_TRUE(registry_.clean_up(kNow + 2 * kAuditKept));
  EXPECT_FALSE(*watcher_.poll());
  ASSERT_TRUE(registry_.suspend(alice_.id, at(kNow)));
  const auto seen = change();
  EXPECT_FALSE(seen.everything);
  EXPECT_THAT(seen.tenants, ElementsAre("alice"));
}

TEST_F(RegistryWatcherTest, NoticesThatAnotherFileLiesThere) {
  const test::TemporaryFolder elsewhere;
  {
    auto backup = *Registry::open(elsewhere / "registry.db", OpenMode::create);
    ASSERT_TRUE(backup.add(tenant("dave"), at(kNow)));
  }
  std::filesystem::rename(elsewhere / "registry.db", path_);
  for (const auto* journal : {"registry.db-wal", "registry.db-shm"}) {
    std::filesystem::remove(folder_ / journal);
  }
  const auto seen = change();
  EXPECT_TRUE(seen.everything);
  EXPECT_THAT(seen.tenants, UnorderedElementsAre("alice", "dave"));
  EXPECT_EQ(watcher_.snapshot()->find("alice"), nullptr);
  EXPECT_NE(watcher_.snapshot()->find("dave"), nullptr);
}

TEST_F(RegistryWatcherTest, KeepsItsSnapshotWhileTheFileIsAway) {
  std::filesystem::rename(path_, folder_ / "away");
  EXPECT_EQ(error_of(watcher_.poll()), Errc::registry_missing);
  EXPECT_NE(watcher_.snapshot()->find("alice"), nullptr);
  std::filesystem::rename(folder_ / "away", path_);
  EXPECT_TRUE(watcher_.poll());
}

TEST_F(RegistryWatcherTest, ReadsOneTenantOfManyWhenOneChanged) {
  std::vector<NewTenant> many;
  for (int i = 0; i < 2'000; ++i) {
    many.push_back({.id = id("t" + std::to_string(i)), .home_secret = make_home_secret()});
  }
  ASSERT_TRUE(registry_.add_all(many, at(kNow)));
  EXPECT_THAT(change().tenants, testing::SizeIs(2'000));
  const auto before = watcher_.snapshot();
  ASSERT_TRUE(registry_.suspend(id("t77"), at(kNow)));
  EXPECT_THAT(change().tenants, ElementsAre("t77"));
  std::size_t reread = 0;
  watcher_.snapshot()->for_each([&](const std::shared_ptr<const TenantRecord>& record) {
    reread += before->find(record->id.str()) == record ? 0U : 1U;
  });
  EXPECT_EQ(reread, 1U);
}

}  // namespace
}  // namespace owb::tenants
