// Passwords: what is asked, remembered and forgotten.
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "broker/shard/auth/credential_check.hpp"
#include "broker/shard/auth/kdf_queue.hpp"
#include "credential_fixture.hpp"

namespace owb::shard {
namespace {

using core::ListenerKind;
using Outcome = SlowAnswer::Outcome;
using Taken = SlowChecks::Taken;

TEST_F(CredentialTest, ARightPasswordMakesAnOwner) {
  ASSERT_EQ(name_of(asks("alice", "alicepw")), "pending");
  const auto& asked = checks.submitted.back();
  EXPECT_EQ(asked.sink, this);
  EXPECT_EQ(asked.link, link);
  EXPECT_EQ(asked.name, "alice");
  EXPECT_EQ(asked.address, peer.address);
  EXPECT_EQ(asked.stored_hash, record("alice").password_hash);
  EXPECT_EQ(as_text(asked.password.view()), "alicepw");
  EXPECT_TRUE(asked.throttled);
  EXPECT_TRUE(asked.rehash);  // the cheap form is only for the first time

  const auto result = check.finish({.link = link, .outcome = Outcome::right});
  ASSERT_TRUE(result);
  EXPECT_EQ(name_of(*result), "owner");
  EXPECT_EQ(result->identity.tenant, "alice");
  EXPECT_NE(result->identity.record, nullptr);
  EXPECT_EQ(check.pending(), 0U);
}

TEST_F(CredentialTest, TheRegistryAloneDecidesItsNames) {
  asks("alice", "filepw");
  EXPECT_EQ(checks.submitted.back().stored_hash, record("alice").password_hash);
  asks("gone", "gonepw");
  EXPECT_EQ(checks.submitted.back().stored_hash, "");  // its tombstone blocks the file's entry
  asks("fred", "fredpw");
  EXPECT_EQ(checks.submitted.back().stored_hash, *data.password_file->find("fred"));
  EXPECT_FALSE(checks.submitted.back().rehash);
  const auto result = check.finish({.link = link, .outcome = Outcome::right});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->identity.tenant, "fred");
  EXPECT_EQ(result->identity.record, nullptr);
}

TEST_F(CredentialTest, UnknownNamesTakeTheSameWayAsWrongPasswords) {
  for (const auto* name : {"nobody", "alice", "gone", "fred", "sam"}) {
    SCOPED_TRACE(name);
    const auto before = checks.submitted.size();
    EXPECT_EQ(name_of(asks(name, "guess")), "pending");
    EXPECT_EQ(checks.submitted.size(), before + 1);
    EXPECT_TRUE(checks.submitted.back().throttled);
    EXPECT_EQ(slow_answer(Outcome::wrong), "bad credentials");
    EXPECT_EQ(name_of(asks(name, "guess")), "bad credentials");  // again: known to be wrong
    EXPECT_EQ(checks.submitted.size(), before + 1);
  }
}

TEST_F(CredentialTest, ASecondLoginCostsNoHash) {  // F34
  EXPECT_EQ(logs_in("alice", "alicepw", Outcome::right), "owner");
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(name_of(asks("alice", "alicepw")), "owner");
  }
  EXPECT_EQ(checks.submitted.size(), 1U);
  EXPECT_EQ(name_of(asks("alice", "alicepw2")), "pending");
  EXPECT_EQ(name_of(asks("fred", "alicepw")), "pending");
}

TEST_F(CredentialTest, AChangedPasswordEndsTheMemory) {
  EXPECT_EQ(logs_in("alice", "alicepw", Outcome::right), "owner");
  EXPECT_EQ(logs_in("alice", "newpw", Outcome::wrong), "bad credentials");
  record("alice").password_hash = *tenants::hash_random_password("newpw");
  update();
  EXPECT_EQ(name_of(asks("alice", "alicepw")), "pending");
  EXPECT_EQ(name_of(asks("alice", "newpw")), "pending");  // no longer known to be wrong
}

TEST_F(CredentialTest, WrongPasswordsAreForgottenAfterAWhile) {
  EXPECT_EQ(logs_in("alice", "guess", Outcome::wrong), "bad credentials");
  now.mono_ms += CredentialCheck::kWrongMs - 1;
  EXPECT_EQ(name_of(asks("alice", "guess")), "bad credentials");
  now.mono_ms += 1;
  EXPECT_EQ(name_of(asks("alice", "guess")), "pending");
}

TEST_F(CredentialTest, OtherAnswersAreNotRemembered) {
  for (const auto& [outcome, expected] : {
           std::pair{Outcome::busy, "busy"},
           std::pair{Outcome::failed, "unavailable"},
           std::pair{Outcome::blocked, "bad credentials"},
       }) {
    EXPECT_EQ(logs_in("alice", "alicepw", outcome), expected);
    EXPECT_EQ(name_of(asks("alice", "alicepw")), "pending");
    check.forget(link);
  }
}

