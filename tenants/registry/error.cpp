#include "tenants/registry/error.hpp"

#include <string>

namespace owb::tenants {
namespace {

/// One sentence a person can act on; the caller puts the field's name before it.
const char* text_of(Errc errc) {
  switch (errc) {
    case Errc::name_empty:
      return "the name is empty; it must have 1 to 32 characters of A-Z a-z 0-9 _ -";
    case Errc::name_too_long:
      return "the name is longer than 32 characters";
    case Errc::name_has_dot:
      return "the name has a '.': openWB's form takes it in a user name, but not in a prefix, "
             "and the prefix must be the name; use A-Z a-z 0-9 _ -";
    case Errc::name_has_plus:
      return "the name has a '+': openWB's form takes it in a user name, but not in a prefix, "
             "and in MQTT it is a wildcard; use A-Z a-z 0-9 _ -";
    case Errc::name_has_slash:
      return "the name has a '/': it is the first topic level, so it cannot have levels itself; "
             "use A-Z a-z 0-9 _ -";
    case Errc::name_has_hash:
      return "the name has a '#': in MQTT it is a wildcard; use A-Z a-z 0-9 _ -";
    case Errc::name_has_dollar:
      return "the name has a '$': topics that begin with it belong to the broker; "
             "use A-Z a-z 0-9 _ -";
    case Errc::name_has_blank:
      return "the name has a blank; use A-Z a-z 0-9 _ -";
    case Errc::name_has_control:
      return "the name has a control character (such as NUL or a line break); use A-Z a-z 0-9 _ -";
    case Errc::name_not_ascii:
      return "the name has a letter outside ASCII (such as an umlaut); use A-Z a-z 0-9 _ -";
    case Errc::name_has_other:
      return "the name has a character that is not allowed; use A-Z a-z 0-9 _ -";
    case Errc::tenant_exists:
      return "a tenant of this name exists";
    case Errc::no_such_tenant:
      return "there is no tenant of this name";
    case Errc::tenant_suspended:
      return "the tenant is suspended";
    case Errc::tenant_buried:
      return "a tenant of this name was deleted, and a password file's entry of that name is "
             "blocked; --forget adds it nevertheless";
    case Errc::no_such_session:
      return "there is no such session";
    case Errc::no_such_link:
      return "the link is unknown, used or expired";
    case Errc::secret_invalid:
      return "a home secret must have 26 characters of A-Z a-z 0-9";
    case Errc::webparm_id_invalid:
      return "the webparm id must be a number from 0 (may not log in yet) to 999999999";
    case Errc::thema_invalid:
      return "the thema must have 1 to 32 characters of A-Z a-z 0-9 _ -";
    case Errc::limit_unknown:
      return "there is no limit of this name";
    case Errc::limit_value_invalid:
      return "not a value for this limit";
    case Errc::registry_missing:
      return "there is no registry; `owb-tenants init` makes one";
    case Errc::registry_foreign:
      return "the file is not a registry";
    case Errc::registry_too_new:
      return "the registry was made by a later version of owb-cloud";
    case Errc::registry_damaged:
      return "the registry is damaged; `owb-tenants restore` puts a backup in its place";
    case Errc::hash_unknown_format:
      return "unknown kind of password hash; known are $argon2id$, $6$ and $7$";
    case Errc::hash_malformed:
      return "the password hash is malformed";
    case Errc::hash_too_expensive:
      return "the password hash asks for more iterations or memory than one check may cost";
    case Errc::out_of_memory:
      return "not enough memory to check a password";
  }
  return "unknown error";
}

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "owb.tenants"; }

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

}  // namespace owb::tenants
