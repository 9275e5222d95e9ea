#include "portal/http/home_setup.hpp"
#include "portal/http/routes.hpp"
#include "portal/http/visit.hpp"

namespace owb::portal::http {
namespace {

using httplib::Request;
using httplib::Response;

/// A wrong password where the name is known needs another sentence than at the login.
RefusalView password_view(const auth::Refusal& refusal, const Texts& texts) {
  auto view = view_of(refusal, texts);
  if (refusal.why == auth::Errc::wrong_credentials) {
    view.error.text = texts.wrong_password;
  }
  return view;
}

void show_password(Visit visit) {
  const auto owner = visit.owner_for_page();
  if (!owner) {
    return;
  }
  visit.page(200, password_page(visit.frame("/password"), {owner->claims.tenant, {}}));
}

void change_password(Visit visit) {
  const auto form = visit.form();
  if (!form) {
    return;
  }
  const auto owner = visit.owner_for_page();
  if (!owner) {
    return;
  }
  const auto changed = visit.services().account.change_password(
      owner->claims, form->get("old"), form->get("new"), visit.browser(), visit.moment());
  if (!changed) {
    const auto view = password_view(changed.error(), visit.texts());
    visit.refusal_page(view,
                       password_page(visit.frame("/password"), {owner->claims.tenant, view.error}));
    return;
  }
  visit.page(200, password_done_page(visit.frame("/password")));
}

void show_home(Visit visit) {
  const auto owner = visit.owner_for_page();
  if (!owner) {
    return;
  }
  visit.page(200, home_page(visit.frame("/password/home"), {owner->claims.tenant, {}}));
}

void renew_home_secret(Visit visit) {
  const auto form = visit.form();
  if (!form) {
    return;
  }
  const auto owner = visit.owner_for_page();
  if (!owner) {
    return;
  }
  const auto secret = visit.services().account.renew_home_secret(
      owner->claims, form->get("password"), visit.browser(), visit.moment());
  if (!secret) {
    const auto view = password_view(secret.error(), visit.texts());
    visit.refusal_page(
        view, home_page(visit.frame("/password/home"), {owner->claims.tenant, view.error}));
    return;
  }
  const auto& known_host = visit.services().home_host;
  const auto host = known_host.empty() ? host_name_of(visit.header("Host")) : known_host;
  visit.page(200, home_done_page(visit.frame({}),
                                 {*secret, home_setups(owner->claims.tenant, *secret, host)}));
}

}  // namespace

void add_password_routes(httplib::Server& server, const Services& services) {
  const auto route = [&services](void (*handler)(Visit)) { return guarded(services, handler); };
  server.Get("/password", route(show_password));
  server.Post("/password", route(change_password));
  server.Get("/password/home", route(show_home));
  server.Post("/password/home", route(renew_home_secret));
}

}  // namespace owb::portal::http
