#include <cstdio>
#include <exception>

#include <signal.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "portal/app/options.hpp"
#include "portal/app/portal.hpp"
#include "portal/app/portal_config.hpp"
#include "tenants/base/clock.hpp"
#include "tenants/base/config_file.hpp"
#include "tenants/base/logging.hpp"

namespace {

using owb::portal::app::Options;
using owb::portal::app::PortalConfig;

constexpr time_t kUpkeepSeconds = 86'400;

/// The configuration, or nothing after the problems were told.
bool load(const Options& options, PortalConfig& config) {
  const auto parsed = owb::config::read_config(options.config_file);
  auto loaded = owb::portal::app::make_portal_config(parsed.directives);
  for (const auto& problem : parsed.problems) {
    std::fprintf(stderr, "owb-portal: %s\n", problem.str().c_str());
  }
  for (const auto& error : loaded.errors) {
    std::fprintf(stderr, "owb-portal: %s\n", error.str().c_str());
  }
  config = std::move(loaded.config);
  return loaded.errors.empty() && (parsed.problems.empty() || options.lenient);
}

/// Blocks what run() waits for, before there are threads that could get it instead.
sigset_t block_signals() {
  sigset_t signals{};
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    sigaddset(&signals, number);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// Serves until a signal says stop. SIGUSR1 is our own sign that serving has ended by itself.
int run(const PortalConfig& config, const sigset_t& signals) {
  owb::portal::app::Portal portal{config};
  portal.start([] { kill(getpid(), SIGUSR1); });
  owb::log::notice("owb-portal {} serves on {}", OWB_VERSION, config.portal_socket);
  sd_notify(0, "READY=1");
  while (true) {
    portal.tend(owb::unix_now());
    const timespec upkeep{.tv_sec = kUpkeepSeconds, .tv_nsec = 0};
    switch (sigtimedwait(&signals, nullptr, &upkeep)) {
      case SIGTERM:
      case SIGINT:
        sd_notify(0, "STOPPING=1");
        portal.stop();
        owb::log::notice("owb-portal stops");
        return 0;
      case SIGUSR1:
        owb::log::error("serving on {} has ended", config.portal_socket);
        return 1;
      case SIGHUP:
        if (const auto reopened = owb::log::configure(config.log); !reopened) {
          owb::log::error("cannot open the log file again: {}", reopened.error().message());
        }
        break;
      default:
        break;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto options = owb::portal::app::parse_options(argc, argv, exit_code);
  if (!options) {
    return exit_code;
  }
  try {
    PortalConfig config;
    if (!load(*options, config)) {
      return 1;
    }
    const auto signals = block_signals();
    if (const auto logging = owb::log::configure(config.log); !logging) {
      throw std::runtime_error("log_dest: " + logging.error().message());
    }
    return run(config, signals);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "owb-portal: %s\n", error.what());
    return 1;
  }
}
