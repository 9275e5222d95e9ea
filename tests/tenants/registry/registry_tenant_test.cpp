#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tenants/support/registry_fixture.hpp"

namespace owb::tenants {
namespace {

using test::at;
using test::id;
using test::kNow;
using testing::ElementsAre;

class RegistryTenants : public test::RegistryFixture {
 protected:
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& record : *registry_.list()) {
      all.push_back(record.id.str());
    }
    return all;
  }

  std::vector<std::string> actions(std::string_view tenant) {
    std::vector<std::string> all;
    for (const auto& row : *registry_.audit(100, tenant)) {
      all.push_back(row.action);
    }
    return all;
  }
};

TEST_F(RegistryTenants, GetEverythingFromOneCommand) {
  const auto record = *registry_.add(tenant("alice"), at(kNow));
  EXPECT_NE(record.uid, 0U);
  EXPECT_LT(record.uid, 1ULL << 53);
  EXPECT_GT(record.webparm_id, 0);
  EXPECT_EQ(record.thema, "standard");
  EXPECT_FALSE(record.suspended);
  EXPECT_EQ(record.created, kNow);
  EXPECT_EQ(*registry_.find(id("alice")), record);
}

TEST_F(RegistryTenants, HaveNumbersOfTheirOwn) {
  const auto alice = add("alice");
  const auto bob = add("bob");
  EXPECT_NE(alice.uid, bob.uid);
  EXPECT_NE(alice.webparm_id, bob.webparm_id);
  auto carol = tenant("carol");
  carol.webparm_id = bob.webparm_id + 1;
  ASSERT_TRUE(registry_.add(carol, at(kNow)));
  EXPECT_GT(add("dave").webparm_id, *carol.webparm_id);
}

TEST_F(RegistryTenants, AreAddedOnce) {
  add("alice");
  EXPECT_EQ(error_of(registry_.add(tenant("alice"), at(kNow))), Errc::tenant_exists);
  EXPECT_TRUE(registry_.add(tenant("Alice"), at(kNow)));
}

