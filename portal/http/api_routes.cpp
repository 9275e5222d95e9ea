#include <string>

#include <nlohmann/json.hpp>

#include "portal/auth/webparm.hpp"
#include "portal/http/routes.hpp"
#include "portal/http/theme_cookie.hpp"
#include "portal/http/visit.hpp"
#include "tenants/registry/tenant_id.hpp"
#include "tenants/registry/web_session.hpp"

namespace owb::portal::http {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

/// The session, else the answer 401; of an owner, else 403.
std::optional<session::CheckedSession> owner_for_api(Visit& visit) {
  auto current = visit.session();
  if (!current) {
    visit.json_error(401, "no_session");
    return std::nullopt;
  }
  if (current->claims.role != tenants::Role::owner) {
    visit.json_error(403, "not_allowed");
    return std::nullopt;
  }
  return current;
}

/// The registry's theme, for a user known only from a password file the one of the login.
auth::Answer<std::string> theme_of(const Visit& visit, const session::SessionClaims& claims) {
  const auto user = TenantId::parse(claims.tenant);
  if (claims.tenant_uid == 0 || !user) {
    return std::string{theme_of_cookie(visit.header("Cookie"))};
  }
  const auto record = visit.services().accounts.find(*user);
  if (!record) {
    return record.error();
  }
  return std::string{auth::theme_or_standard(*record ? (*record)->thema : std::string{})};
}

void show_session(Visit visit) {
  auto current = visit.session();
  if (!current) {
    visit.json_error(401, "no_session");
    return;
  }
  const auto theme = theme_of(visit, current->claims);
  if (!theme) {
    visit.json_refusal(theme.error());
    return;
  }
  auto expires = current->row.expires;
  if (current->touch_due) {
    const auto& now = visit.moment().unix_seconds;
    if (const auto longer = visit.services().accounts.renew_cookie(current->row, now)) {
      visit.prolong(*longer);
      expires = now + longer->max_age.count();
    }
  }
  visit.json(200, {{"user", current->claims.tenant},
                   {"role", tenants::name_of(current->claims.role)},
                   {"theme", *theme},
                   {"language", nullptr},  // neither is kept yet: the browser's own choice counts
                   {"home_name", nullptr},
                   {"expires", expires}});
}

void list_sessions(Visit visit) {
  const auto owner = owner_for_api(visit);
  if (!owner) {
    return;
  }
  const auto sessions =
      visit.services().accounts.sessions_of(owner->claims.tenant, visit.moment().unix_seconds);
  if (!sessions) {
    visit.json_refusal(sessions.error());
    return;
  }
  auto list = json::array();
  for (const auto& session : *sessions) {
    list.push_back({{"id", session.id.hex()},
                    {"role", tenants::name_of(session.role)},
                    {"device", session.user_agent},
                    {"network", session.network},
                    {"created", session.issued},
                    {"last_used", session.last_used},
                    {"expires", session.expires},
                    {"current", session.id == owner->claims.id}});
  }
  visit.json(200, list);
}

void end_session(Visit visit) {
  const auto owner = owner_for_api(visit);
  if (!owner) {
    return;
  }
  const auto id = tenants::SessionId::from_hex(visit.request().matches[1].str());
  if (!id) {
    visit.json_error(404, "no_session");
    return;
  }
  const auto ended = visit.services().accounts.end_session(
      owner->claims.tenant, *id, visit.browser(), visit.moment().unix_seconds);
  if (!ended && ended.error().why == auth::Errc::no_session) {
    visit.json_error(404, "no_session");
    return;
  }
  if (!ended) {
    visit.json_refusal(ended.error());
    return;
  }
  if (*id == owner->claims.id) {
    visit.forget_login();
  }
  visit.json(200, {{"ended", 1}});
}

void end_other_sessions(Visit visit) {
  const auto owner = owner_for_api(visit);
  if (!owner) {
    return;
  }
  const auto ended = visit.services().accounts.end_others(
      owner->claims.tenant, owner->claims.id, visit.browser(), visit.moment().unix_seconds);
  if (!ended) {
    visit.json_refusal(ended.error());
    return;
  }
  visit.json(200, {{"ended", *ended}});
}

void change_settings(Visit visit) {
  const auto owner = owner_for_api(visit);
  if (!owner) {
    return;
  }
  constexpr bool kNoExceptions = false;
  const auto body = json::parse(visit.request().body, nullptr, kNoExceptions);
  // The theme is all the registry keeps today; an unknown name is refused, not forgotten.
  if (!body.is_object() || body.size() != 1 || !body.contains("theme") ||
      !body["theme"].is_string()) {
    visit.json_error(400, "bad_settings");
    return;
  }
  const auto theme = body["theme"].get<std::string>();
  if (auth::theme_or_standard(theme) != theme) {
    visit.json_error(400, "unknown_theme");
    return;
  }
  const auto user = TenantId::parse(owner->claims.tenant);
  if (!user || owner->claims.tenant_uid == 0) {
    visit.json_error(403, "not_allowed");
    return;
  }
  const auto changed = visit.services().accounts.set_theme(*user, theme, visit.browser(),
                                                           visit.moment().unix_seconds);
  if (!changed) {
    visit.json_refusal(changed.error());
    return;
  }
  visit.json(200, {{"theme", theme}});
}

}  // namespace

void add_api_routes(httplib::Server& server, const Services& services) {
  const auto route = [&services](void (*handler)(Visit)) { return guarded(services, handler); };
  server.Get("/api/session", route(show_session));
  server.Get("/api/sessions", route(list_sessions));
  server.Delete("/api/sessions", route(end_other_sessions));
  server.Delete(R"(/api/sessions/([0-9a-f]{32}))", route(end_session));
  server.Put("/api/settings", route(change_settings));
}

}  // namespace owb::portal::http
