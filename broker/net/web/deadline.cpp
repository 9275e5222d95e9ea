#include "broker/net/web/deadline.hpp"

namespace owb::net::web {

namespace {

void on_deadline(lws_sorted_usec_list_t* timer) {
  kill(*reinterpret_cast<ConnectionTimer*>(timer)->connection);
}

}  // namespace

void set_deadline(Connection& connection, std::chrono::milliseconds after) {
  if (connection.wsi == nullptr) {
    return;
  }
  lws_sul_schedule(lws_get_context(connection.wsi), 0, &connection.deadline.timer, on_deadline,
                   std::chrono::duration_cast<std::chrono::microseconds>(after).count());
}

void cancel_deadline(Connection& connection) {
  lws_sul_cancel(&connection.deadline.timer);
}

void kill(Connection& connection) {
  if (connection.wsi != nullptr) {
    lws_set_timeout(connection.wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
  }
}

}  // namespace owb::net::web
