#include "portal/auth/errc.hpp"

#include <string>

namespace owb::portal::auth {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "portal"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::wrong_credentials:
        return "wrong name or password";
      case Errc::not_unlocked:
        return "account not unlocked (no webparm id above 0)";
      case Errc::suspended:
        return "account suspended";
      case Errc::broker_away:
        return "broker cannot be reached";
      case Errc::broker_busy:
        return "broker is busy";
      case Errc::timed_out:
        return "broker did not answer in time";
      case Errc::bad_answer:
        return "broker answered with something unexpected";
      case Errc::too_many_attempts:
        return "too many attempts";
      case Errc::no_session:
        return "not logged in";
      case Errc::not_allowed:
        return "not allowed for this account";
      case Errc::password_too_short:
        return "new password is too short";
      case Errc::password_too_long:
        return "new password is too long";
      case Errc::password_unchanged:
        return "new password equals the old one";
      case Errc::link_invalid:
        return "one-time link is unknown, used or expired";
      case Errc::registry_failed:
        return "registry refused the change";
    }
    return "unknown portal error";
  }
};

}  // namespace

const boost::system::error_category& category() {
  static const Category instance;
  return instance;
}

boost::system::error_code make_error_code(Errc errc) {
  return {static_cast<int>(errc), category()};
}

}  // namespace owb::portal::auth
