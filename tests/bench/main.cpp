// owb-bench: one scenario against one running broker; prints its figures as one JSON object.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include <sys/resource.h>

#include "tests/bench/scenario.hpp"

namespace {

using namespace owb::bench;

Way way_of(const std::string& word) {
  static const std::map<std::string, Way> kWays = {
      {"plain", Way::plain}, {"tls", Way::tls}, {"wss", Way::wss}};
  const auto found = kWays.find(word);
  if (found == kWays.end()) {
    throw std::runtime_error("plain, tls or wss, not " + word);
  }
  return found->second;
}

Options read_options(int count, char** words) {
  Options options;
  using Take = std::function<void(const std::string&)>;
  const auto number = [](auto& field) -> Take {
    return [&field](const std::string& word) {
      field = static_cast<std::remove_reference_t<decltype(field)>>(std::stod(word));
    };
  };
  const auto text = [](std::string& field) -> Take {
    return [&field](const std::string& word) { field = word; };
  };
  const std::map<std::string, Take> known = {
      {"--pid", number(options.pid)},
      {"--home-port", number(options.home_port)},
      {"--watch-port", number(options.watch_port)},
      {"--home-way", [&](const auto& word) { options.home_way = way_of(word); }},
      {"--watch-way", [&](const auto& word) { options.watch_way = way_of(word); }},
      {"--qos", number(options.qos)},
      {"--homes", number(options.homes)},
      {"--topics", number(options.topics)},
      {"--batch", number(options.batch)},
      {"--rate", number(options.rate)},
      {"--noise", number(options.noise)},
      {"--watched", number(options.watched)},
      {"--exact", number(options.exact)},
      {"--seconds", number(options.seconds)},
      {"--warm-up", number(options.warm_up)},
      {"--connections", number(options.connections)},
      {"--at-once", number(options.at_once)},
      {"--resume", number(options.resume)},
      {"--user-prefix", text(options.user_prefix)},
      {"--password", text(options.password)},
      {"--credentials", text(options.credentials)},
  };
  if (count < 2) {
    throw std::runtime_error("usage: owb-bench homes|storm|replay|fill --pid PID --home-port N …");
  }
  options.scenario = words[1];
  for (int i = 2; i + 1 < count; i += 2) {
    const auto found = known.find(words[i]);
    if (found == known.end()) {
      throw std::runtime_error(std::string("unknown option ") + words[i]);
    }
    found->second(words[i + 1]);
  }
  return options;
}

void run(const Options& options) {
  static const std::map<std::string, void (*)(const Options&)> kScenarios = {
      {"homes", run_homes}, {"storm", run_storm}, {"replay", run_replay}, {"fill", run_fill}};
  const auto found = kScenarios.find(options.scenario);
  if (found == kScenarios.end()) {
    throw std::runtime_error("unknown scenario " + options.scenario);
  }
  found->second(options);
}

}  // namespace

int main(int count, char** words) {
  try {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    run(read_options(count, words));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "owb-bench: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
