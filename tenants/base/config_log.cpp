#include "tenants/base/config_log.hpp"

#include "tenants/base/config_value.hpp"
#include "tenants/base/text.hpp"

namespace owb::config {

bool LogDirectives::take(const Directive& directive, Problems& problems) {
  if (directive.key == "log_dest") {
    take_destination(directive, problems);
  } else if (directive.key == "log_type") {
    take_type(directive, problems);
  } else if (directive.key == "log_timestamp") {
    read_bool(directive, options_.timestamp, problems);
  } else if (directive.key == "log_timestamp_format") {
    read_text(directive, options_.timestamp_format, problems);
  } else {
    return false;
  }
  return true;
}

void LogDirectives::take_destination(const Directive& directive, Problems& problems) {
  const std::string_view value = directive.value;
  const auto file = value.starts_with("file ") || value.starts_with("file\t")
                        ? text::trim(value.substr(5))
                        : std::string_view{};
  if (!destination_given_) {
    destination_given_ = true;
    options_.to_stderr = false;
  }
  if (value == "stderr") {
    options_.to_stderr = true;
  } else if (value == "stdout") {
    options_.to_stdout = true;
  } else if (value == "syslog") {
    options_.to_syslog = true;
  } else if (value == "topic") {
    to_topic_ = true;
  } else if (value == "none") {
    options_.to_stderr = options_.to_stdout = options_.to_syslog = to_topic_ = false;
    options_.file.clear();
  } else if (file.empty()) {
    add_bad_value(directive, "stderr, stdout, syslog, topic, none, file PATH", problems);
  } else if (!options_.file.empty() && options_.file != file) {
    add_problem(directive, "only one log file can be given", problems);
  } else {
    options_.file = file;
  }
}

void LogDirectives::take_type(const Directive& directive, Problems& problems) {
  const auto types = log::parse_type(directive.value);
  if (!types) {
    add_bad_value(directive,
                  "error, warning, notice, information, debug, subscribe, unsubscribe, "
                  "websockets, all, none",
                  problems);
    return;
  }
  options_.types = type_given_ && *types != 0 ? options_.types | *types : *types;
  type_given_ = true;
}

log::Options pick_log_options(const std::vector<Directive>& directives, Problems& problems) {
  LogDirectives log;
  for (const auto& directive : directives) {
    log.take(directive, problems);
  }
  return log.options();
}

}  // namespace owb::config
