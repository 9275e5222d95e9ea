#include "tenants/registry/password_hash.hpp"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenants/registry/error.hpp"

namespace owb::tenants {
namespace {

// Made by mosquitto_passwd 2.0.11 for "correct horse".
constexpr std::string_view kSha512 =
    "$6$SvvdAScKXANZ6GLH$gjxlguwQujp9ITlWXk6gI11KFt0N2qocO3aPa4Q3+"
    "SsamJQdOWzt0d8fqXeaIrArKPwe6JSBaq3t"
    "wQFltCq2dQ==";
constexpr std::string_view kPbkdf2 =
    "$7$101$WxwbUpnJNEPv4EyZ$UKI1PCEMBd0ytLRVKzKvX0AH1zZXC3oZgHP5vr6DDlggoABgak2RbudwZiUuTw8h5aFi+"
    "H6"
    "An239dtgOSI6m8g==";

TEST(PasswordHash, ChecksWhatMosquittoMade) {
  for (const auto hash : {kSha512, kPbkdf2}) {
    SCOPED_TRACE(hash);
    EXPECT_TRUE(*verify_password(hash, "correct horse"));
    EXPECT_FALSE(*verify_password(hash, "correct horsf"));
    EXPECT_FALSE(*verify_password(hash, "correct horse "));
    EXPECT_FALSE(*verify_password(hash, ""));
    EXPECT_TRUE(needs_rehash(hash));
  }
}

TEST(PasswordHash, OfAPersonIsArgon2idWithTheCostsOfTheDesign) {
  const auto hash = *hash_password("correct horse");
  EXPECT_THAT(hash, testing::StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_TRUE(*verify_password(hash, "correct horse"));
  EXPECT_FALSE(*verify_password(hash, "Correct horse"));
  EXPECT_FALSE(needs_rehash(hash));
  EXPECT_NE(hash, *hash_password("correct horse"));
}

TEST(PasswordHash, OfOurOwnRandomPasswordsIsCheap) {
  const auto hash = *hash_random_password("Zu8fallig");
  EXPECT_THAT(hash, testing::StartsWith("$7$101$"));
  EXPECT_TRUE(*verify_password(hash, "Zu8fallig"));
  EXPECT_FALSE(*verify_password(hash, "zu8fallig"));
}

TEST(PasswordHash, TakesPasswordsWithAnyBytes) {
  const std::string password{"a\0b\xFF", 4};
  for (const auto& hash : {*hash_password(password), *hash_random_password(password)}) {
    EXPECT_TRUE(*verify_password(hash, password));
    EXPECT_FALSE(*verify_password(hash, "a"));
  }
}

TEST(PasswordHash, NeverFitsAnOverlongPassword) {
  const std::string endless(kMaxPasswordBytes + 1, 'a');
  EXPECT_FALSE(*verify_password(kPbkdf2, endless));
  EXPECT_FALSE(*verify_password_evenly("", endless));
}

TEST(PasswordHash, RefusesOtherFormats) {
  for (const auto* hash : {"", "plain", "$1$abc$def", "$5$abc$def", "$2b$12$abc",
                           "$argon2i$v=19$m=8,t=1,p=1$a$b", "$8$1$a$b", "6$a$b", "!", "*"}) {
    SCOPED_TRACE(hash);
    EXPECT_EQ(error_of(check_hash_format(hash)), Errc::hash_unknown_format);
    EXPECT_EQ(error_of(verify_password(hash, "x")), Errc::hash_unknown_format);
  }
}

TEST(PasswordHash, RefusesMalformedOnes) {
  const std::string sha512{kSha512};
  for (const auto& hash :
       {std::string{"$6$"}, std::string{"$6$abc"}, std::string{"$6$$"}, std::string{"$7$"},
        std::string{"$7$101$YQ==$"}, sha512.substr(0, sha512.size() - 1), sha512 + "$",
        "$6$" + std::string{kPbkdf2.substr(7)} + "x", "$7$0" + std::string{kPbkdf2.substr(6)},
        "$7$-1" + std::string{kPbkdf2.substr(6)}, "$7$1e3" + std::string{kPbkdf2.substr(6)},
        std::string{"$7$101$YQ==$YQ=="}, "$6$" + std::string(200, 'A') + sha512.substr(19),
        std::string{"$argon2id$"}, std::string{"$argon2id$v=19$m=19456,t=2$c2FsdHNhbHQ$aGFzaA"},
        std::string{"$argon2id$v=18$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"},
        std::string{"$argon2id$v=19$m=19456,t=0,p=1$c2FsdHNhbHQ$aGFzaA"},
        std::string{"$argon2id$v=19$t=2,m=19456,p=1$c2FsdHNhbHQ$aGFzaA"},
        std::string{"$argon2id$v=19$m=19456,t=2,p=1$$"}}) {
    SCOPED_TRACE(hash);
    EXPECT_EQ(error_of(verify_password(hash, "x")), Errc::hash_malformed);
  }
}

TEST(PasswordHash, RefusesWhatWouldCostTooMuch) {
  for (const auto& hash : {"$7$1000001" + std::string{kPbkdf2.substr(6)},
                           "$7$99999999999" + std::string{kPbkdf2.substr(6)},
                           std::string{"$argon2id$v=19$m=262145,t=2,p=1$c2FsdHNhbHQ$aGFzaA"},
                           std::string{"$argon2id$v=19$m=4294967296,t=2,p=1$c2FsdHNhbHQ$aGFzaA"},
                           std::string{"$argon2id$v=19$m=19456,t=11,p=1$c2FsdHNhbHQ$aGFzaA"},
                           std::string{"$argon2id$v=19$m=19456,t=2,p=17$c2FsdHNhbHQ$aGFzaA"}}) {
    SCOPED_TRACE(hash);
    EXPECT_EQ(error_of(verify_password(hash, "x")), Errc::hash_too_expensive);
  }
}

TEST(PasswordHash, RefusesAtTheSameCostWhateverTheFormat) {
  const auto cost_of = [](std::string_view hash) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(*verify_password_evenly(hash, "wrong"));
    return std::chrono::steady_clock::now() - start;
  };
  // A lower bound only: an upper one would fail on a busy machine. 101 iterations alone take 0.1
  // ms.
  const auto argon2id = cost_of(*hash_password("right"));
  for (const auto hash : {std::string_view{}, kSha512, kPbkdf2}) {
    SCOPED_TRACE(hash);
    EXPECT_GT(cost_of(hash), argon2id / 20);
  }
  EXPECT_TRUE(*verify_password_evenly(kPbkdf2, "correct horse"));
}

}  // namespace
}  // namespace owb::tenants
