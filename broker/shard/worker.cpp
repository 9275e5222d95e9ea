#include "broker/shard/worker.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tenants/base/contained.hpp"

namespace owb::shard {

namespace {

constexpr std::size_t kReadBuffer = 64 * 1024;
/// Newcomers served in one turn: a few milliseconds, if all of them are in their TLS handshake.
constexpr std::size_t kNewcomersATurn = 8;
/// Of these at most so many whose handshake has begun: the hall must not shut the door.
constexpr std::size_t kHallATurn = 6;
constexpr auto kTick = std::chrono::milliseconds(core::TimerWheel::kTickMs);

}  // namespace

/// The asio side: it watches the poller's epoll set and the clock.
class Worker::Loop final : public Poller::Watch {
 public:
  explicit Loop(Worker& worker)
      : worker_(worker),
        poller_ready_(context_),
        timer_(context_),
        wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  ~Loop() override { poller_ready_.release(); }

  void run() {
    poller_ready_.assign(worker_.poller_.fd());
    worker_.poller_.add(wake_.get(), *this, EPOLLIN);
    worker_.poller_.add(worker_.door_.fd(), newcomers_, EPOLLIN);
    worker_.poller_.add(worker_.hall_.fd(), newcomers_, EPOLLIN);
    // Whatever a turn does is contained there (F64); what may still fail is to wait for the next.
    while (!stopped_) {
      contained("a worker", [this] {
        wait_for_sockets();
        wait_for_tick();
        context_.run();
      });
      context_.restart();
    }
  }

  void stop() {
    stopped_ = true;
    context_.stop();
  }

  /// Whether newcomers were ready since the last call.
  bool take_newcomers() { return std::exchange(newcomers_.ready, false); }

  /// Thread-safe.
  void wake() noexcept {
    const std::uint64_t one = 1;
    // Can only fail when the counter is full, and then the reader is awake.
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof(one));
  }

  void on_ready(std::uint32_t) override {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof(count));
  }

 private:
  /// Of door and hall; they are served once a turn, after those who are in.
  struct Newcomers final : Poller::Watch {
    void on_ready(std::uint32_t) override { ready = true; }

    bool ready = false;
  };

  void wait_for_sockets() {
    if (!waits_for_sockets_) {
      poller_ready_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                               [this](const boost::system::error_code& error) {
                                 waits_for_sockets_ = false;
                                 if (!error) {
                                   worker_.turn();
                                   wait_for_sockets();
                                 }
                               });
      waits_for_sockets_ = true;
    }
  }

  void wait_for_tick() {
    if (!waits_for_tick_) {
      timer_.expires_after(kTick);
      timer_.async_wait([this](const boost::system::error_code& error) {
        waits_for_tick_ = false;
        if (!error) {
          worker_.turn();
          wait_for_tick();
        }
      });
      waits_for_tick_ = true;
    }
  }

  Worker& worker_;
  Newcomers newcomers_;
  boost::asio::io_context context_{1};
  boost::asio::posix::stream_descriptor poller_ready_;
  boost::asio::steady_timer timer_;
  UniqueFd wake_;
  bool waits_for_sockets_ = false;
  bool waits_for_tick_ = false;
  std::atomic<bool> stopped_ = false;
};

Worker::Worker(std::size_t index, core::Realm::Parts parts,
               std::unique_ptr<core::Authenticator> authenticator)
    : index_(index),
      loop_(std::make_unique<Loop>(*this)),
      authenticator_(std::move(authenticator)),
      realm_(std::make_unique<core::Realm>(std::move(parts), *authenticator_)),
      read_buffer_(kReadBuffer) {}

Worker::~Worker() {
  stop();
  // Connections (kept objects) detach from the realm, so they go first.
  mailbox_.take();
  graveyard_.clear();
  tasks_too_.clear();
  turn_end_.clear();
  kept_.clear();
  graveyard_.clear();
}

void Worker::start() {
  thread_ = std::thread([this] { loop_->run(); });
}

void Worker::stop() {
  if (thread_.joinable()) {
    loop_->stop();
    thread_.join();
  }
}

void Worker::post(Task task) {
  if (mailbox_.put(std::move(task))) {
    loop_->wake();
  }
}

void Worker::wake() noexcept {
  loop_->wake();
}

void Worker::forget(const Poller::Watch& watch) {
  std::replace(again_.begin(), again_.end(), const_cast<Poller::Watch*>(&watch),
               static_cast<Poller::Watch*>(nullptr));
}

void Worker::run_tasks() {
  auto tasks = mailbox_.take(std::move(spare_tasks_));
  for (auto& task : tasks) {
    contained("a task", task);
  }
  for (const auto& call : tasks_too_) {
    contained("mail from another thread", call);
  }
  tasks.clear();
  spare_tasks_ = std::move(tasks);
}

void Worker::serve_newcomers() {
  if (loop_->take_newcomers()) {
    const auto begun = hall_.poll(kHallATurn);
    door_.poll(kNewcomersATurn - begun);
  }
}

// One turn: everything that is ready, then one write for each connection that has something to say.
// What goes wrong on the way belongs to one connection, one task or one call, and ends with it
// (F64); each of them contains its own, and what is here is for what nobody thought of.
void Worker::turn() noexcept {
  contained("timers", [this] { realm_->advance(read_clocks()); });
  auto again = std::exchange(again_, {});
  for (std::size_t i = 0; i < again.size(); ++i) {
    if (again[i] != nullptr) {
      contained("a connection", [watch = again[i]] { watch->on_ready(EPOLLIN); });
    }
  }
  contained("connections", [this] { poller_.poll(); });
  contained("new connections", [this] { serve_newcomers(); });
  run_tasks();
  contained("the end of a turn", [this] { realm_->end_turn(); });
  for (const auto& call : turn_end_) {
    contained("the end of a turn", call);
  }
  graveyard_.clear();
  if (!again_.empty() || realm_->has_pending_work()) {
    loop_->wake();
  }
}

std::size_t worker_of(std::string_view tenant, std::size_t count) {
  return count <= 1 ? 0 : std::hash<std::string_view>{}(tenant) % count;
}

core::Now read_clocks() {
  using std::chrono::duration_cast;
  return {.mono_ms = duration_cast<std::chrono::milliseconds>(
                         std::chrono::steady_clock::now().time_since_epoch())
                         .count(),
          .wall_s = duration_cast<std::chrono::seconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count()};
}

}  // namespace owb::shard
