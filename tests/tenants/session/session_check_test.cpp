#include "tenants/session/session_check.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "tests/tenants/support/registry_fixture.hpp"

namespace owb::session {
namespace {

using test::at;
using test::id;
using test::kNow;

class SessionCheckerTest : public test::RegistryFixture {
 protected:
  SessionCheckerTest() : checker_{*SessionChecker::open(path_)} {}

  std::string cookie_of(const tenants::WebSession& row) {
    return seal({.tenant = row.tenant,
                 .tenant_uid = row.tenant_uid,
                 .id = row.id,
                 .role = row.role,
                 .issued = row.issued,
                 .expires = row.expires},
                *registry_.keys());
  }

  tenants::TenantRecord alice_ = add("alice");
  SessionChecker checker_;
};

TEST_F(SessionCheckerTest, KnowsASessionThatWasJustMade) {
  const auto row = log_in(alice_);
  const auto checked = checker_.check(cookie_of(row), kNow);
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->claims.tenant, "alice");
  EXPECT_EQ(checked->row.id, row.id);
  EXPECT_FALSE(checked->touch_due);
}

TEST_F(SessionCheckerTest, ReadsTheWholeCookieHeader) {
  const auto header = "a=b; __Host-owb=" + cookie_of(log_in(alice_));
  EXPECT_TRUE(checker_.check_header(header, kNow));
  EXPECT_EQ(error_of(checker_.check_header("a=b", kNow)), Errc::cookie_malformed);
}

TEST_F(SessionCheckerTest, SaysWhenAUseShouldBeWrittenDown) {
  const auto cookie = cookie_of(log_in(alice_));
  EXPECT_FALSE(checker_.check(cookie, kNow + kTouchInterval - 1)->touch_due);
  EXPECT_TRUE(checker_.check(cookie, kNow + kTouchInterval)->touch_due);
}

TEST_F(SessionCheckerTest, F45RefusesAfterLogout) {
  const auto row = log_in(alice_);
  ASSERT_TRUE(registry_.revoke_session(row.id, at(kNow)));
  EXPECT_EQ(error_of(checker_.check(cookie_of(row), kNow)), Errc::session_revoked);
}

TEST_F(SessionCheckerTest, F45RefusesAfterAPasswordChange) {
  const auto other = log_in(alice_);
  const auto mine = log_in(alice_);
  ASSERT_TRUE(registry_.set_password(alice_.id, *tenants::hash_random_password("new password"),
                                     at(kNow), mine.id));
  EXPECT_EQ(error_of(checker_.check(cookie_of(other), kNow)), Errc::session_revoked);
  EXPECT_TRUE(checker_.check(cookie_of(mine), kNow));
}

TEST_F(SessionCheckerTest, RefusesTheSuspendedAndTakesThemBack) {
  const auto cookie = cookie_of(log_in(alice_));
  ASSERT_TRUE(registry_.suspend(alice_.id, at(kNow)));
  EXPECT_EQ(error_of(checker_.check(cookie, kNow)), Errc::tenant_suspended);
  ASSERT_TRUE(registry_.resume(alice_.id, at(kNow)));
  EXPECT_TRUE(checker_.check(cookie, kNow));
}

TEST_F(SessionCheckerTest, RefusesTheDeletedAlsoWhenTheNameIsBack) {
  const auto cookie = cookie_of(log_in(alice_));
  ASSERT_TRUE(registry_.remove(alice_.id, at(kNow)));
  EXPECT_FALSE(checker_.check(cookie, kNow));
  add("alice");
  EXPECT_EQ(error_of(checker_.check(cookie, kNow)), Errc::session_unknown);
}

TEST_F(SessionCheckerTest, ForgetsSessionsThatWereNotUsed) {
  auto row = log_in(alice_);
  row.expires += tenants::kSessionSliding;  // as if somebody could write the cookie himself
  EXPECT_EQ(error_of(checker_.check(cookie_of(row), kNow + tenants::kSessionSliding)),
            Errc::session_expired);
}

TEST_F(SessionCheckerTest, F45RefusesACookieThatDisagreesWithItsRow) {
  const auto row = log_in(alice_);
  auto other_tenant = row;
  other_tenant.tenant = "bob";
  auto other_role = row;
  other_role.role = tenants::Role::viewer;
  auto other_uid = row;
  other_uid.tenant_uid += 1;
  for (const auto& changed : {other_tenant, other_role, other_uid}) {
    EXPECT_EQ(error_of(checker_.check(cookie_of(changed), kNow)), Errc::session_mismatch);
  }
  auto other_id = row;
  other_id.id = tenants::SessionId::random();
  EXPECT_EQ(error_of(checker_.check(cookie_of(other_id), kNow)), Errc::session_unknown);
}

TEST_F(SessionCheckerTest, LearnsNewKeys) {
  const auto row = log_in(alice_);
  const auto before = cookie_of(row);
  ASSERT_TRUE(registry_.rotate_keys(at(kNow)));
  EXPECT_TRUE(checker_.check(cookie_of(row), kNow));
  EXPECT_TRUE(checker_.check(before, kNow));
}

TEST_F(SessionCheckerTest, LetsUsersOfAPasswordFileIn) {
  const auto row = *registry_.create_session({.tenant = "filed"}, at(kNow));
  const auto cookie = cookie_of(row);
  EXPECT_TRUE(checker_.check(cookie, kNow));
  add("filed");  // from now on the registry decides this name
  EXPECT_EQ(error_of(checker_.check(cookie, kNow)), Errc::tenant_unknown);
  ASSERT_TRUE(registry_.remove(id("filed"), at(kNow)));
  EXPECT_FALSE(checker_.check(cookie, kNow));
}

TEST_F(SessionCheckerTest, FollowsTheFileWhenABackupIsPutBack) {
  const auto old_cookie = cookie_of(log_in(alice_));
  const test::TemporaryFolder elsewhere;
  auto backup = *tenants::Registry::open(elsewhere / "registry.db", tenants::OpenMode::create);
  std::filesystem::rename(elsewhere / "registry.db", path_);
  for (const auto* journal : {"registry.db-wal", "registry.db-shm"}) {
    std::filesystem::remove(folder_ / journal);
  }
  EXPECT_FALSE(checker_.check(old_cookie, kNow));
}

TEST_F(SessionCheckerTest, ServesManyThreadsWhileSessionsEnd) {
  const auto kept = cookie_of(log_in(alice_));
  const auto ended_row = log_in(alice_);
  const auto ended = cookie_of(ended_row);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        EXPECT_TRUE(checker_.check(kept, kNow));
        const auto checked = checker_.check(ended, kNow);
        EXPECT_TRUE(checked || checked.error() == Errc::session_revoked);
      }
    });
  }
  EXPECT_TRUE(registry_.revoke_session(ended_row.id, at(kNow)));
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(error_of(checker_.check(ended, kNow)), Errc::session_revoked);
}

}  // namespace
}  // namespace owb::session
