#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace owb::app {

/// The command line of owb-broker. What it says wins over the configuration file.
struct Options {
  std::string config_file;           ///< `-c`; empty: built-in defaults
  std::vector<std::uint16_t> ports;  ///< `-p`, for a configuration without `listener`
  bool verbose = false;              ///< `-v`: every log type, as mosquitto
  bool daemon = false;               ///< `-d`: go to the background
  std::optional<bool> tenancy;       ///< `--tenancy on|off`
  std::optional<unsigned> workers;   ///< `--workers N`
  bool test_config = false;          ///< `--test-config`: check, print the verdict, end
  bool lenient = false;              ///< `--lenient`: unsupported directives only warn
  /// `--crash-at-store-op N`, debug builds only: ends as by SIGKILL at that write to the disk.
  std::uint64_t crash_at_store_op = 0;
  /// `--throw-at-topic TAIL`, debug builds only: a PUBLISH to a topic that ends so throws.
  std::string throw_at_topic;
};

/// What to do after the command line was read.
struct CommandLine {
  Options options;
  std::optional<int> exit_code;  ///< set: print `text` and end with this code
  std::string text;              ///< help, version or the error
  /// Help and version belong on standard output, errors on standard error.
  bool to_stderr = false;
};

/// Reads the command line. Never ends the process, never prints.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace owb::app
