// (a), (f), (g), (h): homes that publish retained topics, each watched by one client of its own
// tenant.
#include <cstring>
#include <memory>
#include <stdexcept>

#include "tests/bench/scenario.hpp"

namespace owb::bench {

namespace {

/// 20 bytes, as typical for openWB.
struct Payload {
  std::uint32_t home;
  std::uint32_t topic;
  std::uint32_t sequence_low;  ///< counts the home's messages
  std::uint32_t sent_low;      ///< wall_ns()
  std::uint32_t sent_high;
};

static_assert(sizeof(Payload) == 20);

struct Figures {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t received = 0;
  bool measuring = false;
  Histogram latency;  ///< of all homes, without the noisy one
};

class Home final : public Client {
 public:
  Home(Loop& loop, Tls* tls, const Options& options, std::uint32_t number, const Account& account,
       const std::vector<std::string>& names, Figures& figures)
      : Client(loop, tls, options.home_way, options.home_port, "openWB-" + std::to_string(number),
               account),
        number_(number),
        qos_(options.qos),
        user_(account.user),
        names_(names),
        figures_(figures) {}

  void publish(std::size_t count) {
    const auto now = wall_ns();
    for (std::size_t i = 0; i < count; ++i) {
      const Payload payload{.home = number_,
                            .topic = static_cast<std::uint32_t>(sequence_ % names_.size()),
                            .sequence_low = sequence_,
                            .sent_low = static_cast<std::uint32_t>(now),
                            .sent_high = static_cast<std::uint32_t>(now >> 32U)};
      topic_.assign(user_).append(names_[payload.topic]);
      id_ = static_cast<std::uint16_t>(id_ == 0xFFFF ? 1 : id_ + 1);
      put_publish(out(), topic_, {reinterpret_cast<const char*>(&payload), sizeof(payload)}, qos_,
                  true, id_);
      ++sequence_;
    }
    unacknowledged_ += qos_ > 0 ? count : 0;
    figures_.sent += count;
    send();
  }

  std::uint32_t sequence() const { return sequence_; }

  bool idle() const { return unacknowledged_ == 0; }

 private:
  void on_acknowledged(std::uint16_t /*id*/) override {
    --unacknowledged_;
    ++figures_.acknowledged;
  }

  const std::uint32_t number_;
  const unsigned qos_;
  const std::string user_;
  const std::vector<std::string>& names_;
  Figures& figures_;
  std::uint32_t sequence_ = 0;
  std::uint16_t id_ = 0;
  std::size_t unacknowledged_ = 0;
  std::string topic_;
};

/// Takes nothing but the next message of its own home: a count, an order and a border in one check.
class Watcher final : public Client {
 public:
  Watcher(Loop& loop, Tls* tls, const Options& options, std::uint32_t number,
          const Account& account, const std::vector<std::string>& names, Figures& figures)
      : Client(loop, tls, options.watch_way, options.watch_port, "watch-" + std::to_string(number),
               account),
        number_(number),
        noisy_(options.noise > 0 && number == 0),
        user_(account.user),
        names_(names),
        figures_(figures) {}

  std::uint32_t sequence() const { return sequence_; }

 private:
  void on_message(unsigned /*qos*/, std::string_view topic, std::string_view bytes) override {
    Payload payload{};
    if (bytes.size() != sizeof(payload)) {
      throw std::runtime_error("a payload that nobody sent");
    }
    std::memcpy(&payload, bytes.data(), sizeof(payload));
    if (payload.home != number_ || payload.sequence_low != sequence_ || !topic.starts_with(user_) ||
        topic.substr(user_.size()) != names_[payload.topic]) {
      throw std::runtime_error("watcher " + std::to_string(number_) + " expects message " +
                               std::to_string(sequence_) + " and got " +
                               std::to_string(payload.sequence_low) + " of home " +
                               std::to_string(payload.home) + " on " + std::string(topic));
    }
    ++sequence_;
    ++figures_.received;
    if (figures_.measuring && !noisy_) {
      const auto sent = static_cast<std::uint64_t>(payload.sent_high) << 32U | payload.sent_low;
      figures_.latency.add(wall_ns() - sent);
    }
  }

  const std::uint32_t number_;
  const bool noisy_;
  const std::string user_;
  const std::vector<std::string>& names_;
  Figures& figures_;
  std::uint32_t sequence_ = 0;
};

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        broker_(options.pid),
        accounts_(accounts_of(options)),
        names_(topic_names(options.topics)) {}

