#include "broker/app/config_listener.hpp"

#include <array>

#include "broker/app/config_sections.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/base/text.hpp"

namespace owb::app {

namespace {

using config::Directive;
using config::Problems;

constexpr std::string_view kListenerForm =
    "PORT [ADDRESS] with PORT 1 to 65535, or 0 PATH for a UNIX socket";

void set_protocol(ListenerConfig& listener, const Directive& directive, Problems& problems) {
  static constexpr std::array<config::Choice<Protocol>, 2> kChoices{
      {{"mqtt", Protocol::mqtt}, {"websockets", Protocol::websockets}}};
  config::read_choice<Protocol>(directive, kChoices, listener.protocol, problems);
}

void set_domain(ListenerConfig& listener, const Directive& directive, Problems& problems) {
  static constexpr std::array<config::Choice<SocketDomain>, 2> kChoices{
      {{"ipv4", SocketDomain::ipv4}, {"ipv6", SocketDomain::ipv6}}};
  config::read_choice<SocketDomain>(directive, kChoices, listener.domain, problems);
}

/// `3, 4, 5` with commas, blanks or both; 3 is MQTT 3.1, 4 is 3.1.1.
void set_versions(ListenerConfig& listener, const Directive& directive, Problems& problems) {
  std::string list = directive.value;
  std::ranges::replace(list, ',', ' ');
  std::vector<std::uint8_t> versions;
  for (const auto word : text::split_blanks(list)) {
    const auto version = text::parse_number<std::uint8_t>(word, 3, 5);
    if (!version) {
      versions.clear();
      break;
    }
    versions.push_back(*version);
  }
  if (versions.empty()) {
    config::add_bad_value(directive, "a list of 3, 4, 5", problems);
    return;
  }
  listener.accept_protocol_versions = std::move(versions);
}

/// mosquitto's mount_point: put before every topic of the listener's clients.
void set_mount_point(ListenerConfig& listener, const Directive& directive, Problems& problems) {
  if (directive.value.find_first_of("#+") != std::string::npos) {
    config::add_bad_value(directive, "a topic prefix without # and +", problems);
    return;
  }
  config::read_text(directive, listener.mount_point, problems);
}

void set_tls_version(TlsConfig& tls, const Directive& directive, Problems& problems) {
  static constexpr std::array<config::Choice<std::string_view>, 2> kChoices{
      {{"tlsv1.2", "tlsv1.2"}, {"tlsv1.3", "tlsv1.3"}}};
  std::string_view version;
  if (config::read_choice<std::string_view>(directive, kChoices, version, problems)) {
    tls.tls_version = version;
  }
}

void set_allow_anonymous(SecurityDraft& security, const Directive& directive, Problems& problems) {
  bool allow = false;
  if (config::read_bool(directive, allow, problems)) {
    security.allow_anonymous = allow;
  }
}

template <auto Field>
void set_security_text(SecurityDraft& security, const Directive& directive, Problems& problems) {
  config::read_text(directive, security.config.*Field, problems);
}

void set_zero_length(SecurityDraft& security, const Directive& directive, Problems& problems) {
  config::read_bool(directive, security.config.allow_zero_length_clientid, problems);
}

}  // namespace

std::string ListenerConfig::name() const {
  if (!socket_path.empty()) {
    return socket_path;
  }
  const bool ipv6 = address.find(':') != std::string::npos;
  return address.empty() ? std::to_string(port)
         : ipv6          ? fmt::format("[{}]:{}", address, port)
                         : fmt::format("{}:{}", address, port);
}

std::span<const Row<ListenerConfig>> listener_rows() {
  using L = ListenerConfig;
  static constexpr std::array<Row<L>, 12> kRows{{
      {"protocol", set_protocol},
      {"socket_domain", set_domain},
      {"bind_interface", set_text<&L::bind_interface>, Repeat::once},
      {"mount_point", set_mount_point, Repeat::once},
      {"http_dir", set_text<&L::http_dir>, Repeat::once},
      {"max_connections", set_count<&L::max_connections>},
      {"max_qos", set_number<&L::max_qos, 0, 2>},
      {"maximum_qos", set_number<&L::max_qos, 0, 2>},
      {"max_topic_alias", set_number<&L::max_topic_alias>},
      {"max_topic_alias_broker", set_number<&L::max_topic_alias_broker>},
      {"use_username_as_clientid", set_bool<&L::use_username_as_clientid>},
      {"accept_protocol_versions", set_versions},
  }};
  return kRows;
}

std::span<const Row<TlsConfig>> tls_rows() {
  using T = TlsConfig;
  static constexpr std::array<Row<T>, 11> kRows{{
      {"certfile", set_text<&T::certfile>, Repeat::once},
      {"keyfile", set_text<&T::keyfile>, Repeat::once},
      {"cafile", set_text<&T::cafile>, Repeat::once},
      {"capath", set_text<&T::capath>, Repeat::once},
      {"crlfile", set_text<&T::crlfile>, Repeat::once},
      {"tls_version", set_tls_version, Repeat::once},
      {"ciphers", set_text<&T::ciphers>, Repeat::once},
      {"ciphers_tls1.3", set_text<&T::ciphers_tls13>, Repeat::once},
      {"require_certificate", set_bool<&T::require_certificate>},
      {"use_identity_as_username", set_bool<&T::use_identity_as_username>},
      {"use_subject_as_username", set_bool<&T::use_subject_as_username>},
  }};
  return kRows;
}

std::span<const Row<SecurityDraft>> security_rows() {
  static constexpr std::array<Row<SecurityDraft>, 5> kRows{{
      {"allow_anonymous", set_allow_anonymous},
      {"password_file", set_security_text<&SecurityConfig::password_file>, Repeat::once},
      {"acl_file", set_security_text<&SecurityConfig::acl_file>, Repeat::once},
      {"allow_zero_length_clientid", set_zero_length},
      {"auto_id_prefix", set_security_text<&SecurityConfig::auto_id_prefix>, Repeat::once},
  }};
  return kRows;
}

void read_listener(const Directive& directive, ListenerConfig& listener, Problems& problems) {
  const auto words = text::split_blanks(directive.value);
  const auto port = words.empty()
                        ? Result<std::uint16_t>{text::make_error_code(text::Errc::not_a_number)}
                        : text::parse_number<std::uint16_t>(words.front());
  const bool is_path = port && *port == 0 && words.size() == 2 && words[1].starts_with('/');
  const bool is_port = port && *port != 0 && words.size() <= 2;
  if (!is_path && !is_port) {
    config::add_bad_value(directive, kListenerForm, problems);
    return;
  }
  listener.port = *port;
  if (words.size() == 2) {
    (is_path ? listener.socket_path : listener.address) = words[1];
  }
}

}  // namespace owb::app
