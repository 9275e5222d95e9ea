#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "portal/auth/answer.hpp"
#include "portal/auth/browser.hpp"
#include "portal/http/form.hpp"
#include "portal/http/html.hpp"
#include "portal/http/language.hpp"
#include "portal/http/pages.hpp"
#include "portal/http/refusals.hpp"
#include "portal/http/server.hpp"
#include "tenants/session/session_check.hpp"

namespace owb::portal::http {

/// One request and its answer, in the portal's own words. Lives as long as the handler runs.
class Visit {
 public:
  Visit(const httplib::Request& request, httplib::Response& response, const Services& services);

  const Services& services() const { return services_; }

  const auth::Browser& browser() const { return browser_; }

  const auth::Moment& moment() const { return moment_; }

  const Texts& texts() const { return texts_of(language_); }

  Language language() const { return language_; }

  /// A value of the URL's query, decoded; empty if it is not there.
  std::string query(const char* name) const;

  std::string header(const char* name) const { return request_.get_header_value(name); }

  const httplib::Request& request() const { return request_; }

  /// The fields of a posted form; its `lang` becomes the language. If it is none, the answer is
  /// given and nothing returned.
  std::optional<Form> form();

  /// The frame of a page whose language links lead to `self`.
  PageFrame frame(std::string self) const { return {language_, std::move(self)}; }

  /// The session of the cookie, if it counts now.
  std::optional<session::CheckedSession> session() const;

  /// The session of an owner, for pages: else to the login and back, or a page that says no; then
  /// nothing is returned.
  std::optional<session::CheckedSession> owner_for_page();

  // Answers. Each request gets exactly one.

  void page(int status, const Html& html);
  void json(int status, const nlohmann::json& body);
  void see_other(const std::string& path);
  /// A JSON error of the form {"error": code}.
  void json_error(int status, std::string_view code);
  void json_refusal(const auth::Refusal& refusal);
  /// Status and Retry-After of the refusal, with this page.
  void refusal_page(const RefusalView& view, const Html& html);
  /// A page with nothing but a title and a sentence.
  void message(int status, std::string_view title, std::string_view text);

  // Cookies, beside any answer.

  /// The cookies of a login.
  void set_login(const auth::NewLogin& login);
  /// The session's cookie alone: prolonged.
  void prolong(const auth::NewLogin& login);
  void forget_login();

 private:
  const httplib::Request& request_;
  httplib::Response& response_;
  const Services& services_;
  auth::Browser browser_;
  auth::Moment moment_;
  Language language_;
};

}  // namespace owb::portal::http
