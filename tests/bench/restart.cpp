// owb-restart: homes with persistent sessions whose broker goes and comes back. They publish at
// QoS 1 until it is gone, all come back at once, publish their retained set, and whatever was
// acknowledged before or after has to be there. Prints a line of JSON when all are in for the first
// time, for the second time, and at the end; wants a line when the new broker was started.
//
//   owb-restart PORT HOMES TOPICS RATE [USER-PREFIX [PASSWORD]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <thread>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/bench/scenario.hpp"

namespace {

using namespace owb;
using namespace owb::bench;

struct Setup {
  std::uint16_t port = 0;
  std::size_t homes = 0;
  std::size_t topics = 0;  ///< the retained set of a home
  double rate = 0;         ///< messages a second of all homes
  std::string prefix = "home";
  std::string password = "bench-password";
};

constexpr unsigned kWindow = 8;
constexpr std::size_t kSteadyTopics = 4;

/// What one home knows, over all its connections.
struct Diary {
  std::string user;
  std::vector<bool> acknowledged{false};  ///< by number, from 1
  std::vector<bool> received{false};
  std::uint32_t number = 0;  ///< the last that was published
  std::deque<std::uint32_t> waiting;
  bool had_session = false;
  std::size_t lost_sessions = 0;

  std::size_t owed() const {
    std::size_t count = 0;
    for (std::size_t i = 1; i < acknowledged.size(); ++i) {
      count += acknowledged[i] && !received[i] ? 1U : 0U;
    }
    return count;
  }
};

/// One connection of a home: hears its own steady stream, through a subscription that outlives it.
class Home final : public Link {
 public:
  Home(Loop& loop, Tls& tls, const Setup& setup, Diary& diary)
      : Link(loop, &tls, Way::tls, setup.port), diary_(diary), begin_(wall_ns()) {
    constexpr unsigned kUserPassword = 0xC0;  // and not a clean session
    auto& packet = out();
    put_head(packet, 0x10, 10 + 2 + 1 + 2 + diary.user.size() + 2 + setup.password.size());
    put_text(packet, "MQTT");
    packet += '\x04';
    packet += static_cast<char>(kUserPassword);
    put_u16(packet, 600);
    put_text(packet, "h");
    put_text(packet, diary.user);
    put_text(packet, setup.password);
  }

  bool connected() const { return connected_ns_ != 0; }

  bool subscribed() const { return subscribed_; }

  std::uint64_t connect_ns() const { return connected_ns_ - begin_; }

  bool set_acknowledged(std::size_t topics) const { return set_acknowledged_ == topics; }

  void publish_one() {
    if (diary_.waiting.size() < kWindow) {
      diary_.waiting.push_back(++diary_.number);
      diary_.acknowledged.push_back(false);
      diary_.received.push_back(false);
      transmit(diary_.number);
    }
  }

  void publish_set(std::size_t topics) {
    for (std::size_t i = 0; i < topics; ++i) {
      put_publish(out(), diary_.user + "/openWB/set" + std::to_string(i), "12345", 1, true,
                  static_cast<std::uint16_t>(kFirstSetId + i));
    }
    send();
  }

 private:
  static constexpr std::size_t kFirstSetId = 40'000;

  void transmit(std::uint32_t number) {
    put_publish(out(), diary_.user + "/openWB/steady/" + std::to_string(number % kSteadyTopics),
                std::to_string(number), 1, true, id_of(number));
    send();
  }

