#include "broker/shard/worker.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "broker/core/tenant_topic_rules.hpp"

namespace owb::shard {
namespace {

class NoLogins final : public core::Authenticator {
 public:
  core::AuthResult check(const core::AuthRequest&) override { return {}; }

  void forget(std::uint64_t) override {}
};

class WorkerTest : public testing::Test {
 protected:
  WorkerTest()
      : worker(0,
               core::Realm::Parts{.settings = std::make_shared<const core::Settings>(),
                                  .rules = std::make_unique<core::ClassicTopicRules>(),
                                  .now = read_clocks()},
               std::make_unique<NoLogins>()) {
    worker.start();
  }

  /// Runs `call` on the worker's thread and waits for it.
  template <typename F>
  void on_worker(F&& call) {
    std::mutex ran_mutex;
    std::condition_variable has_run;
    bool ran = false;
    worker.post([&] {
      call();
      const std::lock_guard lock(ran_mutex);
      ran = true;
      has_run.notify_one();
    });
    std::unique_lock lock(ran_mutex);
    has_run.wait(lock, [&] { return ran; });
  }

  static constexpr int kTurns = 40;

  /// On the worker's thread.
  void count_turns() {
    worker.at_turn_end([this] {
      const std::lock_guard lock(mutex);
      if (++turn == kTurns) {
        done.notify_one();
      }
    });
  }

  void wait_for_turns() {
    std::unique_lock lock(mutex);
    done.wait(lock, [this] { return turn >= kTurns; });
  }

  // what the worker calls at the end of its turns outlives it
  std::mutex mutex;
  std::condition_variable done;
  int turn = 0;

  Worker worker;
};

/// Always ready; notes in which turn it was served.
class Guest final : public Poller::Watch {
 public:
  Guest(const int& turn, std::vector<int>& served)
      : fd_(eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)), turn_(turn), served_(served) {}

  int fd() const { return fd_.get(); }

  void on_ready(std::uint32_t) override { served_.push_back(turn_); }

 private:
  UniqueFd fd_;
  const int& turn_;
  std::vector<int>& served_;
};

TEST_F(WorkerTest, RunsWhatIsPostedInOrder) {
  std::vector<int> ran;
  for (int i = 0; i < 1'000; ++i) {
    worker.post([&ran, i] { ran.push_back(i); });
  }
  on_worker([] {});
  ASSERT_EQ(ran.size(), 1'000U);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST_F(WorkerTest, TakesPostsFromManyThreads) {
  std::atomic<int> ran = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, &ran] {
      for (int n = 0; n < 500; ++n) {
        worker.post([&ran] { ++ran; });
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  on_worker([] {});
  EXPECT_EQ(ran, 2'000);
}

TEST_F(WorkerTest, F64_WhatThrowsEndsNothingElse) {
  static constexpr int kTimes = 3;

  class Bomb final : public Poller::Watch {
   public:
    int fd() const { return fd_.get(); }

    void on_ready(std::uint32_t) override {
      if (++explosions > kTimes) {
        std::uint64_t count = 0;
        EXPECT_EQ(::read(fd_.get(), &count, sizeof(count)), 8);
        return;
      }
      throw std::length_error("a connection's bytes");
    }

    int explosions = 0;

   private:
    UniqueFd fd_{eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)};
  };

  class TimeBomb final : public core::Timer {
   public:
    bool exploded = false;

   private:
    void on_timer() override {
      exploded = true;
      throw std::runtime_error("a timer");
    }
  };

  class Clock final : public core::Timer {
   public:
    bool rang = false;

   private:
    void on_timer() override { rang = true; }
  };

  Bomb bomb;
  TimeBomb time_bomb;
  Clock clock;
  int mail = 0;
  std::vector<int> ran;
  on_worker([&] {
    worker.poller().add(bomb.fd(), bomb, EPOLLIN);
    // Both are due at the same tick.
    worker.realm().wheel().arm(time_bomb, worker.realm().now().mono_ms + 100);
    worker.realm().wheel().arm(clock, worker.realm().now().mono_ms + 100);
    worker.at_tasks([&] {
      if (++mail <= kTimes) {
        throw std::bad_alloc();
      }
    });
    worker.at_turn_end([this] {
      {
        const std::lock_guard lock(mutex);
        ++turn;
      }
      if (turn <= kTimes) {
        throw std::runtime_error("the end of a turn");
      }
    });
  });
  worker.post([&ran] {
    ran.push_back(1);
    throw std::system_error(std::make_error_code(std::errc::too_many_files_open));
  });
  worker.post([&ran] {
    ran.push_back(2);
    throw 42;  // whatever it is
  });
  worker.post([&ran] { ran.push_back(3); });
  bool finished = false;
  while (!finished) {
    on_worker([&] {
      finished = clock.rang && bomb.explosions > kTimes && mail > kTimes;
      if (finished) {
        worker.poller().remove(bomb.fd());
      }
    });
  }
  worker.stop();  // what it calls ends with this test
  EXPECT_TRUE(time_bomb.exploded);
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3}));
}

