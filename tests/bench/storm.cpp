// (c): connections that come, say CONNECT and go. (d): many dashboards that ask for everything at
// once. (e): what a retained topic costs.
#include <memory>
#include <stdexcept>

#include "tests/bench/scenario.hpp"

namespace owb::bench {

namespace {

/// Counts retained messages, each topic of its own tenant once.
class Dashboard final : public Client {
 public:
  Dashboard(Loop& loop, Tls* tls, const Options& options, std::size_t number,
            const Account& account)
      : Client(loop, tls, options.watch_way, options.watch_port, "dash-" + std::to_string(number),
               account),
        user_(account.user),
        seen_(options.topics) {}

  std::size_t received() const { return received_; }

 private:
  void on_message(unsigned /*qos*/, std::string_view topic, std::string_view payload) override {
    const auto number = static_cast<std::size_t>(std::stoul(std::string(payload)));
    if (!topic.starts_with(user_) || topic[user_.size()] != '/' || number >= seen_.size() ||
        seen_[number]) {
      throw std::runtime_error("a foreign or repeated message: " + std::string(topic));
    }
    seen_[number] = true;
    ++received_;
  }

  std::string user_;
  std::vector<bool> seen_;
  std::size_t received_ = 0;
};

/// Publishes retained topics with QoS 1, a window at a time.
class Filler final : public Client {
 public:
  using Client::Client;

  bool step(const std::string& user, const std::vector<std::string>& names) {
    constexpr std::size_t kWindow = 100;
    while (next_ < names.size() && next_ - acknowledged_ < kWindow) {
      auto payload = std::to_string(next_);
      payload.insert(0, 20 - payload.size(), ' ');
      put_publish(out(), user + names[next_], payload, 1, true,
                  static_cast<std::uint16_t>(next_ + 1));
      ++next_;
    }
    send();
    return acknowledged_ == names.size();
  }

 private:
  void on_acknowledged(std::uint16_t /*id*/) override { ++acknowledged_; }

  std::size_t next_ = 0;
  std::size_t acknowledged_ = 0;
};

void fill(Loop& loop, Tls& tls, const Options& options, const std::vector<Account>& accounts,
          const std::vector<std::string>& names) {
  for (std::size_t first = 0; first < options.homes; first += options.at_once) {
    const auto last = std::min(first + options.at_once, options.homes);
    std::vector<std::unique_ptr<Filler>> fillers;
    for (auto i = first; i < last; ++i) {
      fillers.push_back(std::make_unique<Filler>(loop, &tls, options.home_way, options.home_port,
                                                 "fill-" + std::to_string(i), accounts[i]));
    }
    const auto done = [&] {
      bool all = true;
      for (auto i = first; i < last; ++i) {
        all = fillers[i - first]->step(accounts[i].user, names) && all;
      }
      return all;
    };
    loop.until(done, 120, "retained messages to be acknowledged");
  }
}

std::size_t connect_one(Loop& loop, Tls& tls, const Options& options, const Account& account,
                        Histogram& wall) {
  const auto begin = wall_ns();
  Client client(loop, &tls, options.home_way, options.home_port, "one", account, options.resume);
  loop.until([&] { return client.connected(); }, 30, "CONNACK");
  wall.add(wall_ns() - begin);
  loop.turn(0);  // session tickets come behind the handshake
  return client.resumed() ? 1 : 0;
}

}  // namespace

void run_storm(const Options& options) {
  constexpr std::size_t kOneByOne = 100;
  const auto accounts = accounts_of(options);
  Loop loop;
  Tls tls;
  const Watched broker(options.pid);
  Histogram alone;
  std::size_t resumed = 0;
  for (std::size_t i = 0; i < kOneByOne; ++i) {
    connect_one(loop, tls, options, accounts[i % accounts.size()], alone);
  }
  const auto cpu = broker.cpu_ns();
  const auto begin = wall_ns();
  std::size_t made = 0;
  std::size_t done = 0;
  std::vector<std::unique_ptr<Client>> open;
  while (done < options.connections) {
    while (made < options.connections && open.size() < options.at_once) {
      open.push_back(std::make_unique<Client>(
          loop, &tls, options.home_way, options.home_port, "storm-" + std::to_string(made),
          accounts[(kOneByOne + made) % accounts.size()], options.resume));
      ++made;
    }
    loop.turn(100);
    std::erase_if(open, [&](const auto& client) {
      if (!client->connected()) {
        return false;
      }
      resumed += client->resumed() ? 1U : 0U;
      ++done;
      return true;
    });
    if (wall_ns() - begin > 120'000'000'000U) {
      throw std::runtime_error("waited too long for the storm to pass");
    }
  }
  const auto connections = static_cast<double>(options.connections);
  const auto seconds = static_cast<double>(wall_ns() - begin) / 1e9;
  Report report;
  report.add("connections", connections);
  report.add("cpu_ms", static_cast<double>(broker.cpu_ns() - cpu) / 1e6 / connections);
  report.add("rate", connections / seconds);
  report.add("resumed", static_cast<double>(resumed));
  report.add("alone_p50_ms", alone.quantile_us(0.5) / 1000);
  report.add("alone_p99_ms", alone.quantile_us(0.99) / 1000);
  report.print();
}

void run_replay(const Options& options) {
  const auto accounts = accounts_of(options);
  Loop loop;
  Tls tls;
  fill(loop, tls, options, accounts, topic_names(options.topics));
  std::vector<std::unique_ptr<Dashboard>> dashboards;
  for (std::size_t i = 0; i < options.homes; ++i) {
    dashboards.push_back(std::make_unique<Dashboard>(loop, &tls, options, i, accounts[i]));
    if (i % options.at_once == 0 || i + 1 == options.homes) {
      const auto connected = [&] {
        for (const auto& dashboard : dashboards) {
          if (!dashboard->connected()) {
            return false;
          }
        }
        return true;
      };
      loop.until(connected, 60, "dashboards");
    }
  }
  const Watched broker(options.pid);
  const auto cpu = broker.cpu_ns();
  const auto begin = wall_ns();
  for (std::size_t i = 0; i < options.homes; ++i) {
    dashboards[i]->subscribe(accounts[i].user + "/openWB/#", options.qos);
  }
  const auto complete = [&] {
    for (const auto& dashboard : dashboards) {
      if (dashboard->received() != options.topics) {
        return false;
      }
    }
    return true;
  };
  loop.until(complete, 60, "retained messages");
  const auto messages = static_cast<double>(options.homes * options.topics);
  const auto seconds = static_cast<double>(wall_ns() - begin) / 1e9;
  const auto cpu_s = static_cast<double>(broker.cpu_ns() - cpu) / 1e9;
  Report report;
  report.add("messages", messages);
  report.add("seconds", seconds);
  report.add("cpu_s", cpu_s);
  report.add("cpu_us", cpu_s * 1e6 / messages);
  report.print();
}

void run_fill(const Options& options) {
  const auto accounts = accounts_of(options);
  const auto names = topic_names(options.topics);
  Loop loop;
  Tls tls;
  const Watched broker(options.pid);
  const auto before = broker.resident_bytes();
  const auto cpu = broker.cpu_ns();
  fill(loop, tls, options, accounts, names);
  const auto messages = static_cast<double>(options.homes * options.topics);
  const auto cpu_s = static_cast<double>(broker.cpu_ns() - cpu) / 1e9;
  Report report;
  report.add("messages", messages);
  report.add("bytes_each", static_cast<double>(broker.resident_bytes() - before) / messages);
  report.add("cpu_us", cpu_s * 1e6 / messages);
  report.print();
}

}  // namespace owb::bench
