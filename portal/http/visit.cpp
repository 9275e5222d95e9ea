#include "portal/http/visit.hpp"

#include <chrono>
#include <utility>

#include "portal/http/headers.hpp"
#include "portal/http/theme_cookie.hpp"
#include "tenants/base/clock.hpp"
#include "tenants/base/text.hpp"
#include "tenants/session/cookie.hpp"

namespace owb::portal::http {
namespace {

constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kJson = "application/json";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

void add_cookie(httplib::Response& response, const std::string& cookie) {
  response.headers.emplace("Set-Cookie", cookie);
}

}  // namespace

Visit::Visit(const httplib::Request& request, httplib::Response& response, const Services& services)
    : request_(request),
      response_(response),
      services_(services),
      browser_{.address = request.get_header_value(kClientAddressHeader),
               .user_agent = request.get_header_value("User-Agent")},
      moment_{.steady = std::chrono::steady_clock::now(), .unix_seconds = unix_now()},
      language_(choose_language(query("lang"), request.get_header_value("Accept-Language"))) {}

std::string Visit::query(const char* name) const {
  // The library mixes a posted form into the same parameters: only the URL counts here.
  const auto question_mark = request_.target.find('?');
  if (question_mark == std::string::npos) {
    return {};
  }
  const auto fields = Form::parse(std::string_view{request_.target}.substr(question_mark + 1));
  return fields ? std::string{fields->get(name)} : std::string{};
}

std::optional<Form> Visit::form() {
  const auto type = request_.get_header_value("Content-Type");
  if (!text::starts_with_ignoring_case(type, kFormType)) {
    message(415, texts().error_title, texts().bad_form);
    return std::nullopt;
  }
  auto form = Form::parse(request_.body);
  if (!form) {
    message(400, texts().error_title, texts().bad_form);
    return std::nullopt;
  }
  language_ = choose_language(form->get("lang"), request_.get_header_value("Accept-Language"));
  return form;
}

std::optional<session::CheckedSession> Visit::session() const {
  auto checked =
      services_.sessions.check_header(request_.get_header_value("Cookie"), moment_.unix_seconds);
  if (!checked) {
    return std::nullopt;
  }
  return std::move(*checked);
}

std::optional<session::CheckedSession> Visit::owner_for_page() {
  auto current = session();
  if (!current) {
    see_other("/login?next=" + percent_encode(request_.path) +
              "&lang=" + std::string{code_of(language_)});
    return std::nullopt;
  }
  if (current->claims.role != tenants::Role::owner) {
    message(403, texts().error_title, texts().viewer);
    return std::nullopt;
  }
  return current;
}

void Visit::page(int status, const Html& html) {
  response_.status = status;
  response_.set_header("Cache-Control", kNoStore);
  response_.set_content(html.markup, kHtml);
}

void Visit::json(int status, const nlohmann::json& body) {
  response_.status = status;
  response_.set_header("Cache-Control", kNoStore);
  // Text in it comes from strangers (user agents): what is no UTF-8 is replaced, never thrown
  // about.
  response_.set_content(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), kJson);
}

void Visit::see_other(const std::string& path) {
  response_.status = 303;
  response_.set_header("Cache-Control", kNoStore);
  response_.set_header("Location", path);
}

void Visit::json_error(int status, std::string_view code) {
  json(status, {{"error", code}});
}

void Visit::json_refusal(const auth::Refusal& refusal) {
  const auto view = view_of(refusal, texts());
  if (!view.retry_after.empty()) {
    response_.set_header("Retry-After", view.retry_after);
  }
  json_error(view.status, view.code);
}

void Visit::refusal_page(const RefusalView& view, const Html& html) {
  if (!view.retry_after.empty()) {
    response_.set_header("Retry-After", view.retry_after);
  }
  page(view.status, html);
}

void Visit::message(int status, std::string_view title, std::string_view text) {
  page(status, message_page(frame("/login"), title, text));
}

void Visit::set_login(const auth::NewLogin& login) {
  prolong(login);
  if (login.in_registry) {
    return;  // /api/session asks the registry
  }
  add_cookie(response_, set_theme_cookie(login.theme, login.max_age.count()));
}

void Visit::prolong(const auth::NewLogin& login) {
  add_cookie(response_, session::set_cookie(login.cookie_value, login.max_age.count()));
}

void Visit::forget_login() {
  add_cookie(response_, session::set_cookie("", 0));
  add_cookie(response_, set_theme_cookie("", 0));
}

}  // namespace owb::portal::http
