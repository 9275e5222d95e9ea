#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>

#include <systemd/sd-daemon.h>

#include "broker/app/broker.hpp"
#include "broker/app/config.hpp"
#include "broker/app/options.hpp"
#include "broker/app/process.hpp"
#include "broker/core/fault_point.hpp"
#include "broker/store/crash_point.hpp"
#include "tenants/base/logging.hpp"

namespace {

using namespace owb;

constexpr auto kControlInterval = std::chrono::milliseconds(200);
bool log_is_on_stderr = true;  ///< as it is before the configuration says otherwise

void print(const config::Problems& problems, const char* kind) {
  for (const auto& problem : problems) {
    std::fprintf(stderr, "%s: %s\n", kind, problem.str().c_str());
  }
}

// SIGHUP: a bad file keeps the old configuration and says why (F28, F29).
void reload(app::Broker& broker, const app::Options& options) {
  try {
    const auto loaded = app::load_broker_config(options);
    if (!loaded.ok()) {
      for (const auto& problem : loaded.errors) {
        log::error("reload refused: {}", problem.str());
      }
      return;
    }
    log::configure(loaded.config.log.options);
    broker.reload(loaded.config);
    log::notice("configuration reloaded");
  } catch (const std::exception& error) {
    log::error("reload refused: {}", error.what());
  }
}

// Serves until SIGINT or SIGTERM. The calling thread follows registry and certificates.
void serve(app::Broker& broker, const app::Options& options, const app::Signals& signals) {
  broker.start();
  log::notice("owb-broker {} running", OWB_VERSION);
  sd_notify(0, "READY=1");
  for (int signal = 0; signal != SIGINT && signal != SIGTERM;) {
    signal = signals.wait(kControlInterval);
    if (signal == SIGHUP) {
      reload(broker, options);
    } else if (signal == SIGUSR1) {
      broker.save();
    } else if (signal == 0) {
      broker.control();
    }
  }
  sd_notify(0, "STOPPING=1");
  log::notice("owb-broker stopping");
  broker.stop();
}

int run(int argc, char** argv) {
  const auto line = app::parse_command_line(argc, argv);
  if (line.exit_code) {
    std::fputs(line.text.c_str(), line.to_stderr ? stderr : stdout);
    return *line.exit_code;
  }
  const auto loaded = app::load_broker_config(line.options);
  print(loaded.warnings, "warning");
  print(loaded.errors, "error");
  if (!loaded.ok()) {
    return 3;
  }
  if (line.options.test_config) {
    std::puts("configuration ok");
    return 0;
  }
  app::raise_descriptor_limit();
  if (line.options.daemon) {
    app::become_daemon();
  }
  if (const auto logging = log::configure(loaded.config.log.options); !logging) {
    std::fprintf(stderr, "error: log_dest: %s\n", logging.error().message().c_str());
    return 3;
  }
  log_is_on_stderr = loaded.config.log.options.to_stderr;
  if (line.options.crash_at_store_op != 0) {
    store::crash_at_operation(line.options.crash_at_store_op);
  }
  core::throw_at_topic(line.options.throw_at_topic);
  const app::Signals signals;
  const app::PidFile pid_file(loaded.config.process.pid_file);
  app::Broker broker(loaded.config);
  serve(broker, line.options, signals);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    owb::log::error("{}", error.what());
    if (!log_is_on_stderr) {
      std::fprintf(stderr, "error: %s\n", error.what());  // who starts it by hand sees it, too
    }
    return 1;
  }
}
