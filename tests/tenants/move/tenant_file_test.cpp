#include "tenants/move/tenant_file.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenants/registry/snapshot.hpp"

namespace owb::move {
namespace {

using testing::HasSubstr;

Bytes bytes(std::string_view text) {
  const auto view = as_byte_view(text);
  return {view.begin(), view.end()};
}

TenantFile some_file() {
  tenants::TenantRecord tenant{*TenantId::parse("alice")};
  tenant.uid = 7;
  tenant.suspended = true;
  tenant.home_secret.fill(std::byte{0xAB});
  tenants::HomeSecretOrigin origin{.uid = 9};
  origin.key.fill(std::byte{0xCD});
  tenant.home_origin = origin.bytes();
  tenant.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA";
  tenant.webparm_id = 42;
  tenant.thema = "blue";
  tenant.limits = *tenants::LimitOverrides::parse("connections=20");
  tenant.created = 1'700'000'000;
  return {.tenant = std::move(tenant),
          .exported = 1'700'000'123,
          .state = {{1, bytes("/a"), bytes(std::string_view{"\0\xFF value", 8})},
                    {2, bytes(""), bytes("")},
                    {200, bytes("unknown kinds are judged elsewhere"), bytes("x")}}};
}

TEST(TenantFile, GivesBackWhatWasWritten) {
  const auto written = some_file();
  const auto read = read_tenant_file(write_tenant_file(written));
  ASSERT_TRUE(read) << read.problem;
  auto expected = written.tenant;
  expected.uid = 0;  // the next registry gives its own
  EXPECT_EQ(read.file.tenant, expected);
  EXPECT_EQ(read.file.exported, written.exported);
  EXPECT_EQ(read.file.state, written.state);
}

TEST(TenantFile, EveryTruncationIsNoticed) {
  const auto whole = write_tenant_file(some_file());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const std::string cut{whole, 0, size};
    const auto read = read_tenant_file(cut);
    EXPECT_FALSE(read);
    EXPECT_TRUE(read.file.state.empty());
  }
}

TEST(TenantFile, EveryFlippedBitIsNoticed) {
  const auto whole = write_tenant_file(some_file());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    SCOPED_TRACE(at);
    for (int bit = 0; bit < 8; ++bit) {
      auto bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      const auto read = read_tenant_file(bad);
      EXPECT_FALSE(read) << bit;
      EXPECT_TRUE(read.file.state.empty());
    }
  }
}

TEST(TenantFile, SaysWhatIsWrongAndWhere) {
  const auto whole = write_tenant_file(some_file());
  EXPECT_THAT(read_tenant_file("").problem, HasSubstr("not a file of `owb-tenants export`"));
  EXPECT_THAT(read_tenant_file("SQLite format 3").problem, HasSubstr("not a file of"));
  auto later = whole;
  later[17] = 9;
  EXPECT_THAT(read_tenant_file(later).problem, HasSubstr("version 9"));
  EXPECT_EQ(read_tenant_file(whole + "x").problem,
            "byte " + std::to_string(whole.size()) + ": something after the end");
  auto bad = whole;
  bad[60] = static_cast<char>(bad[60] ^ 1);
  EXPECT_EQ(read_tenant_file(bad).problem, "byte 18: the record is damaged");
  EXPECT_THAT(read_tenant_file(whole.substr(0, whole.size() - 1)).problem, HasSubstr("ends"));
}

TEST(TenantFile, RecordsDoNotChangePlaces) {
  auto one = some_file();
  one.state = {{1, bytes("/a"), bytes("1")}, {1, bytes("/b"), bytes("2")}};
  const auto whole = write_tenant_file(one);
  constexpr std::size_t kEntry = 21 + 3 + 2 + 1;
  const auto end = whole.size() - 21 - 8;
  const auto first = whole.substr(end - 2 * kEntry, kEntry);
  const auto second = whole.substr(end - kEntry, kEntry);
  const auto head = whole.substr(0, end - 2 * kEntry);
  const auto tail = whole.substr(end);
  ASSERT_TRUE(read_tenant_file(head + first + second + tail));
  for (const auto& bad :
       {head + second + first + tail, head + first + tail, head + first + first + tail,
        head + first + second + second + tail, head + tail, head + first + second}) {
    EXPECT_FALSE(read_tenant_file(bad));
  }
}

}  // namespace
}  // namespace owb::move