TEST_F(CredentialTest, BlockedAndFullAreAnsweredAtOnce) {
  checks.answer = Taken::blocked;
  EXPECT_EQ(name_of(asks("alice", "alicepw")), "bad credentials");
  checks.answer = Taken::full;
  EXPECT_EQ(name_of(asks("alice", "alicepw")), "busy");
  EXPECT_EQ(check.pending(), 0U);
}

TEST_F(CredentialTest, RefusesPasswordsNobodyHas) {
  EXPECT_EQ(name_of(asks("alice", std::nullopt)), "bad credentials");
  EXPECT_EQ(name_of(asks("alice", std::string(tenants::kMaxPasswordBytes + 1, 'x'))),
            "bad credentials");
  EXPECT_TRUE(checks.submitted.empty());
}

TEST_F(CredentialTest, ANewHashOfTheSamePasswordIsNoChange) {
  // A password file's form, as an imported account has it until its first login.
  record("alice").password_hash =
      "$7$101$MDEyMzQ1Njc4OWFi$"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
  update();
  asks("alice", "alicepw");
  record("alice").password_hash = *tenants::hash_random_password("alicepw");
  update();
  EXPECT_EQ(slow_answer(Outcome::right), "owner");

  asks("alice", "alicepw");
  record("alice").password_hash = *tenants::hash_random_password("newpw");
  ++record("alice").generation;
  update();
  EXPECT_EQ(slow_answer(Outcome::right), "busy");
}

TEST_F(CredentialTest, AnAnswerCountsForTheHashThatWasChecked) {
  asks("alice", "alicepw");
  record("alice").password_hash = *tenants::hash_random_password("newpw");
  ++record("alice").generation;  // as the registry does for a new password
  update();
  EXPECT_EQ(slow_answer(Outcome::right), "busy");
  EXPECT_EQ(name_of(asks("alice", "alicepw")), "pending");
}

TEST_F(CredentialTest, SuspensionDuringTheCheckCounts) {
  asks("alice", "alicepw");
  record("alice").suspended = true;
  update();
  EXPECT_EQ(slow_answer(Outcome::right), "not authorized");
}

TEST_F(CredentialTest, AForgottenLinkGetsNoAnswer) {
  asks("alice", "alicepw");
  check.forget(link);
  EXPECT_EQ(checks.forgotten, std::vector{link});
  EXPECT_EQ(slow_answer(Outcome::right), "nobody waits");
  check.forget(link + 1);
  EXPECT_EQ(checks.forgotten.size(), 1U);
}

TEST_F(CredentialTest, ThePortalThrottlesByItself) {
  peer.kind = ListenerKind::login;
  asks("alice", "alicepw");
  EXPECT_FALSE(checks.submitted.back().throttled);
}

TEST_F(CredentialTest, ThePortalLogsInUsersOfEveryFile) {
  data.listener_files = {nullptr, std::exchange(data.password_file, nullptr)};
  update();
  peer.listener = 7;
  peer.kind = ListenerKind::login;
  asks("fred", "fredpw");
  EXPECT_NE(checks.submitted.back().stored_hash, "");
  peer.kind = ListenerKind::tls;
  asks("fred", "fredpw");
  EXPECT_EQ(checks.submitted.back().stored_hash, "");
  peer.listener = 1;
  asks("fred", "fredpw");
  EXPECT_NE(checks.submitted.back().stored_hash, "");
}

/// With the pool's own queue between, and time that is only told.
class QueuedChecks final : public SlowChecks {
 public:
  explicit QueuedChecks(const core::Now& now) : now_{now} {}

  Taken submit(SlowCheck check) override { return queue_.submit(std::move(check), now_.mono_ms); }

  void forget(const AuthSink& sink, std::uint64_t link) override { queue_.forget(sink, link); }

  /// Computes everything that may run; every password is wrong.
  void run(CredentialCheck& check) {
    auto due = queue_.take_due(now_.mono_ms);
    while (const auto job = queue_.take(now_.mono_ms)) {
      ++computed;
      queue_.finish(*job, Outcome::wrong, now_.mono_ms);
    }
    for (const auto& one : due) {
      check.finish(one.answer);
    }
  }

  std::size_t computed = 0;

 private:
  const core::Now& now_;
  KdfQueue queue_{KdfQueue::Limits{}};
};

TEST_F(CredentialTest, TenThousandGuessesDoNotKeepTheRightHomeOut) {  // F33
  QueuedChecks queue{now};
  CredentialCheck attacked{current, key, queue, *this, [this] { return now; }};
  for (int i = 0; i < 10'000; ++i) {
    const auto guess = "guess" + std::to_string(i);
    attacked.check({.link = ++link,
                    .peer = peer,
                    .user = "alice",
                    .password = as_byte_view(guess),
                    .version = version});
    now.mono_ms += 10;  // a hundred a second
    queue.run(attacked);
    if (i % 100 == 0) {
      const auto home = attacked.check({.link = ++link,
                                        .peer = peer,
                                        .user = "alice",
                                        .password = as_byte_view(kSecret),
                                        .version = version});
      EXPECT_EQ(name_of(home), "home");
    }
  }
  EXPECT_LE(queue.computed, FailureThrottle::kBlockAfter);
}

}  // namespace
}  // namespace owb::shard
