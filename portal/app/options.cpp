#include "portal/app/options.hpp"

#include <CLI/CLI.hpp>

#include "portal/app/help_text.hpp"

namespace owb::portal::app {

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  Options options;
  CLI::App cli{kDescription, "owb-portal"};
  cli.footer(kHelpText);
  cli.set_version_flag("--version", "owb-portal " OWB_VERSION);
  cli.add_option("-c,--config", options.config_file,
                 "the configuration file, the same as the broker's")
      ->type_name("FILE")
      ->required();
  cli.add_flag("--lenient", options.lenient,
               "start although the file has problems outside the portal's own directives");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = cli.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  return options;
}

}  // namespace owb::portal::app
