#pragma once

#include "tenants/base/config_file.hpp"
#include "tenants/base/logging.hpp"

namespace owb::config {

/// `log_dest`, `log_type`, `log_timestamp` and `log_timestamp_format`, read as mosquitto does: the
/// first log_dest and the first log_type replace the default, later ones add to it.
class LogDirectives {
 public:
  /// False: not one of these keys. A bad value is a problem, and still ours.
  bool take(const Directive& directive, Problems& problems);

  const log::Options& options() const { return options_; }

  /// `log_dest topic` was among them.
  bool to_topic() const { return to_topic_; }

 private:
  void take_destination(const Directive& directive, Problems& problems);
  void take_type(const Directive& directive, Problems& problems);

  log::Options options_;
  bool to_topic_ = false;
  bool destination_given_ = false;
  bool type_given_ = false;
};

/// What the directives say about logging; all other keys are left alone. For the portal.
log::Options pick_log_options(const std::vector<Directive>& directives, Problems& problems);

}  // namespace owb::config
