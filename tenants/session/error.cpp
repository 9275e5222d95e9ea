#include "tenants/session/error.hpp"

#include <string>

namespace owb::session {
namespace {

const char* text_of(Errc errc) {
  switch (errc) {
    case Errc::cookie_malformed:
      return "the session cookie is malformed";
    case Errc::cookie_key_unknown:
      return "the session cookie was sealed with a key that is not known here";
    case Errc::cookie_forged:
      return "the session cookie does not open";
    case Errc::cookie_expired:
      return "the session cookie has expired";
    case Errc::session_unknown:
      return "there is no such session";
    case Errc::session_revoked:
      return "the session was ended";
    case Errc::session_expired:
      return "the session has expired";
    case Errc::session_mismatch:
      return "session cookie and session disagree";
    case Errc::tenant_unknown:
      return "the session's tenant does not exist";
    case Errc::tenant_suspended:
      return "the session's tenant is suspended";
  }
  return "unknown error";
}

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "owb.session"; }

  std::string message(int value) const override { return text_of(static_cast<Errc>(value)); }
};

}  // namespace

const boost::system::error_category& category() {
  static const Category instance;
  return instance;
}

boost::system::error_code make_error_code(Errc errc) {
  return {static_cast<int>(errc), category()};
}

}  // namespace owb::session
