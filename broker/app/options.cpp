#include "broker/app/options.hpp"

#include <map>
#include <sstream>

#include <CLI/CLI.hpp>

#include "broker/app/config.hpp"

namespace owb::app {

namespace {

/// As mosquitto.
constexpr int kMostPorts = 10;

constexpr const char* kDescription =
    "owb-broker: MQTT broker for many openWB homes, each its own world.\n\n"
    "Serves MQTT 3.1, 3.1.1 and 5.0 over TCP, TLS and WebSocket, the dashboard's files, and "
    "passes\n"
    "logins on to owb-portal. Every user name is a tenant: its clients see and write topics below\n"
    "NAME/ only. The configuration file has the grammar and directives of mosquitto.conf(5) and "
    "the\n"
    "directives below.";

constexpr const char* kFooter = R"(CONFIGURATION
  Without a listener directive the broker listens on loopback only, port 1883 or -p PORT.
  Beside those of mosquitto.conf(5), with their defaults:

  tenancy on|off              off: classic mode, one topic space for all, as plain mosquitto [on]
  registry PATH               tenants and their secrets [/var/lib/owb-cloud/registry.db]
  state PATH                  kept messages and sessions, if persistence is true
                              [state.db in persistence_location]
  durability process|power|none
                              what an acknowledgement survives: the end of the process, loss of
                              power, nothing [process]
  workers N, web_threads N    threads for MQTT (0: one per core) and for WebSocket [0, 1]
  www_dir PATH                the dashboard's files, served by websockets listeners
  portal_socket PATH          UNIX socket on which owb-portal answers
  login_socket PATH           UNIX socket on which owb-portal logs users in
  login_topic NAME            where the number of an account is: NAME/id [webparm]
  origin URL                  page that may open a WebSocket with its cookie, as
                              https://cloud.example.org:8443; may be repeated
  command_ttl TIME            how long an order waits for its home [60s]
  drop_topic FILTER           never taken nor passed on, below every tenant; may be repeated and
                              adds to the built-in list of secrets; `none` empties the list,
                              `default` adds the built-in one again
  observer NAME               user of the password file who may read what the acl_file lets him
  default_limits NAME=VALUE … limits of tenants that have none of their own

  Times: 90, 90s, 15m, 2h, 30d. Sizes: 1000, 64KB, 8MB.

SIGNALS
  SIGTERM, SIGINT   end: clients are told, what is to be kept is kept
  SIGHUP            read the configuration, certificates and password files again; a file with an
                    error changes nothing and is reported
  SIGUSR1           write retained messages at QoS 0 now, not after autosave_interval: before
                    owb-tenants backup or export

EXIT STATUS
  0  ended as asked, or --test-config found nothing wrong
  1  starting failed
  2  the command line is wrong
  3  the configuration is wrong

EXAMPLES
  owb-broker -c /etc/owb-cloud/owb-cloud.conf --test-config
  owb-broker -c /etc/mosquitto/mosquitto.conf --tenancy on
  owb-broker --tenancy off -p 1884 -v

SEE ALSO
  owb-tenants(1), owb-portal(1), mosquitto.conf(5))";

void add_options(CLI::App& app, Options& options) {
  static const std::map<std::string, bool> kOnOff{{"on", true}, {"off", false}};
  app.add_option("-c,--config-file", options.config_file, "Read the configuration from this file")
      ->type_name("FILE");
  app.add_option("-p,--port", options.ports,
                 "Listen on this port of loopback if the configuration names no listener; may be "
                 "repeated")
      ->type_name("PORT")
      ->check(CLI::Range(1, 65'535))
      ->expected(1)
      ->take_all();
  app.add_flag("-v,--verbose", options.verbose, "Log everything, as `log_type all`");
  app.add_flag("-d,--daemon", options.daemon, "Go to the background once everything is open");
  app.add_option_function<std::string>(
         "--tenancy", [&options](const std::string& word) { options.tenancy = kOnOff.at(word); },
         "on: every user is a tenant; off: classic mode. Wins over the configuration")
      ->type_name("on|off")
      ->check(CLI::IsMember({"on", "off"}));
  app.add_option_function<unsigned>(
         "--workers", [&options](unsigned workers) { options.workers = workers; },
         "Worker threads, 0 for one per core. Wins over the configuration")
      ->type_name("N")
      ->check(CLI::Range(0U, kMostWorkers));
  app.add_flag("--test-config", options.test_config,
               "Check the configuration and the files it names, say what is wrong, and end");
  app.add_flag("--lenient", options.lenient,
               "Start without what the configuration asks for but is not supported yet");
#ifdef OWB_DEBUG
  app.add_option("--crash-at-store-op", options.crash_at_store_op, "For the kill tests")->group("");
  app.add_option("--throw-at-topic", options.throw_at_topic, "For the test of F64")->group("");
#endif
  app.set_version_flag("--version", std::string{"owb-broker "} + OWB_VERSION);
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app{kDescription, "owb-broker"};
  app.footer(kFooter);
  add_options(app, line.options);
  try {
    app.parse(argc, argv);
    if (line.options.ports.size() > kMostPorts) {
      throw CLI::ValidationError{"-p",
                                 "may be given at most " + std::to_string(kMostPorts) + " times"};
    }
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool good = app.exit(error, out, err) == 0;
    line.exit_code = good ? 0 : 2;
    line.to_stderr = !good;
    line.text = good ? out.str() : err.str();
  }
  return line;
}

}  // namespace owb::app
