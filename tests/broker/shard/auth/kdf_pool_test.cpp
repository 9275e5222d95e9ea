#include "broker/shard/auth/kdf_pool.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <map>
#include <new>
#include <semaphore>

#include <gtest/gtest.h>

#include "tenants/base/guarded.hpp"
#include "tenants/registry/error.hpp"
#include "tenants/registry/password_hash.hpp"

namespace owb::shard {
namespace {

using namespace std::chrono_literals;
using Outcome = SlowAnswer::Outcome;
using Taken = SlowChecks::Taken;

/// Collects answers and lets a test wait for them.
class Answers final : public AuthSink {
 public:
  void auth_answered(SlowAnswer answer) override {
    outcomes_.with([&](auto& outcomes) { outcomes[answer.link] = answer.outcome; });
    arrived_.release();
  }

  /// Waits for `count` more answers.
  [[nodiscard]] bool wait_for(int count) {
    for (; count > 0; --count) {
      if (!arrived_.try_acquire_for(60s)) {
        return false;
      }
    }
    return true;
  }

  std::map<std::uint64_t, Outcome> outcomes() {
    return outcomes_.with([](const auto& outcomes) { return outcomes; });
  }

 private:
  Guarded<std::map<std::uint64_t, Outcome>> outcomes_;
  std::counting_semaphore<> arrived_{0};
};

SlowCheck make_check(AuthSink& sink, std::uint64_t link, std::string name, std::string hash,
                     std::string_view password, std::string address = "203.0.113.7") {
  SlowCheck check;
  check.sink = &sink;
  check.link = link;
  check.name = std::move(name);
  check.address = std::move(address);
  check.stored_hash = std::move(hash);
  check.password = SecretBytes::copy_of(as_byte_view(password));
  return check;
}

/// A check that costs nothing: the hash is the password.
Result<bool> compare(std::string_view hash, std::string_view password) {
  if (hash == "broken") {
    return Result<bool>{boost::system::in_place_error,
                        make_error_code(tenants::Errc::hash_malformed)};
  }
  return !hash.empty() && hash == password;
}

TEST(KdfPool, AnswersRightWrongAndBroken) {
  Answers answers;
  KdfPool pool{{.threads = 2, .verify = compare}};
  EXPECT_EQ(pool.submit(make_check(answers, 1, "alice", "pw", "pw")), Taken::queued);
  EXPECT_EQ(pool.submit(make_check(answers, 2, "bob", "pw", "no")), Taken::queued);
  EXPECT_EQ(pool.submit(make_check(answers, 3, "nobody", "", "pw")), Taken::queued);
  EXPECT_EQ(pool.submit(make_check(answers, 4, "carol", "broken", "pw")), Taken::queued);
  ASSERT_TRUE(answers.wait_for(4));
  EXPECT_EQ(
      answers.outcomes(),
      (std::map<std::uint64_t, Outcome>{
          {1, Outcome::right}, {2, Outcome::wrong}, {3, Outcome::wrong}, {4, Outcome::failed}}));
}

TEST(KdfPool, F64_ACheckThatThrowsIsAnsweredAndEndsNoThread) {
  Answers answers;
  const auto verify = [](std::string_view hash, std::string_view password) {
    if (hash == "throws") {
      throw std::bad_alloc();
    }
    return compare(hash, password);
  };
  KdfPool pool{{.threads = 1, .verify = verify}};
  pool.submit(make_check(answers, 1, "alice", "throws", "pw"));
  pool.submit(make_check(answers, 2, "bob", "pw", "pw"));
  pool.submit(make_check(answers, 3, "alice", "pw", "pw"));
  ASSERT_TRUE(answers.wait_for(3));
  EXPECT_EQ(answers.outcomes(),
            (std::map<std::uint64_t, Outcome>{
                {1, Outcome::failed}, {2, Outcome::right}, {3, Outcome::right}}));
}

TEST(KdfPool, F64_AnAnswerThatCannotBeDeliveredEndsNoThread) {
  class Deaf final : public AuthSink {
   public:
    void auth_answered(SlowAnswer) override { throw std::bad_alloc(); }
  };

  Deaf deaf;
  Answers answers;
  KdfPool pool{{.threads = 1, .verify = compare}};
  pool.submit(make_check(deaf, 1, "alice", "pw", "pw"));
  pool.submit(make_check(answers, 2, "bob", "pw", "pw"));
  EXPECT_TRUE(answers.wait_for(1));
}

TEST(KdfPool, ChecksRealHashes) {
  Answers answers;
  KdfPool pool{{.threads = 1}};
  const auto argon2 = tenants::hash_password("correct horse");
  ASSERT_TRUE(argon2);
  const auto pbkdf2 = *tenants::hash_random_password("correct horse");
  pool.submit(make_check(answers, 1, "alice", *argon2, "correct horse"));
  pool.submit(make_check(answers, 2, "bob", *argon2, "correct house"));
  pool.submit(make_check(answers, 3, "carol", pbkdf2, "correct horse"));
  pool.submit(make_check(answers, 4, "nobody", "", "correct horse"));
  ASSERT_TRUE(answers.wait_for(4));
  EXPECT_EQ(
      answers.outcomes(),
      (std::map<std::uint64_t, Outcome>{
          {1, Outcome::right}, {2, Outcome::wrong}, {3, Outcome::right}, {4, Outcome::wrong}}));
}

TEST(KdfPool, ReportsANewHashOfARightPasswordOnly) {
  Answers answers;
  std::promise<Rehash> reported;
  KdfPool pool{{.threads = 1, .on_rehash = [&](const Rehash& it) { reported.set_value(it); }}};
  const auto old_hash = *tenants::hash_random_password("pw");
  auto wrong = make_check(answers, 1, "alice", old_hash, "no");
  wrong.rehash = true;
  pool.submit(std::move(wrong));
  auto right = make_check(answers, 2, "alice", old_hash, "pw");
  right.rehash = true;
  pool.submit(std::move(right));
  auto future = reported.get_future();
  ASSERT_EQ(future.wait_for(60s), std::future_status::ready);
  const auto rehash = future.get();
  EXPECT_EQ(rehash.tenant, "alice");
  EXPECT_EQ(rehash.old_hash, old_hash);
  const auto fits = tenants::verify_password(rehash.new_hash, "pw");
  ASSERT_TRUE(fits);
  EXPECT_TRUE(*fits);
  EXPECT_FALSE(tenants::needs_rehash(rehash.new_hash));
}

TEST(KdfPool, StopWaitsForWhatRunsAndDropsTheRest) {
  Answers answers;
  std::latch started{1};
  KdfPool* asked = nullptr;
  KdfPool pool{{.threads = 1, .verify = [&](std::string_view, std::string_view) -> Result<bool> {
                  started.count_down();
                  std::uint64_t link = 100;
                  while (asked->submit(make_check(answers, ++link, "eve", "", "")) !=
                         Taken::full) {  // it has been told to stop
                    asked->forget(answers, link);
                    std::this_thread::yield();
                  }
                  return true;
                }}};
  asked = &pool;
  pool.submit(make_check(answers, 1, "alice", "pw", "pw"));
  pool.submit(make_check(answers, 2, "bob", "pw", "pw"));
  started.wait();
  pool.stop();
  EXPECT_TRUE(answers.outcomes().empty());
  pool.stop();
}

TEST(KdfPool, LateAnswersComeByTheClockOfThePool) {
  Answers answers;
  std::atomic<std::int64_t> clock{0};
  KdfPool pool{{.threads = 1, .mono_ms = [&] { return clock.load(); }, .verify = compare}};
  for (std::uint64_t link = 1; link <= FailureThrottle::kFreeFailures; ++link) {
    pool.submit(make_check(answers, link, "alice", "pw", "no"));
    ASSERT_TRUE(answers.wait_for(1));
  }
  pool.submit(make_check(answers, 10, "alice", "pw", "no"));
  pool.submit(make_check(answers, 11, "bob", "pw", "pw"));
  ASSERT_TRUE(answers.wait_for(1));
  EXPECT_TRUE(answers.outcomes().contains(11));
  EXPECT_FALSE(answers.outcomes().contains(10));
  clock = FailureThrottle::kFirstDelayMs;
  pool.submit(make_check(answers, 12, "carol", "pw", "pw"));  // wakes it
  ASSERT_TRUE(answers.wait_for(2));
  EXPECT_EQ(answers.outcomes().at(10), Outcome::wrong);
}

// For ThreadSanitizer: several workers ask and forget while several threads answer.
TEST(KdfPool, ManyWorkersAndThreadsAtOnce) {
  constexpr std::uint64_t kChecks = 500;
  std::vector<Answers> workers(3);
  std::atomic<std::uint64_t> computed{0};
  KdfPool pool{{.threads = 3,
                .limits = {.waiting = 2'000, .per_address = 600},
                .verify = [&](std::string_view hash, std::string_view password) {
                  ++computed;
                  return compare(hash, password);
                }}};
  {
    std::vector<std::jthread> threads;
    for (auto& worker : workers) {
      threads.emplace_back([&pool, &worker, n = &worker - workers.data()] {
        const std::string address{"192.0.2." + std::to_string(n)};
        for (std::uint64_t link = 1; link <= kChecks; ++link) {
          const auto name = "tenant" + std::to_string(link);
          EXPECT_EQ(pool.submit(make_check(worker, link, name, "pw", "pw", address)),
                    Taken::queued);
          if (link % 5 == 0) {
            pool.forget(worker, link);
          }
        }
      });
    }
  }
  for (auto& worker : workers) {
    ASSERT_TRUE(worker.wait_for(kChecks * 4 / 5));
  }
  pool.stop();
  for (auto& worker : workers) {
    for (const auto& [link, outcome] : worker.outcomes()) {
      EXPECT_EQ(outcome, Outcome::right);
    }
  }
  EXPECT_LE(computed, 3 * kChecks);
}

}  // namespace
}  // namespace owb::shard
