#include "tenants/registry/web_session.hpp"

#include <algorithm>

#include "tenants/base/base64.hpp"
#include "tenants/base/random.hpp"

namespace owb::tenants {

std::string_view name_of(Role role) {
  return role == Role::owner ? "owner" : "viewer";
}

std::optional<Role> role_of(std::string_view name) {
  if (name == "owner") {
    return Role::owner;
  }
  if (name == "viewer") {
    return Role::viewer;
  }
  return std::nullopt;
}

SessionId SessionId::random() {
  SessionId id;
  random_bytes(id.bytes_);
  return id;
}

std::optional<SessionId> SessionId::from_bytes(ByteView bytes) {
  if (bytes.size() != kSize) {
    return std::nullopt;
  }
  SessionId id;
  std::copy(bytes.begin(), bytes.end(), id.bytes_.begin());
  return id;
}

std::optional<SessionId> SessionId::from_hex(std::string_view text) {
  const auto bytes = owb::from_hex(text);
  return bytes ? from_bytes(*bytes) : std::nullopt;
}

std::string SessionId::hex() const {
  return to_hex(bytes_);
}

}  // namespace owb::tenants
