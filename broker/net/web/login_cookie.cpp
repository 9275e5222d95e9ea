#include "broker/net/web/login_cookie.hpp"

#include <stdexcept>

#include "tenants/base/logging.hpp"

namespace owb::net::web {

namespace {

WebIdentity to_identity(const session::SessionClaims& claims) {
  WebIdentity identity;
  identity.tenant = claims.tenant;
  identity.tenant_uid = claims.tenant_uid;
  identity.session_id = as_text(claims.id.bytes());
  identity.role = claims.role == session::Role::viewer ? WebRole::viewer : WebRole::owner;
  identity.expires = claims.expires;
  return identity;
}

bool has_cookie(std::string_view header) {
  return header.find(session::kCookieName) != std::string_view::npos;
}

}  // namespace

LoginCookie::LoginCookie(const std::string& registry_path) {
  if (registry_path.empty()) {
    return;
  }
  auto checker = session::SessionChecker::open(registry_path);
  if (!checker) {
    throw std::runtime_error("registry " + registry_path + ": " + checker.error().message());
  }
  checker_ = std::move(*checker);
}

CookieVerdict LoginCookie::check(std::string_view cookie_header, std::int64_t now) {
  const auto value = session::find_cookie(cookie_header);
  if (!value) {
    // Twice with different values counts as a broken cookie of ours, not as none.
    return {.state = has_cookie(cookie_header) ? CookieState::invalid : CookieState::none,
            .identity = {}};
  }
  if (!checker_) {
    return {.state = CookieState::invalid, .identity = {}};
  }
  const auto checked = checker_->check(*value, now);
  if (checked) {
    return {.state = CookieState::valid, .identity = to_identity(checked->claims)};
  }
  if (checked.error().category() == session::category()) {
    return {.state = CookieState::invalid, .identity = {}};
  }
  log::error("registry: {}", checked.error().message());
  return {.state = CookieState::unknown, .identity = {}};
}

}  // namespace owb::net::web
