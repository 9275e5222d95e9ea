#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tenants/support/registry_fixture.hpp"

namespace owb::tenants {
namespace {

using test::at;
using test::id;
using test::kNow;
using testing::SizeIs;

class RegistrySessions : public test::RegistryFixture {
 protected:
  TenantRecord alice_ = add("alice");
};

TEST_F(RegistrySessions, AreFoundAgain) {
  const auto made = *registry_.create_session({.tenant = "alice",
                                               .tenant_uid = alice_.uid,
                                               .role = Role::viewer,
                                               .user_agent = "Firefox",
                                               .network = "203.0.113.0/24"},
                                              at(kNow));
  const auto found = *registry_.find_session(made.id);
  EXPECT_EQ(found.tenant, "alice");
  EXPECT_EQ(found.tenant_uid, alice_.uid);
  EXPECT_EQ(found.role, Role::viewer);
  EXPECT_EQ(found.user_agent, "Firefox");
  EXPECT_EQ(found.network, "203.0.113.0/24");
  EXPECT_EQ(found.issued, kNow);
  EXPECT_EQ(found.expires, kNow + kSessionSliding);
  EXPECT_FALSE(found.revoked);
  EXPECT_EQ(error_of(registry_.find_session(SessionId::random())), Errc::no_such_session);
}

TEST_F(RegistrySessions, KeepOnlyTheBeginningOfUntrustedText) {
  const auto made = *registry_.create_session({.tenant = "alice",
                                               .tenant_uid = alice_.uid,
                                               .user_agent = std::string(9'000, 'x'),
                                               .network = std::string(9'000, 'y')},
                                              at(kNow));
  EXPECT_THAT(registry_.find_session(made.id)->user_agent, SizeIs(kMaxSessionText));
  EXPECT_THAT(registry_.find_session(made.id)->network, SizeIs(kMaxSessionText));
}

TEST_F(RegistrySessions, AreMadeOnlyForTheTenantWhoseLoginWasChecked) {
  const auto create = [&](std::string tenant, std::uint64_t uid) {
    return error_of(
        registry_.create_session({.tenant = std::move(tenant), .tenant_uid = uid}, at(kNow)));
  };
  EXPECT_EQ(create("alice", alice_.uid + 1), Errc::no_such_tenant);
  EXPECT_EQ(create("alice", 0), Errc::no_such_tenant) << "the registry decides this name";
  EXPECT_EQ(create("filed", alice_.uid), Errc::no_such_tenant);
  EXPECT_EQ(create("filed", 0), Error{});
  ASSERT_TRUE(registry_.suspend(alice_.id, at(kNow)));
  EXPECT_EQ(create("alice", alice_.uid), Errc::tenant_suspended);
  ASSERT_TRUE(registry_.remove(alice_.id, at(kNow)));
  EXPECT_EQ(create("alice", 0), Errc::no_such_tenant) << "a tombstone blocks the password file";
}

TEST_F(RegistrySessions, SlideWithUseButNotForEver) {
  const auto session = log_in(alice_);
  EXPECT_EQ(*registry_.touch_session(session.id, kNow + 100), kNow + 100 + kSessionSliding);
  EXPECT_EQ(registry_.find_session(session.id)->last_used, kNow + 100);
  auto now = kNow;
  while (now + kSessionSliding < kNow + kSessionAbsolute) {
    now += kSessionSliding - 1;
    ASSERT_TRUE(registry_.touch_session(session.id, now));
  }
  EXPECT_EQ(*registry_.touch_session(session.id, kNow + kSessionAbsolute - 1),
            kNow + kSessionAbsolute);
  EXPECT_EQ(error_of(registry_.touch_session(session.id, kNow + kSessionAbsolute)),
            Errc::no_such_session);
}

TEST_F(RegistrySessions, AreNotTouchedWhenUnusedOrRevoked) {
  const auto unused = log_in(alice_);
  EXPECT_EQ(error_of(registry_.touch_session(unused.id, kNow + kSessionSliding)),
            Errc::no_such_session);
  const auto revoked = log_in(alice_);
  ASSERT_TRUE(registry_.revoke_session(revoked.id, at(kNow)));
  EXPECT_EQ(error_of(registry_.touch_session(revoked.id, kNow)), Errc::no_such_session);
}

TEST_F(RegistrySessions, AreListedLastUsedFirstWithoutTheDead) {
  const auto first = log_in(alice_, kNow);
  const auto second = log_in(alice_, kNow + 1);
  const auto revoked = log_in(alice_, kNow + 2);
  ASSERT_TRUE(registry_.revoke_session(revoked.id, at(kNow + 2)));
  log_in(add("bob"));
  ASSERT_TRUE(registry_.touch_session(first.id, kNow + 5));
  const auto listed = *registry_.sessions_of("alice", kNow + 5);
  ASSERT_THAT(listed, SizeIs(2));
  EXPECT_EQ(listed[0].id, first.id);
  EXPECT_EQ(listed[1].id, second.id);
  EXPECT_THAT(*registry_.sessions_of("alice", kNow + kSessionSliding + 2), SizeIs(1));
}

TEST_F(RegistrySessions, OfAnotherTenantCannotBeEnded) {
  const auto session = log_in(alice_);
  EXPECT_EQ(error_of(registry_.revoke_session_of("bob", session.id, at(kNow))),
            Errc::no_such_session);
  EXPECT_FALSE(registry_.find_session(session.id)->revoked);
  ASSERT_TRUE(registry_.revoke_session_of("alice", session.id, at(kNow)));
  EXPECT_TRUE(registry_.find_session(session.id)->revoked);
}

TEST_F(RegistrySessions, EndTogetherButForThisOne) {
  const auto mine = log_in(alice_);
  log_in(alice_);
  log_in(alice_);
  const auto other = log_in(add("bob"));
  EXPECT_EQ(*registry_.revoke_others("alice", mine.id, at(kNow)), 2U);
  EXPECT_THAT(*registry_.sessions_of("alice", kNow), SizeIs(1));
  EXPECT_FALSE(registry_.find_session(other.id)->revoked);
}

TEST_F(RegistrySessions, EndWithTheirTenantAndWithTheOldPassword) {
  const auto mine = log_in(alice_);
  const auto other = log_in(alice_);
  ASSERT_TRUE(registry_.set_password(alice_.id, *hash_random_password("x"), at(kNow), mine.id));
  EXPECT_TRUE(registry_.find_session(other.id)->revoked);
  EXPECT_FALSE(registry_.find_session(mine.id)->revoked);
  ASSERT_TRUE(registry_.remove(alice_.id, at(kNow)));
  EXPECT_EQ(error_of(registry_.find_session(mine.id)), Errc::no_such_session);
}

TEST_F(RegistrySessions, OfOneTenantHaveABound) {
  const auto oldest = log_in(alice_, kNow);
  for (std::int64_t i = 1; i <= kMaxWebSessions; ++i) {
    log_in(alice_, kNow + i);
  }
  EXPECT_THAT(*registry_.sessions_of("alice", kNow), SizeIs(kMaxWebSessions));
  EXPECT_TRUE(registry_.find_session(oldest.id)->revoked);
}

TEST_F(RegistrySessions, AreCleanedUpWhenDead) {
  const auto dead = log_in(alice_);
  const auto revoked = log_in(alice_, kNow + 10);
  const auto alive = log_in(alice_, kNow + 10);
  ASSERT_TRUE(registry_.revoke_session(revoked.id, at(kNow + 10)));
  ASSERT_TRUE(registry_.clean_up(kNow + kSessionSliding));
  EXPECT_FALSE(registry_.find_session(dead.id));
  EXPECT_FALSE(registry_.find_session(revoked.id));
  EXPECT_TRUE(registry_.find_session(alive.id));
}

TEST_F(RegistrySessions, ShareAKeyRingThatRotates) {
  const auto first = registry_.keys()->newest().id;
  EXPECT_TRUE(*registry_.rotate_keys_if_due(at(kNow + 2 * kKeyRotation)));
  EXPECT_FALSE(*registry_.rotate_keys_if_due(at(kNow + 2 * kKeyRotation + 1)));
  const auto ring = *registry_.keys();
  EXPECT_GT(ring.newest().id, first);
}

TEST_F(RegistrySessions, DropKeysThatNoCookieCanNeed) {
  ASSERT_TRUE(registry_.rotate_keys(at(kNow)));
  const auto early = registry_.keys()->newest().id;
  ASSERT_TRUE(registry_.rotate_keys(at(kNow + kKeyLifetime)));
  EXPECT_NE(registry_.keys()->find(early), nullptr);
  ASSERT_TRUE(registry_.rotate_keys(at(kNow + kKeyLifetime + 1)));
  EXPECT_EQ(registry_.keys()->find(early), nullptr);
  EXPECT_FALSE(registry_.keys()->empty());
}

TEST(SessionId, ComesBackFromItsText) {
  const auto session = SessionId::random();
  EXPECT_EQ(SessionId::from_hex(session.hex()), session);
  EXPECT_EQ(SessionId::from_bytes(session.bytes()), session);
  EXPECT_FALSE(SessionId::from_hex("00"));
  EXPECT_FALSE(SessionId::from_hex(session.hex() + "00"));
  EXPECT_NE(session, SessionId::random());
}

TEST(Role, HasAName) {
  for (const auto role : {Role::owner, Role::viewer}) {
    EXPECT_EQ(role_of(name_of(role)), role);
  }
  EXPECT_FALSE(role_of("admin"));
}

}  // namespace
}  // namespace owb::tenants
