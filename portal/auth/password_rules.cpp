#include "portal/auth/password_rules.hpp"

#include <algorithm>

#include "tenants/registry/password_hash.hpp"

namespace owb::portal::auth {

Answer<void> check_new_password(std::string_view password) {
  // Characters, not bytes: the continuation bytes of UTF-8 do not count.
  const auto characters = std::count_if(password.begin(), password.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  });
  if (static_cast<std::size_t>(characters) < kMinPasswordCharacters) {
    return Refusal{Errc::password_too_short};
  }
  if (password.size() > tenants::kMaxPasswordBytes) {
    return Refusal{Errc::password_too_long};
  }
  return {};
}

}  // namespace owb::portal::auth
