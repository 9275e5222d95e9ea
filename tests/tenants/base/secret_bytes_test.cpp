#include "tenants/base/secret_bytes.hpp"

#include <gtest/gtest.h>

#include "tenants/base/random.hpp"

namespace owb {
namespace {

TEST(SecretBytes, HoldWhatWasCopied) {
  const auto secret = SecretBytes::copy_of(as_byte_view("key"));
  EXPECT_EQ(as_text(secret.view()), "key");
}

TEST(SecretBytes, LeaveTheirOldOwnerEmpty) {
  auto first = SecretBytes::copy_of(as_byte_view("key"));
  const SecretBytes second{std::move(first)};
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(as_text(second.view()), "key");
}

TEST(SecretBytes, AreDrawnAnewEachTime) {
  const auto first = SecretBytes::random(32);
  const auto second = SecretBytes::random(32);
  EXPECT_EQ(first.size(), 32U);
  EXPECT_FALSE(equal_in_constant_time(first.view(), second.view()));
}

TEST(Wipe, LeavesNothingOfAText) {
  std::string password = "correct horse";
  wipe(password);
  EXPECT_TRUE(password.empty());
}

TEST(EqualInConstantTime, ComparesBytes) {
  EXPECT_TRUE(equal_in_constant_time(as_byte_view("abc"), as_byte_view("abc")));
  EXPECT_FALSE(equal_in_constant_time(as_byte_view("abc"), as_byte_view("abd")));
  EXPECT_FALSE(equal_in_constant_time(as_byte_view("abc"), as_byte_view("ab")));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
}

TEST(RandomAlnum, HasTheLengthAndTheAlphabet) {
  const auto text = random_alnum(1'000);
  EXPECT_EQ(text.size(), 1'000U);
  EXPECT_EQ(
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
      std::string::npos);
  EXPECT_NE(text.find_first_of("0123456789"), std::string::npos);
}

}  // namespace
}  // namespace owb
