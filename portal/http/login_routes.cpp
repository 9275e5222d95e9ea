#include <string>

#include "portal/http/assets.hpp"
#include "portal/http/headers.hpp"
#include "portal/http/next_path.hpp"
#include "portal/http/routes.hpp"
#include "portal/http/visit.hpp"

namespace owb::portal::http {
namespace {

using httplib::Request;
using httplib::Response;

std::string login_path(const std::string& next) {
  return next == "/" ? "/login" : "/login?next=" + percent_encode(next);
}

void show_login(Visit visit) {
  LoginPage page{
      .next = safe_next(visit.query("next")), .user = {}, .error = {}, .signed_in_as = {}};
  if (const auto current = visit.session()) {
    page.signed_in_as = current->claims.tenant;
  }
  visit.page(200, login_page(visit.frame(login_path(page.next)), page));
}

void log_in(Visit visit) {
  const auto form = visit.form();
  if (!form) {
    return;
  }
  const auto next = safe_next(form->get("next"));
  const auto login = visit.services().login.log_in(form->get("user"), form->get("password"),
                                                   visit.browser(), visit.moment());
  if (!login) {
    const auto view = view_of(login.error(), visit.texts());
    const LoginPage page{.next = next,
                         .user = std::string{form->get("user").substr(0, kMaxTenantName)},
                         .error = view.error,
                         .signed_in_as = {}};
    visit.refusal_page(view, login_page(visit.frame(login_path(next)), page));
    return;
  }
  // A session this browser had before ends here: its cookie is overwritten.
  if (const auto old = visit.session()) {
    (void)visit.services().accounts.end_session(old->claims.tenant, old->claims.id, visit.browser(),
                                                visit.moment().unix_seconds);
  }
  visit.set_login(*login);
  visit.see_other(next);
}

void log_out(Visit visit) {
  if (const auto current = visit.session()) {
    const auto ended = visit.services().accounts.end_session(
        current->claims.tenant, current->claims.id, visit.browser(), visit.moment().unix_seconds);
    if (!ended) {
      // The cookie still counts: do not let it look as if it were gone.
      visit.message(500, visit.texts().error_title, visit.texts().registry_failed);
      return;
    }
  }
  visit.forget_login();
  visit.see_other("/login");
}

std::string once_path(std::string_view token) {
  return "/login/once?t=" + percent_encode(token);
}

void show_once(Visit visit) {
  const auto token = visit.query("t");
  visit.page(200, once_page(visit.frame(once_path(token)), token, {}));
}

void redeem_once(Visit visit) {
  const auto form = visit.form();
  if (!form) {
    return;
  }
  const auto token = form->get("t");
  const auto login =
      visit.services().login.log_in_once(token, form->get("new"), visit.browser(), visit.moment());
  if (!login) {
    const auto view = view_of(login.error(), visit.texts());
    visit.refusal_page(view, once_page(visit.frame(once_path(token)), token, view.error));
    return;
  }
  visit.set_login(*login);
  visit.see_other("/");
}

void send_asset(const Asset& asset, Response& response) {
  response.status = 200;
  response.set_header("Cache-Control", kForGood);
  response.set_content(std::string{asset.content}, std::string{asset.content_type});
}

}  // namespace

void add_login_routes(httplib::Server& server, const Services& services) {
  const auto route = [&services](void (*handler)(Visit)) { return guarded(services, handler); };
  server.Get("/login", route(show_login));
  server.Post("/login", route(log_in));
  server.Post("/logout", route(log_out));
  server.Get("/login/once", route(show_once));
  server.Post("/login/once", route(redeem_once));
  server.Get(R"(/login\.css)",
             [](const Request&, Response& response) { send_asset(stylesheet(), response); });
  server.Get(R"(/login\.svg)",
             [](const Request&, Response& response) { send_asset(icon(), response); });
}

}  // namespace owb::portal::http
