#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

namespace owb::tenants {

/// Why the registry, a name, a limit or a password hash is refused. message() says the rule to a
/// person.
enum class Errc {
  // A tenant's name (TenantId::parse), design rule 1
  name_empty = 1,
  name_too_long,
  name_has_dot,   ///< openWB's form allows it in a user name, but not in a prefix
  name_has_plus,  ///< the same, and it is a wildcard
  name_has_slash,
  name_has_hash,
  name_has_dollar,
  name_has_blank,
  name_has_control,  ///< NUL, newline, ESC …
  name_not_ascii,
  name_has_other,

  // Changes of the registry
  tenant_exists,
  no_such_tenant,
  tenant_suspended,
  tenant_buried,  ///< its name has a tombstone
  no_such_session,
  no_such_link,    ///< unknown, used or expired; deliberately one answer
  secret_invalid,  ///< a home secret must be 26 characters of [A-Za-z0-9]
  webparm_id_invalid,
  thema_invalid,  ///< [A-Za-z0-9_-]{1,32}: it becomes part of a page
  limit_unknown,
  limit_value_invalid,

  // The file
  registry_missing,  ///< there is no file; `owb-tenants init` makes one
  registry_foreign,  ///< an SQLite file, but not a registry
  registry_too_new,  ///< made by a later version
  registry_damaged,

  // Password hashes and files
  hash_unknown_format,
  hash_malformed,
  hash_too_expensive,  ///< its iterations or memory are beyond what we spend on one check
  out_of_memory,
};

const boost::system::error_category& category();
boost::system::error_code make_error_code(Errc errc);

}  // namespace owb::tenants

namespace boost::system {
template <>
struct is_error_code_enum<owb::tenants::Errc> : std::true_type {};
}  // namespace boost::system
