#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/bench/link.hpp"
#include "tests/bench/measure.hpp"

namespace owb::bench {

/// What the command line says.
struct Options {
  std::string scenario;
  int pid = 0;  ///< the broker's
  Way home_way = Way::plain;
  Way watch_way = Way::plain;
  std::uint16_t home_port = 0;
  std::uint16_t watch_port = 0;
  unsigned qos = 1;
  std::size_t homes = 1'000;
  std::size_t topics = 100;
  std::size_t batch = 10;  ///< messages a home sends at once
  double rate = 0;         ///< messages a second of all homes together; 0: as fast as they arrive
  double noise = 0;        ///< home 0 sends at so many times its rate
  bool watched = true;     ///< one watcher for each home
  bool exact = false;      ///< watchers subscribe to the home's one topic, without wildcard
  double seconds = 5;      ///< measured
  double warm_up = 1;
  std::size_t connections = 1'000;  ///< storm: in all
  std::size_t at_once = 50;         ///< storm and preparation: connections being made
  bool resume = false;              ///< storm: TLS sessions
  std::string user_prefix = "home";
  std::string password = "bench-password";
  std::string credentials;  ///< file of "user password" lines, instead of prefix and password
};

/// Prints one JSON object; numbers only.
class Report {
 public:
  void add(std::string_view name, double value) { values_.emplace_back(name, value); }

  void print() const;

 private:
  std::vector<std::pair<std::string, double>> values_;
};

struct Account {
  std::string user;
  std::string password;
};

std::vector<Account> accounts_of(const Options& options);

/// The part of a topic behind the tenant's name: as long as openWB's, `count` different ones.
std::vector<std::string> topic_names(std::size_t count);

/// A connection that says CONNECT, and SUBSCRIBE if it has a filter.
class Client : public Link {
 public:
  Client(Loop& loop, Tls* tls, Way way, std::uint16_t port, std::string_view id,
         const Account& account, bool resume = false);

  void subscribe(std::string_view filter, unsigned qos);

  bool connected() const { return connected_; }

  bool subscribed() const { return subscribed_; }

 protected:
  void on_packet(Packet type, unsigned flags, std::string_view body) override;
  virtual void on_message(unsigned qos, std::string_view topic, std::string_view payload);

  virtual void on_acknowledged(std::uint16_t /*id*/) {}

 private:
  bool connected_ = false;
  bool subscribed_ = false;
};

void run_homes(const Options& options);
void run_storm(const Options& options);
void run_replay(const Options& options);
void run_fill(const Options& options);

}  // namespace owb::bench
