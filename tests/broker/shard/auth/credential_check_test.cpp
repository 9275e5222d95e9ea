// Cookies, certificates, home secrets, names and anonymous clients.
#include "broker/shard/auth/credential_check.hpp"

#include <string>

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace owb::shard {
namespace {

using core::ListenerKind;
using core::WebSession;

TEST_F(CredentialTest, HomeSecretOpensListenersForHomesAtOnce) {
  for (const auto kind : {ListenerKind::tcp, ListenerKind::tls}) {
    peer.kind = kind;
    const auto result = asks("alice", kSecret);
    EXPECT_EQ(name_of(result), "home");
    EXPECT_EQ(result.identity.tenant, "alice");
    EXPECT_EQ(result.identity.user, "alice");
    ASSERT_NE(result.identity.record, nullptr);
    EXPECT_EQ(result.identity.record->uid, 1U);
  }
  EXPECT_TRUE(checks.submitted.empty());
}

TEST_F(CredentialTest, HomeSecretOpensNothingElse) {  // rule 11
  for (const auto kind : {ListenerKind::web, ListenerKind::login}) {
    peer.kind = kind;
    EXPECT_EQ(logs_in("alice", kSecret, SlowAnswer::Outcome::wrong), "bad credentials");
  }
}

TEST_F(CredentialTest, ASecretOpensItsOwnTenantOnly) {
  EXPECT_EQ(name_of(asks("fred", kSecret)), "pending");
  EXPECT_EQ(name_of(asks("sam", kSecret)), "pending");
}

TEST_F(CredentialTest, RenewedSecretCounts) {
  record("alice") = make_record("alice", 1, "NewNewNewNewNewNewNewNew12", "");
  update();
  EXPECT_EQ(name_of(asks("alice", "NewNewNewNewNewNewNewNew12")), "home");
  EXPECT_EQ(name_of(asks("alice", kSecret)), "pending");
}

TEST_F(CredentialTest, SuspendedTenantsLearnItByTheRightCredentialOnly) {
  EXPECT_EQ(name_of(asks("sam", kSamSecret)), "not authorized");
  EXPECT_EQ(logs_in("sam", "sampw", SlowAnswer::Outcome::right), "not authorized");
  EXPECT_EQ(name_of(asks("sam", "sampw")), "not authorized");  // remembered, and still suspended
  EXPECT_EQ(logs_in("sam", "no", SlowAnswer::Outcome::wrong), "bad credentials");
}

TEST_F(CredentialTest, RefusesNamesThatCanBeNoTenant) {  // F20
  using namespace std::string_view_literals;
  const std::string long_name(65'535, 'a');
  for (const auto name :
       {"#"sv, "+"sv, "a/b"sv, "al+ice"sv, "alice.x"sv, "al\0ice"sv, "$SYS"sv, "%u"sv, "al ice"sv,
        "al\nice"sv, "\xC3\xA4"sv, std::string_view(long_name)}) {
    SCOPED_TRACE(name.substr(0, 20));
    EXPECT_EQ(name_of(asks(name, "x")), "bad credentials");
  }
  EXPECT_TRUE(checks.submitted.empty());
}

TEST_F(CredentialTest, TellsEachVersionInItsWords) {
  for (const auto& [asked, expected] :
       {std::pair{mqtt::Version::v5, "bad credentials"},
        std::pair{mqtt::Version::v311, "not authorized"},  // CONNACK 5, as mosquitto
        std::pair{mqtt::Version::v31, "not authorized"}}) {
    version = asked;
    EXPECT_EQ(name_of(asks(std::nullopt, std::nullopt)), expected);
    EXPECT_EQ(name_of(asks("", "")), expected);
    EXPECT_EQ(name_of(asks("a/b", "x")), expected);
    EXPECT_EQ(name_of(asks("alice", std::nullopt)), expected);
    EXPECT_EQ(logs_in("alice", "no", SlowAnswer::Outcome::wrong), expected);
    EXPECT_EQ(logs_in("nobody", "no", SlowAnswer::Outcome::wrong), expected);
  }
}

TEST_F(CredentialTest, NobodyIsAnonymousWithTenancy) {  // F30, rule 1
  peer.allow_anonymous = true;
  EXPECT_EQ(name_of(asks(std::nullopt, std::nullopt)), "bad credentials");
  EXPECT_EQ(name_of(asks("", "")), "bad credentials");
  EXPECT_EQ(name_of(asks(std::nullopt, "x")), "bad credentials");
}

// What Debian's mosquitto 2.0.11 answers.
TEST_F(CredentialTest, ClassicModeIsMosquittos) {  // F30
  using Text = std::optional<std::string_view>;

  struct Case {
    bool file;
    bool allow_anonymous;
    Text user;
    Text password;
    const char* expected;
  };

  const auto file = data.password_file;
  for (const auto& one : {
           Case{false, true, std::nullopt, std::nullopt, "anonymous"},
           Case{false, true, "x", "y", "anonymous"},
           Case{false, true, "x", std::nullopt, "anonymous"},
           Case{false, true, "", "", "anonymous"},
           Case{false, true, std::nullopt, "p", "anonymous"},
           Case{false, true, "a/#", "p", "anonymous"},
           Case{false, false, std::nullopt, std::nullopt, "not authorized"},
           Case{false, false, "x", "y", "not authorized"},
           Case{false, false, "", "", "not authorized"},
           Case{true, true, std::nullopt, std::nullopt, "anonymous"},
           Case{true, true, "", "", "anonymous"},
           Case{true, true, std::nullopt, "p", "anonymous"},
           Case{true, true, "fred", std::nullopt, "not authorized"},
           Case{true, true, "x", "y", "pending"},
           Case{true, true, "fred", "fredpw", "pending"},
           Case{true, false, std::nullopt, std::nullopt, "not authorized"},
           Case{true, false, "", "", "not authorized"},
           Case{true, false, std::nullopt, "p", "not authorized"},
           Case{true, false, "fred", "fredpw", "pending"},
       }) {
    SCOPED_TRACE(std::string(one.file ? "file " : "no file ") +
                 (one.allow_anonymous ? "open " : "closed ") + std::string(one.user.value_or("-")) +
                 " " + std::string(one.password.value_or("-")));
    data.tenancy = false;
    data.password_file = one.file ? file : nullptr;
    update();
    peer.allow_anonymous = one.allow_anonymous;
    const auto result = asks(one.user, one.password);
    EXPECT_EQ(name_of(result), one.expected);
    EXPECT_EQ(result.identity.tenant, "");
  }
}

TEST_F(CredentialTest, ClassicModeDoesNotAskTheRegistry) {
  data.tenancy = false;
  update();
  EXPECT_EQ(name_of(asks("alice", kSecret)), "pending");
  EXPECT_EQ(checks.submitted.back().stored_hash, *data.password_file->find("alice"));
  EXPECT_EQ(slow_answer(SlowAnswer::Outcome::right), "owner");
  EXPECT_EQ(logs_in("gone", "gonepw", SlowAnswer::Outcome::right), "owner");
}

TEST_F(CredentialTest, TheCookieWinsOverConnect) {
  peer.kind = ListenerKind::web;
  peer.web = WebSession{.tenant = "alice",
                        .tenant_uid = 1,
                        .session_id = "0123456789abcdef",
                        .expires = now.wall_s + 100};
  for (const auto* user : {"sam", "a/b", "fred"}) {
    const auto result = asks(user, "whatever");
    EXPECT_EQ(name_of(result), "owner_web");
    EXPECT_EQ(result.identity.tenant, "alice");
    EXPECT_EQ(result.identity.session_id, "0123456789abcdef");
    EXPECT_EQ(result.identity.expires, now.wall_s + 100);
    ASSERT_NE(result.identity.record, nullptr);
  }
  peer.web->viewer = true;
  EXPECT_EQ(name_of(asks(std::nullopt, std::nullopt)), "viewer");
}

TEST_F(CredentialTest, ACookieIsGoodForItsTenantOnly) {  // F25

  struct Case {
    const char* tenant;
    std::uint64_t uid;
    std::int64_t expires_in;
    const char* expected;
  };

  for (const auto& one : {
           Case{"alice", 1, 1, "owner_web"},
           Case{"alice", 1, 0, "not authorized"},
           Case{"alice", 7, 100, "not authorized"},  // deleted and made again
           Case{"alice", 0, 100, "not authorized"},  // from the time before the registry knew it
           Case{"sam", 2, 100, "not authorized"},
           Case{"gone", 3, 100, "not authorized"},
           Case{"gone", 0, 100, "not authorized"},
           Case{"nobody", 4, 100, "not authorized"},
           Case{"nobody", 0, 100, "not authorized"},
           Case{"fred", 0, 100, "owner_web"},
       }) {
    SCOPED_TRACE(std::string(one.tenant) + " " + std::to_string(one.uid));
    peer.kind = ListenerKind::web;
    peer.web = WebSession{
        .tenant = one.tenant, .tenant_uid = one.uid, .expires = now.wall_s + one.expires_in};
    EXPECT_EQ(name_of(asks("alice", kSecret)), one.expected);
  }
}

TEST_F(CredentialTest, ACertificateNamesItsTenant) {
  for (const auto& [name, expected] : {
           std::pair{"alice", "owner"},
           std::pair{"fred", "owner"},
           std::pair{"carol", "owner"},  // the operator's CA vouches for it
           std::pair{"sam", "not authorized"},
           std::pair{"gone", "not authorized"},
           std::pair{"#", "not authorized"},
           std::pair{"", "not authorized"},
       }) {
    SCOPED_TRACE(name);
    peer.certificate_name = std::string(name);
    const auto result = asks("bob", "whatever");
    EXPECT_EQ(name_of(result), expected);
  }
  peer.certificate_name = std::string("alice");
  EXPECT_NE(asks(std::nullopt, std::nullopt).identity.record, nullptr);
}

}  // namespace
}  // namespace owb::shard