  static std::uint16_t id_of(std::uint32_t number) {
    return static_cast<std::uint16_t>(number % 30'000 + 1);
  }

  void on_packet(Packet type, unsigned /*flags*/, std::string_view body) override {
    switch (type) {
      case Packet::connack:
        on_connack(body);
        return;
      case Packet::suback:
        subscribed_ = true;
        diary_.had_session = true;
        return;
      case Packet::publish: {
        auto rest = body.substr(2U + get_u16(body));
        put_ack(out(), Packet::puback, get_u16(rest));
        send();
        diary_.received.at(std::stoul(std::string(rest.substr(2)))) = true;
        return;
      }
      case Packet::puback:
        on_puback(get_u16(body));
        return;
      default:
        throw std::runtime_error("an unexpected packet");
    }
  }

  void on_connack(std::string_view body) {
    if (body[1] != 0) {
      throw std::runtime_error("CONNECT was refused");
    }
    connected_ns_ = wall_ns();
    if (diary_.had_session) {
      diary_.lost_sessions += body[0] == 0 ? 1U : 0U;
      subscribed_ = true;
      for (const auto number : diary_.waiting) {
        transmit(number);
      }
    } else {
      put_subscribe(out(), diary_.user + "/openWB/steady/#", 1);
      send();
    }
  }

  void on_puback(std::uint16_t id) {
    if (id >= kFirstSetId) {
      ++set_acknowledged_;
      return;
    }
    if (diary_.waiting.empty() || id_of(diary_.waiting.front()) != id) {
      throw std::runtime_error("a PUBACK out of turn");
    }
    diary_.acknowledged[diary_.waiting.front()] = true;
    diary_.waiting.pop_front();
  }

  Diary& diary_;
  const std::uint64_t begin_;
  std::uint64_t connected_ns_ = 0;
  std::size_t set_acknowledged_ = 0;
  bool subscribed_ = false;
};

using Homes = std::vector<std::unique_ptr<Home>>;

bool all(const Homes& homes, auto&& is) {
  return std::ranges::all_of(homes, [&](const auto& home) { return is(*home); });
}

bool port_is_open(std::uint16_t port) {
  const UniqueFd fd{::socket(AF_INET, SOCK_STREAM, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

void begin(Loop& loop, Tls& tls, const Setup& setup, std::vector<Diary>& diaries, Homes& homes) {
  constexpr std::size_t kAtOnce = 100;
  for (std::size_t first = 0; first < setup.homes; first += kAtOnce) {
    for (auto i = first; i < std::min(first + kAtOnce, setup.homes); ++i) {
      homes.push_back(std::make_unique<Home>(loop, tls, setup, diaries[i]));
    }
    loop.until([&] { return all(homes, [](auto& home) { return home.subscribed(); }); }, 120,
               "homes");
  }
}

/// Publishes until the broker is gone.
void publish_on(Loop& loop, const Setup& setup, Homes& homes) {
  const auto start = wall_ns();
  std::uint64_t sent = 0;
  for (;;) {
    const auto due = static_cast<double>(wall_ns() - start) / 1e9 * setup.rate;
    for (; static_cast<double>(sent) < due; ++sent) {
      homes[sent % homes.size()]->publish_one();
    }
    try {
      loop.turn(1);
    } catch (const std::runtime_error&) {
      return;
    }
  }
}

void run(const Setup& setup) {
  std::vector<Diary> diaries(setup.homes);
  for (std::size_t i = 0; i < setup.homes; ++i) {
    diaries[i].user = setup.prefix + std::to_string(i);
  }
  Tls tls;
  {
    Loop loop;
    Homes homes;
    begin(loop, tls, setup, diaries, homes);
    Report ready;
    ready.add("homes", static_cast<double>(homes.size()));
    ready.print();
    publish_on(loop, setup, homes);
  }
  const auto gone = wall_ns();
  std::string line;
  std::getline(std::cin, line);  // until then the port may be that of the old one
  while (!port_is_open(setup.port)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // its port is what is waited for
  }
  const auto open = wall_ns();
  Loop loop;
  Homes homes;
  for (auto& diary : diaries) {
    homes.push_back(std::make_unique<Home>(loop, tls, setup, diary));
  }
  bool told = false;
  double first_s = 0;
  double all_s = 0;
  std::vector<bool> asked(homes.size());
  const auto settled = [&] {
    std::size_t in = 0;
    bool done = true;
    for (std::size_t i = 0; i < homes.size(); ++i) {
      auto& home = *homes[i];
      in += home.connected() ? 1U : 0U;
      if (home.connected() && !asked[i]) {
        asked[i] = true;
        home.publish_set(setup.topics);
      }
      done = done && asked[i] && home.set_acknowledged(setup.topics) && diaries[i].owed() == 0 &&
             diaries[i].waiting.empty();
    }
    const auto now = static_cast<double>(wall_ns() - open) / 1e9;
    first_s = first_s == 0 && in != 0 ? now : first_s;
    if (in == homes.size() && !told) {
      told = true;
      all_s = now;
      Report all_in;
      all_in.add("all_in_s", now);
      all_in.print();
    }
    return done;
  };
  const auto deadline = wall_ns() + 120'000'000'000U;
  while (!settled() && wall_ns() < deadline) {
    loop.turn(5);
  }
  Histogram connects;
  std::size_t lost = 0;
  std::size_t sessions = 0;
  std::size_t acknowledged = 0;
  std::size_t in = 0;
  for (std::size_t i = 0; i < homes.size(); ++i) {
    in += homes[i]->connected() ? 1U : 0U;
    if (homes[i]->connected()) {
      connects.add(homes[i]->connect_ns());
    }
    lost += diaries[i].owed();
    sessions += diaries[i].lost_sessions;
    acknowledged += static_cast<std::size_t>(std::ranges::count(diaries[i].acknowledged, true));
  }
  Report report;
  report.add("away_s", static_cast<double>(open - gone) / 1e9);
  report.add("first_in_s", first_s);
  report.add("all_in_s", all_s);
  report.add("settled_s", static_cast<double>(wall_ns() - open) / 1e9);
  report.add("in", static_cast<double>(in));
  report.add("connect_p50_s", connects.quantile_us(0.5) / 1e6);
  report.add("connect_max_s", connects.quantile_us(1) / 1e6);
  report.add("acknowledged", static_cast<double>(acknowledged));
  report.add("lost", static_cast<double>(lost));
  report.add("lost_sessions", static_cast<double>(sessions));
  report.print();
}

}  // namespace

int main(int count, char** words) {
  if (count < 5) {
    std::fputs("usage: owb-restart PORT HOMES TOPICS RATE [USER-PREFIX [PASSWORD]]\n", stderr);
    return 2;
  }
  try {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    Setup setup{.port = static_cast<std::uint16_t>(std::stoul(words[1])),
                .homes = std::stoul(words[2]),
                .topics = std::stoul(words[3]),
                .rate = std::stod(words[4])};
    setup.prefix = count > 5 ? words[5] : setup.prefix;
    setup.password = count > 6 ? words[6] : setup.password;
    run(setup);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "owb-restart: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
