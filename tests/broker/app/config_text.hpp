#pragma once

#include <string>
#include <vector>

#include "broker/app/config.hpp"
#include "broker/app/options.hpp"

namespace owb::app {

/// What the text of one file, named "f", becomes; its files are not looked at.
inline LoadedConfig load_text(const std::string& text, const Options& options = {}) {
  const auto parsed = config::parse_text(text, "f");
  return make_broker_config(parsed.directives, options);
}

inline Options classic() {
  Options options;
  options.tenancy = false;
  return options;
}

inline std::vector<std::string> texts(const config::Problems& problems) {
  std::vector<std::string> texts;
  for (const auto& problem : problems) {
    texts.push_back(problem.str());
  }
  return texts;
}

}  // namespace owb::app
