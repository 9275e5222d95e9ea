#pragma once

namespace owb::portal::app {

inline constexpr const char* kDescription =
    "owb-portal - login pages, sessions and account API of an owb-cloud\n";

/// The part of --help behind the options, as a man page would have it.
inline constexpr const char* kHelpText = R"help(
DESCRIPTION
  Serves /login, /logout, /password and /api to owb-broker, which forwards them from its HTTPS port. It listens on a UNIX
  socket only and must not be reached by anybody else: the broker tells it who asks.
  A login is checked at an MQTT broker: the portal connects there with the user's name and password and reads the retained
  topics NAME/webparm/#. An id above 0 means that the account is unlocked; thema is the theme. Then it writes a session
  into the registry and hands out a sealed cookie, which the broker can open.
  The broker may be started later, stopped and restarted at any time.

CONFIGURATION
  Of the file given with -c only these directives are read; all others are the broker's.

  portal_socket PATH        UNIX socket to serve on. The same line tells the broker where the portal is. Required.
                            Its folder is made with mode 0700 if there is none; nobody else may write to it.
  login_socket PATH         the broker's login listener, a UNIX socket; the browser's address goes along in a PROXY v2 header.
  portal_broker HOST PORT   instead of login_socket: check logins at this MQTT broker, over TLS 1.2 or newer.
  portal_cafile FILE        certificates that portal_broker's may be signed by (PEM). Default: the system's.
  login_topic NAME          second level of the topics of a login. Default: webparm. (webpara is read too.)
  registry FILE             the registry. Default: /var/lib/owb-cloud/registry.db. Made if there is none.
  origin URL                where the dashboard is reached, e.g. https://cloud.example.org:8443. May be repeated. Requests
                            that change something must come from one of them. Default: https:// and the Host header.
  portal_threads N          requests at a time, 1 to 256. Default: 8.
  log_dest stderr|stdout|syslog|none|file PATH
  log_type error|warning|notice|information|debug|all|none
  log_timestamp true|false
  log_timestamp_format FORMAT
  include_dir DIR           as the broker does.

SIGNALS
  SIGTERM, SIGINT   finish the requests that have begun, then exit with 0.
  SIGHUP            open the log file again, after it was rotated.

EXIT STATUS
  0  stopped by a signal
  1  cannot start or go on; the reason is on stderr or in the log
  2  wrong command line

FAILED LOGINS
  Each writes one warning with the browser's address, fit for fail2ban:
    login failed: user 'NAME' from ADDRESS: REASON

EXAMPLE
  registry /var/lib/owb-cloud/registry.db
  portal_socket /run/owb-cloud/portal.sock
  login_socket /run/owb-cloud/login.sock
  origin https://cloud.example.org:8443

SEE ALSO
  owb-broker --help, owb-tenants --help)help";

}  // namespace owb::portal::app
