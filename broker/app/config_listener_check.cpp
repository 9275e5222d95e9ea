#include <fmt/core.h>

#include "broker/app/config_sections.hpp"
#include "tenants/base/logging.hpp"

namespace owb::app {

namespace {

using config::Problems;

void check_tls(const ListenerConfig& listener, Problems& errors, Problems& warnings) {
  const auto& tls = listener.tls;
  const auto add = [&listener](Problems& to, std::string_view text) {
    to.push_back(
        {listener.place, fmt::format("listener {}: {}", log::escape(listener.name()), text)});
  };
  if (tls.certfile.empty() != tls.keyfile.empty()) {
    add(errors, tls.keyfile.empty() ? "certfile needs a keyfile" : "keyfile needs a certfile");
  }
  const bool has_ca = !tls.cafile.empty() || !tls.capath.empty();
  const bool asks_for_tls = has_ca || tls.require_certificate || !tls.crlfile.empty();
  if (asks_for_tls && tls.certfile.empty() && tls.keyfile.empty()) {
    add(errors, "TLS settings without certfile and keyfile: it would not be encrypted");
  }
  if (tls.require_certificate && !has_ca) {
    add(errors, "require_certificate needs a cafile or capath");
  }
  if (tls.use_identity_as_username && tls.use_subject_as_username) {
    add(errors, "use_identity_as_username and use_subject_as_username exclude each other");
  }
  if ((tls.use_identity_as_username || tls.use_subject_as_username) && !tls.require_certificate) {
    add(warnings,
        "a name from the client's certificate is wanted without require_certificate: "
        "clients without a certificate are refused");
  }
  if (!tls.crlfile.empty() && !tls.require_certificate) {
    add(warnings, "crlfile has no effect without require_certificate");
  }
}

void check_websockets(const ListenerConfig& listener, Problems& warnings) {
  if (listener.protocol == Protocol::mqtt && !listener.http_dir.empty()) {
    warnings.push_back(
        {listener.place,
         fmt::format("listener {}: http_dir has no effect without protocol websockets",
                     log::escape(listener.name()))});
  }
}

/// Whether one would find the address of the other in use.
bool collide(const ListenerConfig& left, const ListenerConfig& right) {
  if (!left.socket_path.empty() || !right.socket_path.empty()) {
    return left.socket_path == right.socket_path;
  }
  const bool apart_by_domain = left.domain != SocketDomain::any &&
                               right.domain != SocketDomain::any && left.domain != right.domain;
  const bool same_address =
      left.address == right.address || left.address.empty() || right.address.empty();
  return left.port == right.port && same_address && !apart_by_domain &&
         left.bind_interface == right.bind_interface;
}

}  // namespace

void check_listener(const ListenerConfig& listener, Problems& errors, Problems& warnings) {
  check_tls(listener, errors, warnings);
  check_websockets(listener, warnings);
}

void check_listeners(const std::vector<ListenerConfig>& listeners, Problems& errors) {
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (collide(listeners[k], listeners[i])) {
        errors.push_back(
            {listeners[i].place,
             fmt::format("listener {}: already taken by listener {} at {}:{}",
                         log::escape(listeners[i].name()), log::escape(listeners[k].name()),
                         log::escape(listeners[k].place.file), listeners[k].place.line)});
        break;
      }
    }
  }
}

}  // namespace owb::app
