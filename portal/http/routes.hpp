#pragma once

#include <string_view>

#include <httplib.h>

#include "portal/http/server.hpp"
#include "portal/http/visit.hpp"

namespace owb::portal::http {

/// Answers with a problem in the form the asked path speaks: JSON below /api/, else a page.
void answer_problem(Visit visit, int status, std::string_view code, std::string_view title,
                    std::string_view text);

/// Makes `handler` a handler of the library. A request that changes something gets to it only from
/// our own pages; asked here and not before routing, since by now the body was read: an answer
/// before that would end the connection while the proxy still writes.
httplib::Server::Handler guarded(const Services& services, void (*handler)(Visit));

// Each adds its part to the server; `services` outlives it.

/// GET and POST /login, GET and POST /login/once, POST /logout, and the files of the pages.
void add_login_routes(httplib::Server& server, const Services& services);

/// GET and POST /password and /password/home.
void add_password_routes(httplib::Server& server, const Services& services);

/// GET /api/session, GET and DELETE /api/sessions[/id], PUT /api/settings.
void add_api_routes(httplib::Server& server, const Services& services);

}  // namespace owb::portal::http
