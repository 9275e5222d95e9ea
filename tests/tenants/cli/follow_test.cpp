#include <chrono>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include "tenants/base/clock.hpp"
#include "tenants/registry/watcher.hpp"
#include "tenants/session/session_check.hpp"
#include "tests/tenants/support/registry_fixture.hpp"

namespace owb::tenants {
namespace {

using testing::Contains;

/// owb-tenants as the operator runs it, in another process; the watcher is what the broker has.
class Follow : public test::RegistryFixture {
 protected:
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {OWB_TENANTS, "--registry", path_.string()});
    arguments.insert(arguments.end(), {"--yes", "--json"});
    std::vector<char*> words;
    for (auto& argument : arguments) {
      words.push_back(argument.data());
    }
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const auto spawned =
        ::posix_spawn(&child, OWB_TENANTS, &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = -1;
    EXPECT_EQ(spawned, 0);
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
  }

  /// Polls as the broker does until `name` was named; false after 10 s.
  bool hears_of(const std::string& name) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (std::chrono::steady_clock::now() < deadline) {
      EXPECT_TRUE(watcher_.poll());
      const auto change = watcher_.take_change();
      if (std::find(change.tenants.begin(), change.tenants.end(), name) != change.tenants.end()) {
        return true;
      }
      std::this_thread::yield();
    }
    return false;
  }

  std::shared_ptr<const TenantRecord> alice() { return watcher_.snapshot()->find("alice"); }

  RegistryWatcher watcher_ = *RegistryWatcher::open(path_);
};

TEST_F(Follow, EverythingTheOperatorDoesIsSeen) {
  ASSERT_EQ(run({"add", "alice"}), 0);
  ASSERT_TRUE(hears_of("alice"));
  ASSERT_NE(alice(), nullptr);
  const auto added = *alice();

  ASSERT_EQ(run({"suspend", "alice"}), 0);
  ASSERT_TRUE(hears_of("alice"));
  EXPECT_TRUE(alice()->suspended);

  ASSERT_EQ(run({"resume", "alice"}), 0);
  ASSERT_TRUE(hears_of("alice"));
  EXPECT_FALSE(alice()->suspended);
  EXPECT_EQ(alice()->generation, added.generation + 2);

  ASSERT_EQ(run({"password", "alice", "--generate"}), 0);
  ASSERT_TRUE(hears_of("alice"));
  EXPECT_NE(alice()->password_hash, added.password_hash);
  EXPECT_EQ(alice()->home_secret, added.home_secret);

  ASSERT_EQ(run({"secret", "alice"}), 0);
  ASSERT_TRUE(hears_of("alice"));
  EXPECT_NE(alice()->home_secret, added.home_secret);

  ASSERT_EQ(run({"webparm", "alice", "--id", "77", "--thema", "dark"}), 0);
  ASSERT_TRUE(hears_of("alice"));
  EXPECT_EQ(alice()->webparm_id, 77);

  ASSERT_EQ(run({"limits", "alice", "connections=3"}), 0);
  ASSERT_TRUE(hears_of("alice"));
  EXPECT_EQ(apply(Limits{}, alice()->limits).connections, 3U);

  ASSERT_EQ(run({"delete", "alice"}), 0);
  ASSERT_TRUE(hears_of("alice"));
  EXPECT_EQ(alice(), nullptr);
  EXPECT_TRUE(watcher_.snapshot()->is_tombstone("alice"));

  ASSERT_EQ(run({"delete", "alice", "--forget"}), 0);
  ASSERT_TRUE(hears_of("alice"));
  EXPECT_FALSE(watcher_.snapshot()->is_tombstone("alice"));
}

TEST_F(Follow, LoginsEndWithAPasswordOfTheOperator) {
  const auto alice_record = add("alice");
  auto checker = *session::SessionChecker::open(path_);
  const auto row = *registry_.create_session({.tenant = "alice", .tenant_uid = alice_record.uid},
                                             test::at(unix_now()));
  const auto cookie = session::seal({.tenant = "alice",
                                     .tenant_uid = row.tenant_uid,
                                     .id = row.id,
                                     .issued = row.issued,
                                     .expires = row.expires},
                                    *registry_.keys());
  EXPECT_TRUE(checker.check(cookie, unix_now()));
  ASSERT_EQ(run({"password", "alice", "--generate"}), 0);
  EXPECT_EQ(error_of(checker.check(cookie, unix_now())), session::Errc::session_revoked);
  ASSERT_TRUE(watcher_.poll());
  EXPECT_THAT(watcher_.take_change().revoked_sessions, Contains(row.id));
}

TEST_F(Follow, WhatBrowsersCallThemselvesCanBeShown) {
  const auto alice_record = add("alice");
  ASSERT_TRUE(registry_.create_session(
      {.tenant = "alice", .tenant_uid = alice_record.uid, .user_agent = "\xFF\xC3\x1b[2J\n"},
      test::at(unix_now())));
  EXPECT_EQ(run({"show", "alice"}), 0);
}

TEST_F(Follow, WritersOfTwoProcessesWaitForEachOther) {
  std::thread operator_work{[&] {
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(run({"add", "cli" + std::to_string(i)}), 0);
    }
  }};
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(registry_.add(tenant("own" + std::to_string(i)), test::at(test::kNow)));
  }
  operator_work.join();
  ASSERT_TRUE(watcher_.poll());
  EXPECT_EQ(watcher_.snapshot()->size(), 110U);
}

}  // namespace
}  // namespace owb::tenants
