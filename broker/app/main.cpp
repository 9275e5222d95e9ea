#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <systemd/sd-daemon.h>

#include "broker/app/broker.hpp"
#include "broker/app/config.hpp"
#include "broker/app/options.hpp"
#include "broker/app/process.hpp"
#include "broker/store/crash_point.hpp"
#include "tenants/base/logging.hpp"

namespace {

using namespace owb;

void print(const config::Problems& problems, const char* kind) {
  for (const auto& problem : problems) {
    std::fprintf(stderr, "%s: %s\n", kind, problem.str().c_str());
  }
}

// SIGHUP: a bad file keeps the old configuration and says why (F28, F29).
void reload(app::Broker& broker, const app::Options& options) {
  const auto loaded = app::load_broker_config(options);
  if (!loaded.ok()) {
    for (const auto& problem : loaded.errors) {
      log::error("reload refused: {}", problem.str());
    }
    return;
  }
  try {
    log::configure(loaded.config.log.options);
    broker.reload(loaded.config);
    log::notice("configuration reloaded");
  } catch (const std::exception& error) {
    log::error("reload refused: {}", error.what());
  }
}

// Serves until SIGINT or SIGTERM. The calling thread follows registry and certificates.
void serve(app::Broker& broker, const app::Options& options) {
  boost::asio::io_context context{1};
  boost::asio::signal_set ends(context, SIGINT, SIGTERM);
  boost::asio::signal_set hups(context, SIGHUP);
  boost::asio::steady_timer timer(context);
  ends.async_wait([&context](auto error, int) {
    if (!error) {
      context.stop();
    }
  });
  std::function<void()> await_hup = [&] {
    hups.async_wait([&](auto error, int) {
      if (!error) {
        reload(broker, options);
        await_hup();
      }
    });
  };
  std::function<void()> tick = [&] {
    timer.expires_after(std::chrono::milliseconds(200));
    timer.async_wait([&](auto error) {
      if (!error) {
        broker.control();
        tick();
      }
    });
  };
  await_hup();
  tick();
  {
    const app::SignalsHeld held;
    broker.start();
  }
  log::notice("owb-broker {} running", OWB_VERSION);
  sd_notify(0, "READY=1");
  context.run();
  sd_notify(0, "STOPPING=1");
  log::notice("owb-broker stopping");
  const app::SignalsHeld held;
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
  if (line.options.crash_at_store_op != 0) {
    store::crash_at_operation(line.options.crash_at_store_op);
  }
  const app::PidFile pid_file(loaded.config.process.pid_file);
  app::Broker broker(loaded.config);
  serve(broker, line.options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    owb::log::error("{}", error.what());
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
