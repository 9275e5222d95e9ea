#include "broker/shard/auth/login_log.hpp"

#include "tenants/base/logging.hpp"

namespace owb::shard {

void log_failed_login(std::string_view address, std::string_view reason, std::string_view user) {
  log::notice("login failed address={} reason={} user=\"{}\"", log::escape(address), reason,
              log::escape(user));
}

}  // namespace owb::shard
