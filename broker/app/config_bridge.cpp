#include "broker/app/config_bridge.hpp"

#include <array>

#include "broker/app/config_sections.hpp"
#include "broker/mqtt/topic.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/registry/tenant_id.hpp"

namespace owb::app {

namespace {

using config::Directive;
using config::Problems;
using B = BridgeConfig;

constexpr std::uint16_t kLeastKeepalive = 5;
constexpr std::size_t kMostAddresses = 16;
constexpr std::size_t kMostTopics = 1'000;

/// `HOST`, `HOST:PORT`, `[V6]:PORT`.
std::optional<BridgeAddress> parse_address(std::string_view word) {
  BridgeAddress address;
  const auto bracket = word.starts_with('[') ? word.find(']') : 0;
  if (bracket == std::string_view::npos) {
    return std::nullopt;
  }
  const auto colon = word.find(':', bracket);
  const bool bare_ipv6 = bracket == 0 && colon != word.rfind(':');
  if (colon != std::string_view::npos && !bare_ipv6) {
    const auto port = text::parse_number<std::uint16_t>(word.substr(colon + 1), 1, 65'535);
    if (!port) {
      return std::nullopt;
    }
    address.port = *port;
    word = word.substr(0, colon);
  }
  address.host = bracket > 0 ? word.substr(1, word.size() - 2) : word;
  return address.host.empty() ? std::nullopt : std::optional{address};
}

void set_addresses(B& bridge, const Directive& directive, Problems& problems) {
  std::vector<BridgeAddress> addresses;
  for (const auto word : text::split_blanks(directive.value)) {
    const auto address = parse_address(word);
    if (!address || addresses.size() == kMostAddresses) {
      addresses.clear();
      break;
    }
    addresses.push_back(*address);
  }
  if (addresses.empty()) {
    config::add_bad_value(directive, fmt::format("1 to {} of HOST[:PORT]", kMostAddresses),
                          problems);
    return;
  }
  bridge.addresses = std::move(addresses);
}

/// `""` stands for an empty part, so that a later one can be given.
std::string topic_part(std::string_view word) {
  return word == "\"\"" ? std::string{} : std::string{word};
}

bool read_direction(std::string_view word, BridgeTopic::Direction& direction) {
  if (word != "out" && word != "in" && word != "both") {
    return false;
  }
  direction = word == "out"  ? BridgeTopic::Direction::out
              : word == "in" ? BridgeTopic::Direction::in
                             : BridgeTopic::Direction::both;
  return true;
}

bool valid_bridge_topic(const BridgeTopic& topic) {
  const auto valid = [&topic](const std::string& prefix) {
    const auto whole = prefix + topic.pattern;
    return prefix.find_first_of("#+") == std::string::npos && mqtt::is_topic_filter(whole);
  };
  return valid(topic.local_prefix) && valid(topic.remote_prefix);
}

void add_topic(B& bridge, const Directive& directive, Problems& problems) {
  const auto words = text::split_blanks(directive.value);
  BridgeTopic topic;
  bool good = !words.empty() && words.size() <= 5 && bridge.topics.size() < kMostTopics;
  good = good && (words.size() < 2 || read_direction(words[1], topic.direction));
  if (good && words.size() > 2) {
    const auto qos = text::parse_number<std::uint8_t>(words[2], 0, 2);
    good = qos.has_value();
    topic.qos = qos ? *qos : std::uint8_t{0};
  }
  if (good) {
    topic.pattern = topic_part(words[0]);
    topic.local_prefix = words.size() > 3 ? topic_part(words[3]) : "";
    topic.remote_prefix = words.size() > 4 ? topic_part(words[4]) : "";
    good = valid_bridge_topic(topic);
  }
  if (!good) {
    config::add_bad_value(
        directive, "PATTERN [out|in|both [QOS [LOCAL_PREFIX [REMOTE_PREFIX]]]], \"\" for empty",
        problems);
    return;
  }
  bridge.topics.push_back(std::move(topic));
}

void set_version(B& bridge, const Directive& directive, Problems& problems) {
  static constexpr std::array<config::Choice<std::uint8_t>, 3> kChoices{
      {{"mqttv31", std::uint8_t{3}}, {"mqttv311", std::uint8_t{4}}, {"mqttv50", std::uint8_t{5}}}};
  config::read_choice<std::uint8_t>(directive, kChoices, bridge.protocol_version, problems);
}

void set_start(B& bridge, const Directive& directive, Problems& problems) {
  static constexpr std::array<config::Choice<BridgeStart>, 3> kChoices{
      {{"automatic", BridgeStart::automatic},
       {"lazy", BridgeStart::lazy},
       {"once", BridgeStart::once}}};
  config::read_choice<BridgeStart>(directive, kChoices, bridge.start, problems);
}

void set_keepalive(B& bridge, const Directive& directive, Problems& problems) {
  std::uint16_t seconds = 0;
  if (config::read_number<std::uint16_t>(directive, kLeastKeepalive, 65'535, seconds, problems)) {
    bridge.keepalive = std::chrono::seconds{seconds};
  }
}

/// `BASE CAP`, or one constant.
void set_restart(B& bridge, const Directive& directive, Problems& problems) {
  constexpr std::uint32_t kMost = 86'400;
  const auto words = text::split_blanks(directive.value);
  const auto number = [&words](std::size_t i) {
    return text::parse_number<std::uint32_t>(words[std::min(i, words.size() - 1)], 1, kMost);
  };
  if (words.empty() || words.size() > 2 || !number(0) || !number(1) || *number(0) > *number(1)) {
    config::add_bad_value(directive, "BASE CAP or SECONDS, 1 to 86400", problems);
    return;
  }
  bridge.restart_base = std::chrono::seconds{*number(0)};
  bridge.restart_cap = std::chrono::seconds{*number(1)};
}

template <auto Field>
void set_tls_text(B& bridge, const Directive& directive, Problems& problems) {
  config::read_text(directive, bridge.tls.*Field, problems);
}

template <auto Field>
void set_tls_bool(B& bridge, const Directive& directive, Problems& problems) {
  config::read_bool(directive, bridge.tls.*Field, problems);
}

void set_tls_version(B& bridge, const Directive& directive, Problems& problems) {
  static constexpr std::array<config::Choice<std::string_view>, 2> kChoices{
      {{"tlsv1.2", "tlsv1.2"}, {"tlsv1.3", "tlsv1.3"}}};
  std::string_view version;
  if (config::read_choice<std::string_view>(directive, kChoices, version, problems)) {
    bridge.tls.tls_version = version;
  }
}

}  // namespace

std::span<const Row<BridgeConfig>> bridge_rows() {
  using T = BridgeTls;
  static constexpr auto kOnce = Repeat::once;
  static constexpr Row<B> kRows[] = {
      {"address", set_addresses, kOnce},
      {"addresses", set_addresses, kOnce},
      {"topic", add_topic, Repeat::adds},
      {"round_robin", set_bool<&B::round_robin>},
      {"remote_clientid", set_text<&B::remote_clientid>, kOnce},
      {"clientid", set_text<&B::remote_clientid>, kOnce},
      {"remote_username", set_text<&B::remote_username>, kOnce},
      {"username", set_text<&B::remote_username>, kOnce},
      {"remote_password", set_text<&B::remote_password>, kOnce},
      {"password", set_text<&B::remote_password>, kOnce},
      {"bridge_protocol_version", set_version, kOnce},
      {"try_private", set_bool<&B::try_private>},
      {"cleansession", set_bool<&B::cleansession>},
      {"keepalive_interval", set_keepalive},
      {"bridge_max_packet_size", set_number<&B::max_packet_size>},
      {"bridge_receive_maximum", set_number<&B::receive_maximum>},
      {"bridge_session_expiry_interval", set_number<&B::session_expiry_interval>},
      {"bridge_max_topic_alias", set_number<&B::max_topic_alias>},
      {"bridge_outgoing_retain", set_bool<&B::outgoing_retain>},
      {"bridge_attempt_unsubscribe", set_bool<&B::attempt_unsubscribe>},
      {"bridge_bind_address", set_text<&B::bind_address>, kOnce},
      {"bridge_cafile", set_tls_text<&T::cafile>, kOnce},
      {"bridge_capath", set_tls_text<&T::capath>, kOnce},
      {"bridge_certfile", set_tls_text<&T::certfile>, kOnce},
      {"bridge_keyfile", set_tls_text<&T::keyfile>, kOnce},
      {"bridge_alpn", set_tls_text<&T::alpn>, kOnce},
      {"bridge_tls_version", set_tls_version, kOnce},
      {"bridge_ciphers", set_tls_text<&T::ciphers>, kOnce},
      {"bridge_ciphers_tls1.3", set_tls_text<&T::ciphers_tls13>, kOnce},
      {"bridge_insecure", set_tls_bool<&T::insecure>},
      {"bridge_require_ocsp", set_tls_bool<&T::require_ocsp>},
      {"bridge_tls_use_os_certs", set_tls_bool<&T::use_system_store>},
      {"local_clientid", set_text<&B::local_clientid>, kOnce},
      {"local_username", set_text<&B::local_username>, kOnce},
      {"local_password", set_text<&B::local_password>, kOnce},
      {"local_cleansession", set_bool<&B::local_cleansession>},
      {"notifications", set_bool<&B::notifications>},
      {"notifications_local_only", set_bool<&B::notifications_local_only>},
      {"notification_topic", set_text<&B::notification_topic>, kOnce},
      {"start_type", set_start},
      {"idle_timeout", set_seconds<&B::idle_timeout>},
      {"threshold", set_number<&B::threshold>},
      {"restart_timeout", set_restart},
  };
  return kRows;
}

void check_bridge(const BridgeConfig& bridge, bool tenancy, Problems& errors) {
  const auto add = [&](std::string_view text) {
    errors.push_back(
        {bridge.place, fmt::format("connection {}: {}", log::escape(bridge.name), text)});
  };
  if (bridge.addresses.empty()) {
    add("an address is missing");
  }
  if (bridge.topics.empty()) {
    add("a topic is missing");
  }
  if (bridge.tls.certfile.empty() != bridge.tls.keyfile.empty()) {
    add("bridge_certfile and bridge_keyfile go together");
  }
  if (!tenancy) {
    return;
  }
  if (bridge.local_username.empty()) {
    add("needs `local_username TENANT`: with tenancy every bridge belongs to a tenant "
        "(or give `tenancy off`)");
  } else if (const auto tenant = TenantId::parse(bridge.local_username); !tenant) {
    add(fmt::format("local_username: \"{}\" is no tenant: {}", log::escape(bridge.local_username),
                    tenant.error().message()));
  }
}

}  // namespace owb::app
