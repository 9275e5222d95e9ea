#include "broker/shard/auth/auth_data.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tenants/registry/password_hash.hpp"

namespace owb::shard {
namespace {

AuthData::File file(std::string_view user, std::string_view password) {
  auto parsed = tenants::parse_password_file(std::string(user) + ":" +
                                             *tenants::hash_random_password(password) + "\n");
  EXPECT_TRUE(parsed) << parsed.first_error("file");
  return std::make_shared<const tenants::PasswordFile>(std::move(parsed.file));
}

TEST(AuthData, OneFileCountsOnEveryListener) {
  AuthData data;
  EXPECT_FALSE(data.has_file(0));
  EXPECT_EQ(data.file_hash("alice", 0), nullptr);
  data.password_file = file("alice", "x");
  EXPECT_TRUE(data.has_file(7));
  EXPECT_NE(data.file_hash("alice", 7), nullptr);
  EXPECT_EQ(data.file_hash("bob", 7), nullptr);
}

TEST(AuthData, PerListenerEachHasItsOwn) {
  AuthData data;
  data.listener_files = {nullptr, file("alice", "x"), file("bob", "x")};
  EXPECT_FALSE(data.has_file(0));
  EXPECT_TRUE(data.has_file(1));
  EXPECT_FALSE(data.has_file(3));
  EXPECT_EQ(data.file_hash("alice", 0), nullptr);
  EXPECT_NE(data.file_hash("alice", 1), nullptr);
  EXPECT_EQ(data.file_hash("alice", 2), nullptr);
  EXPECT_EQ(data.file_hash("alice", 3), nullptr);
  EXPECT_NE(data.any_file_hash("alice"), nullptr);
  EXPECT_NE(data.any_file_hash("bob"), nullptr);
  EXPECT_EQ(data.any_file_hash("carol"), nullptr);
}

}  // namespace
}  // namespace owb::shard
