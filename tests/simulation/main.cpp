// simulation --seed N [--trace] | --seeds FIRST COUNT
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include <unistd.h>

#include "tenants/base/logging.hpp"
#include "tests/simulation/simulation.hpp"

extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

char replay_text[128];

void set_seed(std::uint64_t seed) {
  std::snprintf(replay_text, sizeof(replay_text),
                "seed %llu failed; replay: simulation --seed %llu --trace\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
}

// Also from a signal handler.
void tell_seed() {
  const std::string_view text(replay_text);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void on_abort(int) {
  tell_seed();
}

int usage() {
  std::cerr << "usage: simulation --seed N [--trace] | --seeds FIRST COUNT\n";
  return 2;
}

bool run(std::uint64_t seed, bool trace) {
  set_seed(seed);
  try {
    owb::simulation::Simulation(seed, trace).run();
    return true;
  } catch (const std::exception& error) {
    std::cout << std::flush;
    std::cerr << error.what() << '\n';
    tell_seed();
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 2 ? argv[1] : "";
  const auto first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  std::signal(SIGABRT, on_abort);
  owb::log::Options quiet;
  quiet.types = 0;
  if (!owb::log::configure(quiet)) {
    return 2;
  }
  if (&__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(tell_seed);
  }
  if (mode == "--seed") {
    return run(first, argc > 3 && std::string_view(argv[3]) == "--trace") ? 0 : 1;
  }
  if (mode != "--seeds" || argc != 4) {
    return usage();
  }
  const auto count = std::strtoull(argv[3], nullptr, 10);
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    failed += run(seed, false) ? 0U : 1U;
  }
  std::cout << count << " seeds, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
