#pragma once

#include <optional>
#include <string>

namespace owb::portal::app {

/// The command line of owb-portal.
struct Options {
  std::string config_file;
  bool lenient = false;  ///< problems outside the portal's own directives are warnings
};

/// Reads the command line. Nothing: it has been answered (`--help`, `--version`, or an error on
/// stderr) and the process ends with `exit_code`.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace owb::portal::app
