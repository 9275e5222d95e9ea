#include "tenants/registry/tenant_id.hpp"

#include <algorithm>

#include "tenants/registry/error.hpp"

namespace owb {
namespace {

using tenants::Errc;

bool is_name_character(char character) {
  return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
         (character >= '0' && character <= '9') || character == '_' || character == '-';
}

Errc errc_of(char refused) {
  switch (refused) {
    case '.':
      return Errc::name_has_dot;
    case '+':
      return Errc::name_has_plus;
    case '/':
      return Errc::name_has_slash;
    case '#':
      return Errc::name_has_hash;
    case '$':
      return Errc::name_has_dollar;
    case ' ':
      return Errc::name_has_blank;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(refused);
  if (byte < 0x20 || byte == 0x7F) {
    return Errc::name_has_control;
  }
  return byte > 0x7F ? Errc::name_not_ascii : Errc::name_has_other;
}

}  // namespace

Result<TenantId> TenantId::parse(std::string_view name) {
  if (name.empty()) {
    return Errc::name_empty;
  }
  if (name.size() > kMaxTenantName) {
    return Errc::name_too_long;
  }
  const auto* refused = std::find_if_not(name.begin(), name.end(), is_name_character);
  if (refused != name.end()) {
    return errc_of(*refused);
  }
  return TenantId{name};
}

}  // namespace owb