TEST_F(RegistryTenants, AreNotAddedWithWhatBreaksARule) {
  auto short_secret = tenant("t");
  short_secret.home_secret.pop_back();
  auto odd_secret = tenant("t");
  odd_secret.home_secret[3] = '-';
  auto bad_hash = tenant("t");
  bad_hash.password_hash = "secret";
  auto bad_webparm = tenant("t");
  bad_webparm.webparm_id = -1;
  auto bad_thema = tenant("t");
  bad_thema.thema = "../../etc";
  EXPECT_EQ(error_of(registry_.add(short_secret, at(kNow))), Errc::secret_invalid);
  EXPECT_EQ(error_of(registry_.add(odd_secret, at(kNow))), Errc::secret_invalid);
  EXPECT_EQ(error_of(registry_.add(bad_hash, at(kNow))), Errc::hash_unknown_format);
  EXPECT_EQ(error_of(registry_.add(bad_webparm, at(kNow))), Errc::webparm_id_invalid);
  EXPECT_EQ(error_of(registry_.add(bad_thema, at(kNow))), Errc::thema_invalid);
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(RegistryTenants, AreAddedAllOrNone) {
  add("carol");
  std::size_t failed_at = 99;
  EXPECT_EQ(error_of(registry_.add_all({tenant("alice"), tenant("carol"), tenant("dave")}, at(kNow),
                                       &failed_at)),
            Errc::tenant_exists);
  EXPECT_EQ(failed_at, 1U);
  EXPECT_THAT(names(), ElementsAre("carol"));
  ASSERT_TRUE(registry_.add_all({tenant("alice"), tenant("bob")}, at(kNow)));
  EXPECT_THAT(names(), ElementsAre("alice", "bob", "carol"));
}

TEST_F(RegistryTenants, SuspendedAndResumedChangeTheirGenerationOnce) {
  const auto before = add("alice").generation;
  ASSERT_TRUE(registry_.suspend(id("alice"), at(kNow)));
  ASSERT_TRUE(registry_.suspend(id("alice"), at(kNow)));
  EXPECT_TRUE(registry_.find(id("alice"))->suspended);
  EXPECT_EQ(registry_.find(id("alice"))->generation, before + 1);
  ASSERT_TRUE(registry_.resume(id("alice"), at(kNow)));
  ASSERT_TRUE(registry_.resume(id("alice"), at(kNow)));
  EXPECT_FALSE(registry_.find(id("alice"))->suspended);
  EXPECT_EQ(registry_.find(id("alice"))->generation, before + 2);
  EXPECT_THAT(actions("alice"), ElementsAre("tenant.resume", "tenant.suspend", "tenant.add"));
}

TEST_F(RegistryTenants, ThatAreNotThereCannotBeChanged) {
  const auto nobody = id("nobody");
  const auto by = at(kNow);
  const auto hash = *hash_random_password("x");
  EXPECT_EQ(error_of(registry_.find(nobody)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.suspend(nobody, by)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.resume(nobody, by)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.remove(nobody, by)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.forget(nobody, by)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.set_password(nobody, hash, by)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.rehash_password(nobody, hash, hash, by)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.renew_secret(nobody, make_home_secret(), by)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.set_webparm(nobody, 1, std::nullopt, by)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.set_limits(nobody, {}, by)), Errc::no_such_tenant);
  EXPECT_EQ(error_of(registry_.create_login_link(nobody, 60, by)), Errc::no_such_tenant);
  EXPECT_TRUE(registry_.audit(10)->empty()) << "what did not happen must not be in the audit";
}

TEST_F(RegistryTenants, DeletedLeaveATombstoneUntilForgotten) {
  add("alice");
  ASSERT_TRUE(registry_.remove(id("alice"), at(kNow)));
  EXPECT_EQ(error_of(registry_.find(id("alice"))), Errc::no_such_tenant);
  EXPECT_TRUE(*registry_.is_tombstone("alice"));
  EXPECT_THAT(*registry_.tombstones(), ElementsAre("alice"));
  ASSERT_TRUE(registry_.forget(id("alice"), at(kNow)));
  EXPECT_FALSE(*registry_.is_tombstone("alice"));
}

TEST_F(RegistryTenants, OfADeletedNameStartAsSomebodyElse) {
  const auto old = add("alice");
  ASSERT_TRUE(registry_.set_limits(old.id, *LimitOverrides::parse("connections=99"), at(kNow)));
  ASSERT_TRUE(registry_.remove(old.id, at(kNow)));
  const auto fresh = add("alice");
  EXPECT_NE(fresh.uid, old.uid);
  EXPECT_TRUE(fresh.limits.empty());
  EXPECT_FALSE(*registry_.is_tombstone("alice"));
  ASSERT_TRUE(registry_.remove(fresh.id, at(kNow)));
  EXPECT_TRUE(*registry_.is_tombstone("alice"));
}

TEST_F(RegistryTenants, ChangePasswordAndSecretWithANewGeneration) {
  const auto before = add("alice");
  ASSERT_TRUE(registry_.set_password(before.id, *hash_random_password("second"), at(kNow)));
  const auto with_password = *registry_.find(before.id);
  EXPECT_TRUE(*verify_password(with_password.password_hash, "second"));
  EXPECT_GT(with_password.generation, before.generation);
  ASSERT_TRUE(registry_.renew_secret(before.id, make_home_secret(), at(kNow)));
  const auto with_secret = *registry_.find(before.id);
  EXPECT_NE(with_secret.home_secret, before.home_secret);
  EXPECT_GT(with_secret.generation, with_password.generation);
  EXPECT_EQ(error_of(registry_.renew_secret(before.id, "tooshort", at(kNow))),
            Errc::secret_invalid);
  EXPECT_EQ(error_of(registry_.set_password(before.id, "plain", at(kNow))),
            Errc::hash_unknown_format);
}

TEST_F(RegistryTenants, AreRehashedOnlyWhileTheOldHashStands) {
  const auto alice = add("alice");
  const auto new_hash = *hash_random_password("first password");
  ASSERT_TRUE(registry_.rehash_password(alice.id, alice.password_hash, new_hash, at(kNow)));
  EXPECT_EQ(registry_.find(alice.id)->password_hash, new_hash);
  EXPECT_EQ(registry_.find(alice.id)->generation, alice.generation);
  // too late: somebody changed the password meanwhile
  ASSERT_TRUE(registry_.rehash_password(alice.id, alice.password_hash,
                                        *hash_random_password("stale"), at(kNow)));
  EXPECT_EQ(registry_.find(alice.id)->password_hash, new_hash);
}

TEST_F(RegistryTenants, KeepWhatOfWebparmIsNotGiven) {
  const auto alice = add("alice");
  ASSERT_TRUE(registry_.set_webparm(alice.id, std::nullopt, "dark", at(kNow)));
  EXPECT_EQ(registry_.find(alice.id)->webparm_id, alice.webparm_id);
  EXPECT_EQ(registry_.find(alice.id)->thema, "dark");
  ASSERT_TRUE(registry_.set_webparm(alice.id, 0, std::nullopt, at(kNow)));
  EXPECT_EQ(registry_.find(alice.id)->webparm_id, 0);
  EXPECT_EQ(registry_.find(alice.id)->thema, "dark");
  for (const auto* thema : {"", "a b", "a/b", "<x>", "abcdefghijklmnopqrstuvwxyzabcdefg"}) {
    EXPECT_EQ(error_of(registry_.set_webparm(alice.id, std::nullopt, thema, at(kNow))),
              Errc::thema_invalid);
  }
  EXPECT_EQ(error_of(registry_.set_webparm(alice.id, kMaxWebparmId + 1, std::nullopt, at(kNow))),
            Errc::webparm_id_invalid);
}

TEST_F(RegistryTenants, HaveLimitsOfTheirOwn) {
  const auto alice = add("alice");
  const auto limits = *LimitOverrides::parse("connections=20 retained_bytes=16MB");
  ASSERT_TRUE(registry_.set_limits(alice.id, limits, at(kNow)));
  EXPECT_EQ(registry_.find(alice.id)->limits, limits);
}

TEST_F(RegistryTenants, AreFoundByNameOnlyWhateverTheNameIs) {
  add("alice");
  EXPECT_FALSE(*registry_.is_tombstone("' OR 1=1 --"));
  EXPECT_FALSE(registry_.create_session({.tenant = "alice' --"}, at(kNow)) &&
               registry_.sessions_of("alice", kNow)->size() == 1);
}

TEST_F(RegistryTenants, NeverHaveSecretsInTheAudit) {
  const auto secret = make_home_secret();
  const auto alice = *registry_.add(tenant("alice", secret), at(kNow));
  const auto next = make_home_secret();
  ASSERT_TRUE(registry_.renew_secret(alice.id, next, at(kNow)));
  const auto token = *registry_.create_login_link(alice.id, 60, at(kNow));
  for (const auto& row : *registry_.audit(100)) {
    for (const auto& text : {secret, next, token, alice.password_hash}) {
      EXPECT_THAT(row.detail + row.action + row.actor, testing::Not(testing::HasSubstr(text)));
    }
  }
}

TEST_F(RegistryTenants, LogInOnceWithALink) {
  const auto alice = add("alice");
  const auto token = *registry_.create_login_link(alice.id, 60, at(kNow));
  EXPECT_EQ(registry_.redeem_login_link(token, at(kNow + 59))->uid, alice.uid);
  EXPECT_EQ(error_of(registry_.redeem_login_link(token, at(kNow))), Errc::no_such_link);
}

TEST_F(RegistryTenants, DoNotLogInWithADeadLink) {
  const auto alice = add("alice");
  const auto link = [&] { return *registry_.create_login_link(alice.id, 60, at(kNow)); };
  const auto late = link();
  EXPECT_EQ(error_of(registry_.redeem_login_link(late, at(kNow + 60))), Errc::no_such_link);
  for (const auto* text : {"", "x", "' OR 1=1 --", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_EQ(error_of(registry_.redeem_login_link(text, at(kNow))), Errc::no_such_link);
  }
  const auto before_password = link();
  ASSERT_TRUE(registry_.set_password(alice.id, *hash_random_password("x"), at(kNow)));
  EXPECT_EQ(error_of(registry_.redeem_login_link(before_password, at(kNow))), Errc::no_such_link);
  const auto suspended = link();
  ASSERT_TRUE(registry_.suspend(alice.id, at(kNow)));
  EXPECT_EQ(error_of(registry_.redeem_login_link(suspended, at(kNow))), Errc::tenant_suspended);
  ASSERT_TRUE(registry_.remove(alice.id, at(kNow)));
  add("alice");
  EXPECT_EQ(error_of(registry_.redeem_login_link(suspended, at(kNow))), Errc::no_such_link);
}

}  // namespace
}  // namespace owb::tenants
