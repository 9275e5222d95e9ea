#include "broker/app/config.hpp"

#include <algorithm>

#include "broker/app/config_reader.hpp"
#include "broker/app/options.hpp"

namespace owb::app {

LoadedConfig make_broker_config(const std::vector<config::Directive>& directives,
                                const Options& options) {
  ConfigReader reader;
  for (const auto& directive : directives) {
    reader.take(directive);
  }
  return settle(std::move(reader).finish(), options);
}

LoadedConfig load_broker_config(const Options& options) {
  config::ParsedConfig parsed;
  if (!options.config_file.empty()) {
    parsed = config::read_config(options.config_file);
  }
  auto loaded = make_broker_config(parsed.directives, options);
  loaded.errors.insert(loaded.errors.begin(), parsed.problems.begin(), parsed.problems.end());
  auto missing = check_files(loaded.config);
  std::ranges::move(missing, std::back_inserter(loaded.errors));
  return loaded;
}

}  // namespace owb::app