TEST(Graveyard, DestroysInTheEndAndTakesWhatItsDeadBury) {
  Graveyard graveyard;
  int destroyed = 0;

  class Body final : public Mortal {
   public:
    Body(Graveyard& place, int& count, int children)
        : place_(place), count_(count), children_(children) {}

    ~Body() override {
      ++count_;
      if (children_ > 0) {
        place_.take(std::make_unique<Body>(place_, count_, children_ - 1));
      }
    }

   private:
    Graveyard& place_;
    int& count_;
    int children_;
  };

  for (int i = 0; i < 100'000; ++i) {  // deep enough for a destructor that recurses to fall over
    graveyard.take(std::make_unique<Body>(graveyard, destroyed, i % 2));
  }
  EXPECT_EQ(destroyed, 0);
  graveyard.clear();
  EXPECT_EQ(destroyed, 150'000);
}

TEST_F(WorkerTest, F36_ATurnServesFewNewcomersButEverybodyWhoIsIn) {
  constexpr std::size_t kCrowd = 200;
  std::vector<int> newcomers;
  std::vector<int> established;
  std::vector<std::unique_ptr<Guest>> guests;
  on_worker([&] {
    count_turns();
    for (std::size_t i = 0; i < kCrowd; ++i) {
      guests.push_back(std::make_unique<Guest>(turn, newcomers));
      worker.door().add(guests.back()->fd(), *guests.back(), EPOLLIN);
    }
    guests.push_back(std::make_unique<Guest>(turn, established));
    worker.poller().add(guests.back()->fd(), *guests.back(), EPOLLIN);
  });
  wait_for_turns();
  on_worker([&] {
    for (const auto& guest : guests) {
      worker.door().remove(guest->fd());
      worker.poller().remove(guest->fd());
    }
    for (int t = 1; t < kTurns; ++t) {
      EXPECT_EQ(std::count(established.begin(), established.end(), t), 1) << t;
      EXPECT_LE(std::count(newcomers.begin(), newcomers.end(), t), 8) << t;
    }
    EXPECT_GT(newcomers.size(), kCrowd / 2);
  });
}

TEST_F(WorkerTest, F36_WhoHasBegunComesBeforeTheCrowdAtTheDoor) {
  constexpr std::size_t kCrowd = 100;
  constexpr std::size_t kBegun = 20;
  std::vector<int> crowd;
  std::vector<int> begun;
  std::vector<std::unique_ptr<Guest>> guests;
  on_worker([&] {
    count_turns();
    for (std::size_t i = 0; i < kCrowd; ++i) {
      guests.push_back(std::make_unique<Guest>(turn, crowd));
      worker.door().add(guests.back()->fd(), *guests.back(), EPOLLIN);
    }
    for (std::size_t i = 0; i < kBegun; ++i) {
      guests.push_back(std::make_unique<Guest>(turn, begun));
      worker.hall().add(guests.back()->fd(), *guests.back(), EPOLLIN);
    }
  });
  wait_for_turns();
  on_worker([&] {
    for (const auto& guest : guests) {
      worker.door().remove(guest->fd());
      worker.hall().remove(guest->fd());
    }
    for (int t = 1; t < kTurns; ++t) {
      EXPECT_EQ(std::count(begun.begin(), begun.end(), t), 6) << t;
      EXPECT_EQ(std::count(crowd.begin(), crowd.end(), t), 2) << t;  // nobody shuts the door
    }
  });
}

}  // namespace
}  // namespace owb::shard
