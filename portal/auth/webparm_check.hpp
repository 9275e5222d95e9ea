#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "portal/auth/broker_stream.hpp"
#include "portal/auth/webparm.hpp"
#include "tenants/base/result.hpp"

namespace owb::portal::auth {

/// Asks the broker whether a name and password are right and unlocked, as the predecessor did: by
/// logging in there and reading the user's own webparm topics.
///
/// Threading: thread-safe; each call has its own connection and takes at most the limit.
class WebparmCheck {
 public:
  static constexpr std::chrono::seconds kLimit{5};

  /// `root` is the second level of the topics (`login_topic` of the configuration).
  WebparmCheck(std::unique_ptr<const BrokerDialer> dialer, std::string root,
               std::chrono::milliseconds limit = kLimit);

  /// `name` has the form of a tenant's name. Errors: wrong_credentials, not_unlocked, broker_away,
  /// broker_busy, timed_out, bad_answer.
  Result<Webparm> ask(std::string_view name, std::string_view password,
                      const std::string& browser_address) const;

 private:
  Result<Webparm> talk(BrokerStream& stream, std::string_view name,
                       std::string_view password) const;

  std::unique_ptr<const BrokerDialer> dialer_;
  std::string root_;
  std::chrono::milliseconds limit_;
};

}  // namespace owb::portal::auth
