#include "portal/http/routes.hpp"

#include "portal/http/origin_check.hpp"
#include "tenants/base/logging.hpp"

namespace owb::portal::http {
namespace {

using httplib::Request;
using httplib::Response;

bool changes_something(const Request& request) {
  return request.method != "GET" && request.method != "HEAD";
}

bool comes_from_our_pages(const Request& request, const std::vector<std::string>& origins) {
  const auto origin = request.get_header_value("Origin");
  const auto site = request.get_header_value("Sec-Fetch-Site");
  const auto host = request.get_header_value("Host");
  return comes_from_us({origin, site, host}, origins);
}

void refuse_foreign(Visit visit) {
  const auto& request = visit.request();
  log::notice("refused {} {} from origin '{}'", log::escape(request.method),
              log::escape(request.path), log::escape(request.get_header_value("Origin")));
  const auto& texts = visit.texts();
  answer_problem(visit, 403, "foreign_origin", texts.error_title, texts.foreign_origin);
}

}  // namespace

void answer_problem(Visit visit, int status, std::string_view code, std::string_view title,
                    std::string_view text) {
  if (visit.request().path.starts_with("/api/")) {
    visit.json_error(status, code);
  } else {
    visit.message(status, title, text);
  }
}

httplib::Server::Handler guarded(const Services& services, void (*handler)(Visit)) {
  return [handler, &services](const Request& request, Response& response) {
    const bool refused =
        changes_something(request) && !comes_from_our_pages(request, services.origins);
    (refused ? refuse_foreign : handler)(Visit{request, response, services});
  };
}

}  // namespace owb::portal::http
