#include "tenants/session/cookie.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenants/base/base64.hpp"
#include "tenants/registry/tenant_id.hpp"

namespace owb::session {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

KeyRing ring(std::initializer_list<std::uint32_t> ids) {
  std::vector<KeyRing::Key> keys;
  for (const auto id : ids) {
    const std::string secret(KeyRing::kKeySize, static_cast<char>(id));
    keys.push_back(
        {.id = id, .created = kNow, .secret = SecretBytes::copy_of(as_byte_view(secret))});
  }
  return KeyRing{std::move(keys)};
}

SessionClaims claims() {
  return {.tenant = "alice",
          .tenant_uid = 77,
          .id = SessionId::random(),
          .role = Role::owner,
          .issued = kNow,
          .expires = kNow + 60};
}

TEST(Cookie, OpensToWhatWasSealed) {
  const auto keys = ring({1});
  auto expected = claims();
  for (const auto role : {Role::owner, Role::viewer}) {
    expected.role = role;
    const auto opened = open(seal(expected, keys), keys, kNow);
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, expected);
  }
}

TEST(Cookie, TakesTheLongestName) {
  const auto keys = ring({1});
  auto expected = claims();
  expected.tenant = std::string(kMaxTenantName, 'x');
  const auto value = seal(expected, keys);
  EXPECT_LE(value.size(), kMaxCookieValue);
  EXPECT_EQ(open(value, keys, kNow)->tenant, expected.tenant);
}

TEST(Cookie, ShowsNothingOfItsContentAndIsNeverTheSameTwice) {
  const auto keys = ring({1});
  const auto one = claims();
  const auto value = seal(one, keys);
  EXPECT_NE(value, seal(one, keys));
  EXPECT_THAT(std::string{as_text(*from_base64url(value))},
              testing::Not(testing::HasSubstr("alice")));
}

TEST(Cookie, IsSealedWithTheNewestKeyAndOpensWithOldOnes) {
  const auto old_value = seal(claims(), ring({1}));
  EXPECT_TRUE(open(old_value, ring({2, 1}), kNow));
  EXPECT_TRUE(open(seal(claims(), ring({2, 1})), ring({2}), kNow));
  EXPECT_EQ(error_of(open(old_value, ring({2}), kNow)), Errc::cookie_key_unknown);
  EXPECT_EQ(error_of(open(old_value, KeyRing{}, kNow)), Errc::cookie_key_unknown);
}

TEST(Cookie, ExpiresToTheSecond) {
  const auto keys = ring({1});
  const auto value = seal(claims(), keys);
  EXPECT_TRUE(open(value, keys, kNow + 59));
  EXPECT_EQ(error_of(open(value, keys, kNow + 60)), Errc::cookie_expired);
}

TEST(Cookie, F45DoesNotOpenWhenAnyBitWasFlipped) {
  const auto keys = ring({1});
  const auto sealed = *from_base64url(seal(claims(), keys));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto changed = sealed;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(open(to_base64url(changed), keys, kNow)) << bit;
  }
}

TEST(Cookie, F45DoesNotOpenUnderTheIdOfAnotherKey) {
  auto bytes = *from_base64url(seal(claims(), ring({1})));
  bytes[1] = std::byte{2};
  EXPECT_EQ(error_of(open(to_base64url(bytes), ring({2, 1}), kNow)), Errc::cookie_forged);
}

TEST(Cookie, RefusesEveryOtherText) {
  const auto keys = ring({1});
  const auto value = seal(claims(), keys);
  for (const auto& text : {std::string{}, std::string{"x"}, value + "=", value.substr(1),
                           value.substr(0, 40), " " + value, std::string(kMaxCookieValue + 1, 'A'),
                           std::string(200, '!'), std::string(40, '\0')}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(error_of(open(text, keys, kNow)), Errc::cookie_malformed);
  }
  EXPECT_FALSE(open(value.substr(0, value.size() - 4), keys, kNow));
  EXPECT_FALSE(open(value + "AAAA", keys, kNow));
}

TEST(FindCookie, FindsOursAmongOthers) {
  struct Case {
    std::string_view header;
    std::string_view value;
  };

  for (const auto& [header, value] : {Case{"__Host-owb=abc", "abc"},
                                      {"a=b; __Host-owb=abc; c=d", "abc"},
                                      {"a=b;__Host-owb=abc", "abc"},
                                      {"x__Host-owb=no; __Host-owb=abc", "abc"},
                                      {"__Host-owb=abc; __Host-owb=abc", "abc"},
                                      {"__Host-owb=", ""}}) {
    SCOPED_TRACE(header);
    EXPECT_EQ(find_cookie(header), value);
  }
}

TEST(FindCookie, FindsNothingWhereThereIsNone) {
  for (const auto* header : {"", "a=b", "__Host-owb", "__Host-owbx=1", "x__Host-owb=1",
                             "__host-owb=1", "mqtt=__Host-owb=1", ";;;"}) {
    SCOPED_TRACE(header);
    EXPECT_FALSE(find_cookie(header));
  }
}

TEST(FindCookie, F45TrustsNeitherOfTwoDifferentOnes) {
  EXPECT_FALSE(find_cookie("__Host-owb=a; __Host-owb=b"));
}

TEST(SetCookie, NamesEveryAttribute) {
  EXPECT_EQ(set_cookie("v", 60),
            "__Host-owb=v; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict");
}

}  // namespace
}  // namespace owb::session
