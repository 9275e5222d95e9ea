#include "tenants/registry/snapshot.hpp"

#include <gtest/gtest.h>

#include "tests/tenants/support/registry_fixture.hpp"

namespace owb::tenants {
namespace {

TenantRecord record(std::string_view name, std::uint64_t uid) {
  TenantRecord made{test::id(name)};
  made.uid = uid;
  return made;
}

TEST(RegistrySnapshot, OfNothingKnowsNobody) {
  const RegistrySnapshot snapshot;
  EXPECT_EQ(snapshot.find("alice"), nullptr);
  EXPECT_FALSE(snapshot.is_tombstone("alice"));
  EXPECT_EQ(snapshot.size(), 0U);
  ASSERT_NE(snapshot.keys(), nullptr);
  EXPECT_TRUE(snapshot.keys()->empty());
  EXPECT_FALSE(snapshot.check_home_secret(record("alice", 1), make_home_secret()));
}

TEST(RegistrySnapshot, TellsLivingDeadAndUnknownApart) {
  SnapshotBuilder builder{RegistrySnapshot{}};
  builder.put(record("alice", 1));
  builder.put(record("bob", 2));
  builder.bury("bob");
  builder.bury("bob");
  builder.bury("carol");
  builder.forget("carol");
  builder.forget("dave");
  const auto snapshot = builder.build();
  EXPECT_EQ(snapshot->find("alice")->uid, 1U);
  EXPECT_FALSE(snapshot->is_tombstone("alice"));
  EXPECT_EQ(snapshot->find("bob"), nullptr);
  EXPECT_TRUE(snapshot->is_tombstone("bob"));
  EXPECT_FALSE(snapshot->is_tombstone("carol"));
  EXPECT_EQ(snapshot->size(), 1U);
}

TEST(RegistrySnapshot, StaysWhatItWasWhenTheNextIsBuilt) {
  SnapshotBuilder first{RegistrySnapshot{}};
  first.put(record("alice", 1));
  const auto before = first.build();
  SnapshotBuilder second{*before};
  second.put(record("alice", 2));
  second.put(record("bob", 3));
  const auto after = second.build();
  second.bury("alice");
  EXPECT_EQ(before->find("alice")->uid, 1U);
  EXPECT_EQ(before->find("bob"), nullptr);
  EXPECT_EQ(after->find("alice")->uid, 2U);
  EXPECT_EQ(after->size(), 2U);
}

TEST(RegistrySnapshot, SharesWhatDidNotChange) {
  SnapshotBuilder first{RegistrySnapshot{}};
  first.put(record("alice", 1));
  first.put(record("bob", 2));
  const auto before = first.build();
  SnapshotBuilder second{*before};
  second.put(record("bob", 3));
  EXPECT_EQ(second.build()->find("alice"), before->find("alice"));
}

TEST(RegistrySnapshot, VisitsEveryTenantOnce) {
  SnapshotBuilder builder{RegistrySnapshot{}};
  for (int i = 0; i < 1'000; ++i) {
    builder.put(record("t" + std::to_string(i), static_cast<std::uint64_t>(i) + 1));
  }
  builder.bury("t7");
  std::uint64_t sum = 0;
  builder.build()->for_each([&](const auto& tenant) { sum += tenant->uid; });
  EXPECT_EQ(sum, 1'000U * 1'001U / 2 - 8);
}

TEST(RegistrySnapshot, ChecksHomeSecretsOfTheirTenantOnly) {
  const auto secret = make_home_secret();
  SnapshotBuilder builder{RegistrySnapshot{}};
  const auto key = SecretBytes::random(32);
  builder.set_home_key(SecretBytes::copy_of(key.view()));
  const auto snapshot = builder.build();
  auto alice = record("alice", 1);
  alice.home_secret = home_secret_mac(key, alice.uid, secret);
  EXPECT_TRUE(snapshot->check_home_secret(alice, secret));
  EXPECT_FALSE(snapshot->check_home_secret(alice, make_home_secret()));
  EXPECT_FALSE(snapshot->check_home_secret(alice, secret + "x"));
  EXPECT_FALSE(snapshot->check_home_secret(alice, ""));
  auto bob = record("bob", 2);
  bob.home_secret = alice.home_secret;  // a row copied to another tenant
  EXPECT_FALSE(snapshot->check_home_secret(bob, secret));
}

TEST(HomeSecret, FitsOpenWbsForm) {
  const auto secret = make_home_secret();
  EXPECT_EQ(secret.size(), 26U);
  EXPECT_EQ(
      secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
      std::string::npos);
}

}  // namespace
}  // namespace owb::tenants
