#pragma once

#include <httplib.h>

#include "portal/http/server.hpp"

namespace owb::portal::http {

// Each adds its part to the server; `services` outlives it.

/// GET and POST /login, GET and POST /login/once, POST /logout, and the files of the pages.
void add_login_routes(httplib::Server& server, const Services& services);

/// GET and POST /password and /password/home.
void add_password_routes(httplib::Server& server, const Services& services);

/// GET /api/session, GET and DELETE /api/sessions[/id], PUT /api/settings.
void add_api_routes(httplib::Server& server, const Services& services);

}  // namespace owb::portal::http