  void operator()() {
    connect();
    start_ns_ = wall_ns();
    drive(options_.warm_up);
    const auto sent = figures_.sent;
    const auto received = figures_.received;
    const auto cpu = broker_.cpu_ns();
    const auto own_cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    const auto begin = wall_ns();
    figures_.measuring = true;
    drive(options_.seconds);
    const auto seconds = static_cast<double>(wall_ns() - begin) / 1e9;
    const auto cpu_s = static_cast<double>(broker_.cpu_ns() - cpu) / 1e9;
    const auto own_s = static_cast<double>(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - own_cpu) / 1e9;
    const auto messages =
        static_cast<double>(options_.watched ? figures_.received - received : figures_.sent - sent);
    drain();
    Report report;
    report.add("messages", messages);
    report.add("rate", messages / seconds);
    report.add("cpu_us", cpu_s * 1e6 / messages);
    report.add("broker_load", cpu_s / seconds);
    report.add("generator_load", own_s / seconds);
    report.add("p50_us", figures_.latency.quantile_us(0.5));
    report.add("p99_us", figures_.latency.quantile_us(0.99));
    report.add("p999_us", figures_.latency.quantile_us(0.999));
    report.add("max_us", figures_.latency.quantile_us(1));
    report.add("rss_mb", static_cast<double>(broker_.resident_bytes()) / 1e6);
    report.add("peak_mb", static_cast<double>(broker_.peak_bytes()) / 1e6);
    report.print();
  }

 private:
  // A few at a time, watchers first.
  void connect() {
    for (std::size_t first = 0; first < options_.homes; first += options_.at_once) {
      const auto last = std::min(first + options_.at_once, options_.homes);
      for (auto i = first; i < last; ++i) {
        const auto& account = accounts_[i % accounts_.size()];
        const auto number = static_cast<std::uint32_t>(i);
        if (options_.watched) {
          watchers_.push_back(
              std::make_unique<Watcher>(loop_, &tls_, options_, number, account, names_, figures_));
          watchers_.back()->subscribe(account.user + (options_.exact ? names_[0] : "/openWB/#"),
                                      options_.qos);
        }
        homes_.push_back(
            std::make_unique<Home>(loop_, &tls_, options_, number, account, names_, figures_));
      }
      const auto ready = [&] { return homes_[last - 1]->connected() && all_ready(first, last); };
      loop_.until(ready, 60, "connections");
    }
    next_.resize(options_.homes);
  }

  bool all_ready(std::size_t first, std::size_t last) const {
    for (auto i = first; i < last; ++i) {
      if (!homes_[i]->connected() || (options_.watched && !watchers_[i]->subscribed())) {
        return false;
      }
    }
    return true;
  }

  void drive(double seconds) {
    const auto end = wall_ns() + static_cast<std::uint64_t>(seconds * 1e9);
    for (auto now = wall_ns(); now < end; now = wall_ns()) {
      if (options_.rate > 0) {
        publish_due(now);
        loop_.turn(1);
      } else {
        publish_where_all_has_arrived();
        loop_.turn(10);
      }
    }
  }

  bool arrived(std::size_t i) const {
    return homes_[i]->idle() &&
           (!options_.watched || watchers_[i]->sequence() == homes_[i]->sequence());
  }

  void publish_where_all_has_arrived() {
    for (std::size_t i = 0; i < homes_.size(); ++i) {
      if (arrived(i)) {
        homes_[i]->publish(options_.batch);
      }
    }
  }

  // Each home sends its batch at its own moment of the interval.
  void publish_due(std::uint64_t now) {
    const auto homes = static_cast<double>(homes_.size());
    const auto interval = static_cast<double>(options_.batch) * homes / options_.rate * 1e9;
    for (std::size_t i = 0; i < homes_.size(); ++i) {
      const auto own = options_.noise > 0 && i == 0 ? interval / options_.noise : interval;
      const auto at =
          start_ns_ + static_cast<std::uint64_t>(
                          (static_cast<double>(next_[i]) + static_cast<double>(i) / homes) * own);
      if (now >= at) {
        // A home that the broker paused keeps at most a few batches unacknowledged.
        if (!options_.watched || homes_[i]->sequence() - watchers_[i]->sequence() < kLongestLag) {
          homes_[i]->publish(options_.batch);
        }
        ++next_[i];
      }
    }
  }

  void drain() {
    const auto done = [this] {
      for (std::size_t i = 0; i < homes_.size(); ++i) {
        if (!arrived(i)) {
          return false;
        }
      }
      return true;
    };
    loop_.until(done, 20, "the last messages");
  }

  static constexpr std::uint32_t kLongestLag = 5'000;

  const Options& options_;
  Watched broker_;
  std::vector<Account> accounts_;
  std::vector<std::string> names_;
  Loop loop_;
  Tls tls_;
  Figures figures_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::vector<std::unique_ptr<Home>> homes_;
  std::vector<std::uint64_t> next_;  ///< batches that were due, by home
  std::uint64_t start_ns_ = 0;
};

}  // namespace

void run_homes(const Options& options) {
  Run{options}();
}

}  // namespace owb::bench
