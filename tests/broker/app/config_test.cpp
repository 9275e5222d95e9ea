#include "broker/app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/app/config_keys.hpp"
#include "tests/broker/app/config_text.hpp"

namespace owb::app {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::vector<std::string> names(const BrokerConfig& config) {
  std::vector<std::string> names;
  for (const auto& listener : config.listeners) {
    names.push_back(listener.name());
  }
  return names;
}

TEST(Config, DefaultsToTenancyOnLoopback) {
  const auto loaded = load_text("");
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), IsEmpty());
  EXPECT_TRUE(loaded.config.cloud.tenancy);
  EXPECT_TRUE(loaded.config.local_only);
  EXPECT_THAT(names(loaded.config), ElementsAre("127.0.0.1:1883", "[::1]:1883"));
  EXPECT_FALSE(loaded.config.listeners[0].security.allow_anonymous);
  EXPECT_EQ(loaded.config.cloud.registry, "/var/lib/owb-cloud/registry.db");
  EXPECT_EQ(loaded.config.persistence.path(), "");
  EXPECT_FALSE(loaded.config.cloud.drop_topics.empty());
  EXPECT_EQ(loaded.config.cloud.registry_limits, tenants::Limits{});
  EXPECT_EQ(loaded.config.cloud.file_limits, tenants::Limits::unlimited());
}

TEST(Config, PortsOfTheCommandLineAreLoopbackToo) {
  Options options = classic();
  options.ports = {18'831, 18'832};
  const auto loaded = load_text("max_topic_alias 3\nmax_keepalive 20\n", options);
  EXPECT_THAT(names(loaded.config),
              ElementsAre("127.0.0.1:18831", "[::1]:18831", "127.0.0.1:18832", "[::1]:18832"));
  EXPECT_TRUE(loaded.config.listeners[0].security.allow_anonymous);
  EXPECT_EQ(loaded.config.listeners[0].max_topic_alias, 3);
  EXPECT_THAT(load_text("listener 1\n", options).warnings, SizeIs(1));
}

TEST(Config, ThePredecessorsDirectivesGiveThreeListeners) {
  const auto loaded = load_text(
      "pid_file /run/m.pid\npersistence true\npersistence_location /var/lib/mosquitto/\n"
      "log_dest syslog\nlog_dest file /var/log/m.log\nlog_type error\nlog_type warning\n"
      "allow_anonymous false\npassword_file /etc/passwd\nlistener 1883 127.0.0.1\n"
      "listener 8883\ncertfile c\ncafile a\nkeyfile k\n"
      "listener 8443\nprotocol websockets\ncertfile c\ncafile a\nkeyfile k\n");
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  const auto& config = loaded.config;
  EXPECT_THAT(names(config), ElementsAre("127.0.0.1:1883", "8883", "8443"));
  EXPECT_FALSE(config.listeners[0].tls.enabled());
  EXPECT_TRUE(config.listeners[1].tls.enabled());
  EXPECT_EQ(config.listeners[2].protocol, Protocol::websockets);
  for (const auto& listener : config.listeners) {
    EXPECT_EQ(listener.security.password_file, "/etc/passwd");
    EXPECT_FALSE(listener.security.allow_anonymous);
  }
  EXPECT_EQ(config.process.pid_file, "/run/m.pid");
  EXPECT_EQ(config.persistence.path(), "/var/lib/mosquitto/state.db");
  EXPECT_TRUE(config.log.options.to_syslog);
  EXPECT_EQ(config.log.options.file, "/var/log/m.log");
  EXPECT_FALSE(config.log.options.to_stderr);
}

TEST(Config, TakesEveryClassicDirective) {
  const auto loaded = load_text(
      "max_inflight_messages 5\nmax_inflight_bytes 100\nmax_queued_messages 7\nmax_queued_bytes 8\n"
      "max_packet_size 1000\nmessage_size_limit 900\nmax_keepalive 60\nretain_available false\n"
      "upgrade_outgoing_qos true\ncheck_retain_source false\nallow_zero_length_clientid false\n"
      "auto_id_prefix x-\npersistent_client_expiration 2d\nglobal_max_clients 11\n"
      "global_max_connections 12\nqueue_qos0_messages true\nsys_interval 3\nset_tcp_nodelay true\n"
      "memory_limit 64MB\nallow_duplicate_messages true\nretry_interval 20\nclientid_prefixes p\n"
      "enable_control_api true\nautosave_interval 30\nautosave_on_changes true\n"
      "listener 1884\nmax_connections 9\nmaximum_qos 1\naccept_protocol_versions 3, 4\n"
      "max_topic_alias 2\nmax_topic_alias_broker 4\nmount_point m/\nsocket_domain ipv4\n"
      "bind_interface lo\nuse_username_as_clientid true\n",
      classic());
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings),
              ElementsAre(StartsWith("f:20: allow_duplicate_messages: ignored"),
                          StartsWith("f:21: retry_interval: ignored")));
  const auto& mqtt = loaded.config.mqtt;
  EXPECT_EQ(mqtt.max_inflight_messages, 5);
  EXPECT_EQ(mqtt.max_inflight_bytes, 100U);
  EXPECT_EQ(mqtt.max_queued_messages, 7U);
  EXPECT_EQ(mqtt.max_queued_bytes, 8U);
  EXPECT_EQ(mqtt.max_packet_size, 1'000U);
  EXPECT_EQ(mqtt.message_size_limit, 900U);
  EXPECT_EQ(mqtt.max_keepalive, 60);
  EXPECT_FALSE(mqtt.retain_available);
  EXPECT_TRUE(mqtt.upgrade_outgoing_qos);
  EXPECT_FALSE(mqtt.check_retain_source);
  EXPECT_EQ(mqtt.global_max_clients, 11U);
  EXPECT_EQ(mqtt.global_max_connections, 12U);
  EXPECT_TRUE(mqtt.queue_qos0_messages);
  EXPECT_EQ(mqtt.sys_interval.count(), 3);
  EXPECT_TRUE(mqtt.set_tcp_nodelay);
  EXPECT_EQ(mqtt.clientid_prefixes, "p");
  EXPECT_TRUE(mqtt.enable_control_api);
  EXPECT_EQ(loaded.config.process.memory_limit, 64U << 20);
  EXPECT_EQ(loaded.config.persistence.persistent_client_expiration, std::chrono::hours{48});
  EXPECT_EQ(loaded.config.persistence.autosave_interval.count(), 30);
  EXPECT_TRUE(loaded.config.persistence.autosave_on_changes);
  ASSERT_THAT(loaded.config.listeners, SizeIs(1));
  const auto& listener = loaded.config.listeners[0];
  EXPECT_FALSE(listener.security.allow_zero_length_clientid);
  EXPECT_EQ(listener.security.auto_id_prefix, "x-");
  EXPECT_EQ(listener.max_connections, 9U);
  EXPECT_EQ(listener.max_qos, 1);
  EXPECT_THAT(listener.accept_protocol_versions, ElementsAre(3, 4));
  EXPECT_EQ(listener.max_topic_alias, 2);
  EXPECT_EQ(listener.max_topic_alias_broker, 4);
  EXPECT_EQ(listener.mount_point, "m/");
  EXPECT_EQ(listener.domain, SocketDomain::ipv4);
  EXPECT_EQ(listener.bind_interface, "lo");
  EXPECT_TRUE(listener.use_username_as_clientid);
}

TEST(Config, TakesOurOwnDirectives) {
  const auto loaded = load_text(
      "registry /r.db\nstate /s.db\npersistence true\nwww_dir /w\nportal_socket /p\nlogin_socket "
      "/l\n"
      "workers 3\nweb_threads 2\ndurability power\ncommand_ttl 5m\norigin https://a.example:8443\n"
      "origin https://b.example\nlogin_topic login\nacl_file /acl\nobserver grafana\n"
      "default_limits connections=20 retained_bytes=16MB\ndefault_limits connect_timeout=5s\n"
      "portal_broker cloud.example 8883\nportal_cafile /ca\nportal_threads 4\n");
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  const auto& cloud = loaded.config.cloud;
  EXPECT_EQ(cloud.registry, "/r.db");
  EXPECT_EQ(cloud.www_dir, "/w");
  EXPECT_EQ(cloud.portal_socket, "/p");
  EXPECT_EQ(cloud.login_socket, "/l");
  EXPECT_EQ(cloud.login_topic, "login");
  EXPECT_EQ(cloud.command_ttl.count(), 300);
  EXPECT_THAT(cloud.origins, ElementsAre("https://a.example:8443", "https://b.example"));
  ASSERT_THAT(cloud.observers, SizeIs(1));
  EXPECT_EQ(cloud.observers[0].name, "grafana");
  EXPECT_EQ(cloud.registry_limits.connections, 20U);
  EXPECT_EQ(cloud.registry_limits.sessions, tenants::Limits{}.sessions);
  EXPECT_EQ(cloud.file_limits.retained_bytes, 16U << 20);
  EXPECT_EQ(cloud.file_limits.connect_timeout, 5U);
  EXPECT_EQ(loaded.config.process.workers, 3U);
  EXPECT_EQ(loaded.config.process.web_threads, 2U);
  EXPECT_EQ(loaded.config.persistence.durability, Durability::power);
  EXPECT_EQ(loaded.config.persistence.path(), "/s.db");
}

TEST(Config, RefusesWrongValuesWithPlaceKeyAndWhatIsAllowed) {
  for (const auto& [line, reason] : std::vector<std::pair<std::string, std::string>>{
           {"allow_anonymous yes", "\"yes\" is not allowed; allowed: true, false"},
           {"persistence", "a value is missing; allowed: true, false"},
           {"listener", "allowed: PORT"},
           {"listener 0", "allowed: PORT"},
           {"listener 65536", "allowed: PORT"},
           {"listener 1883 a b", "allowed: PORT"},
           {"listener 0 relative/path", "allowed: PORT"},
           {"protocol http_api", "allowed: mqtt, websockets"},
           {"socket_domain ipv5", "allowed: ipv4, ipv6"},
           {"tls_version tlsv1.1", "allowed: tlsv1.2, tlsv1.3"},
           {"max_qos 3", "allowed: 0 to 2"},
           {"accept_protocol_versions 3,6", "allowed: a list of 3, 4, 5"},
           {"accept_protocol_versions", "a value is missing"},
           {"mount_point a/#", "without # and +"},
           {"max_packet_size 19", "allowed: 0, 20 to"},
           {"max_keepalive 65536", "allowed: 0 to 65535"},
           {"max_connections -2", "allowed: 0 to"},
           {"max_inflight_messages 1e3", "allowed: 0 to 65535"},
           {"message_size_limit 268435456", "allowed: 0 to 268435455"},
           {"persistent_client_expiration 30", "allowed: a time as 2h"},
           {"persistence_file ../x", "a file name without /"},
           {"durability sometimes", "allowed: process, power, none"},
           {"workers 257", "allowed: 0 to 256"},
           {"web_threads 0", "allowed: 1 to 256"},
           {"memory_limit lots", "allowed: a size"},
           {"tenancy true", "allowed: on, off"},
           {"login_topic a/b", "one topic level"},
           {"login_topic #", "one topic level"},
           {"drop_topic a/#/b", "a topic filter"},
           {"drop_topic", "a value is missing"},
           {"origin cloud.example.org", "https://HOST"},
           {"origin https://a.example/", "https://HOST"},
           {"origin https://A.example", "https://HOST"},
           {"origin https://a.example:0", "https://HOST"},
           {"origin http://a.example", "https://HOST"},
           {"origin null", "https://HOST"},
           {"origin *", "https://HOST"},
           {"default_limits", "NAME=VALUE"},
           {"default_limits connection=1", "\"connection=1\""},
           {"default_limits connections=many", "\"connections=many\""},
           {"default_limits connections", "\"connections\""},
           {"log_type loud", "allowed: error, warning"},
           {"log_dest dlt", "allowed: stderr"},
           {"command_ttl soon", "allowed: a time"},
           {"address a:1", "belongs below a `connection` line"},
       }) {
    SCOPED_TRACE(line);
    const auto loaded = load_text("# first\n" + line + "\n");
    const auto key = line.substr(0, line.find(' '));
    ASSERT_THAT(texts(loaded.errors), SizeIs(1));
    EXPECT_THAT(loaded.errors[0].str(), AllOf(StartsWith("f:2: " + key), HasSubstr(reason)));
  }
}

TEST(Config, CollectsAllErrors) {
  EXPECT_THAT(load_text("max_qos 3\nfoo 1\nworkers x\n").errors, SizeIs(3));
}

TEST(Config, UnknownDirectivesNameTheNearest) {
  for (const auto& [key, nearest] :
       std::vector<std::pair<std::string, std::string>>{{"listner", "listener"},
                                                        {"alow_anonymous", "allow_anonymous"},
                                                        {"password_fiel", "password_file"},
                                                        {"Listener", "listener"},
                                                        {"drop_topics", "drop_topic"},
                                                        {"certificate", ""},
                                                        {"x", ""},
                                                        {std::string(500, 'q'), ""}}) {
    SCOPED_TRACE(key);
    const auto errors = texts(load_text(key + " 1\n").errors);
    ASSERT_THAT(errors, SizeIs(1));
    EXPECT_THAT(errors[0], StartsWith("f:1: "));
    EXPECT_THAT(errors[0], HasSubstr("unknown directive"));
    if (nearest.empty()) {
      EXPECT_THAT(errors[0], Not(HasSubstr("did you mean")));
    } else {
      EXPECT_THAT(errors[0], HasSubstr("did you mean `" + nearest + "`?"));
    }
  }
}

TEST(Config, UnsupportedDirectivesStartOnlyWhenLenient) {
  const std::string text = "plugin /x.so\nplugin_opt_a b\npsk_file /p\n";
  EXPECT_THAT(texts(load_text(text).errors), AllOf(SizeIs(3), Each(HasSubstr("--lenient"))));
  Options options;
  options.lenient = true;
  const auto lenient = load_text(text, options);
  EXPECT_THAT(lenient.errors, IsEmpty());
  EXPECT_THAT(lenient.warnings, SizeIs(3));
}

TEST(Config, KnownKeysAreDistinct) {
  const auto keys = known_keys();
  EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
  EXPECT_GT(keys.size(), 150U);
}

TEST(Config, NamesAndFilesAreGivenOnceNumbersMayBeReplaced) {
  EXPECT_THAT(texts(load_text("pid_file /a\npid_file /b\n").errors),
              ElementsAre("f:2: pid_file: given twice, first at f:1"));
  EXPECT_THAT(load_text("listener 1\nhttp_dir /a\nlistener 2\nhttp_dir /b\n").errors, IsEmpty());
  const auto loaded = load_text("max_keepalive 10\nmax_keepalive 20\n");
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.config.mqtt.max_keepalive, 20);
}

TEST(Config, ChecksListenersAsAWhole) {
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"listener 1\ncertfile c\n", "listener 1: certfile needs a keyfile"},
           {"listener 1\nkeyfile k\n", "listener 1: keyfile needs a certfile"},
           {"listener 1\ncafile a\n", "it would not be encrypted"},
           {"listener 1\nrequire_certificate true\n", "it would not be encrypted"},
           {"listener 1\ncertfile c\nkeyfile k\nrequire_certificate true\n",
            "require_certificate needs a cafile or capath"},
           {"listener 1\ncertfile c\nkeyfile k\ncafile a\nrequire_certificate true\n"
            "use_identity_as_username true\nuse_subject_as_username true\n",
            "exclude each other"},
           {"listener 1\nlistener 1\nprotocol websockets\n",
            "f:2: listener 1: already taken by listener 1 at f:1"},
           {"listener 1 127.0.0.1\nlistener 1\n", "already taken by listener 127.0.0.1:1"},
           {"listener 0 /s\nlistener 0 /s\n", "listener /s: already taken"},
           {"listener 1\nmount_point m/\n", "mount_point needs `tenancy off`"},
           {"observer o\n", "observer o: needs an acl_file"},
           {"password_file p\nper_listener_settings true\n", "before the first security directive"},
       }) {
    SCOPED_TRACE(text);
    EXPECT_THAT(texts(load_text(text).errors), Contains(HasSubstr(reason)));
  }
}

TEST(Config, ListenersThatDifferDoNotCollide) {
  EXPECT_THAT(texts(load_text("listener 1 127.0.0.1\nlistener 1 127.0.0.2\nlistener 2\n"
                              "listener 3\nsocket_domain ipv4\nlistener 3\nsocket_domain ipv6\n"
                              "listener 0 /a\nlistener 0 /b\n")
                        .errors),
              IsEmpty());
}

TEST(Config, SecurityIsTheBrokersUnlessPerListener) {
  const auto shared = load_text("listener 1\npassword_file a\nlistener 2\n", classic()).config;
  EXPECT_EQ(shared.listeners[0].security.password_file, "a");
  EXPECT_EQ(shared.listeners[1].security.password_file, "a");
  const auto own = load_text(
      "per_listener_settings true\nlistener 1\npassword_file a\nlistener 2\npassword_file b\n"
      "allow_anonymous true\n",
      classic());
  EXPECT_THAT(texts(own.errors), IsEmpty());
  EXPECT_EQ(own.config.listeners[0].security.password_file, "a");
  EXPECT_FALSE(own.config.listeners[0].security.allow_anonymous);
  EXPECT_EQ(own.config.listeners[1].security.password_file, "b");
  EXPECT_TRUE(own.config.listeners[1].security.allow_anonymous);
  const auto exception = load_text(
      "allow_anonymous false\nlistener 1\nlistener 2\nlistener_allow_anonymous true\n", classic());
  EXPECT_THAT(texts(exception.errors), IsEmpty());
  EXPECT_FALSE(exception.config.listeners[0].security.allow_anonymous);
  EXPECT_TRUE(exception.config.listeners[1].security.allow_anonymous);
}

TEST(Config, AnonymousClientsAreMosquittos) {  // F30
  for (const auto& [text, allowed] :
       std::vector<std::pair<std::string, bool>>{{"", true},
                                                 {"allow_anonymous false\n", false},
                                                 {"listener 1\n", false},
                                                 {"listener 1\nallow_anonymous true\n", true},
                                                 {"password_file p\n", true}}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(load_text(text, classic()).config.listeners[0].security.allow_anonymous, allowed);
    EXPECT_FALSE(load_text(text).config.listeners[0].security.allow_anonymous);
  }
  EXPECT_THAT(texts(load_text("listener 1\nallow_anonymous true\n").warnings),
              ElementsAre(StartsWith("f:2: allow_anonymous true: with tenancy")));
  EXPECT_THAT(load_text("tenancy off\nallow_anonymous true\n").warnings, IsEmpty());
}

TEST(Config, TheOldDefaultListenerStillWorks) {
  const auto old = load_text("port 1884\nbind_address 127.0.0.1\n");
  EXPECT_THAT(texts(old.errors), IsEmpty());
  EXPECT_THAT(names(old.config), ElementsAre("127.0.0.1:1884"));
  EXPECT_FALSE(old.config.local_only);
  const auto both = load_text("max_connections 5\nlistener 1884\n");
  EXPECT_THAT(names(both.config), ElementsAre("1883", "1884"));
  EXPECT_THAT(texts(both.warnings), ElementsAre(HasSubstr("opens a listener of its own on 1883")));
  Options options;
  options.ports = {18'831};
  EXPECT_THAT(names(load_text("max_connections 5\n", options).config), ElementsAre("18831"));
}

TEST(Config, LimitsBeforeAnyListenerHoldForAll) {
  const auto config = load_text("max_qos 1\nlistener 1\nlistener 2\nmax_qos 0\n").config;
  EXPECT_THAT(names(config), ElementsAre("1", "2"));
  EXPECT_EQ(config.listeners[0].max_qos, 1);
  EXPECT_EQ(config.listeners[1].max_qos, 0);
}

/// As mosquitto: every file starts before any section, and after an include the main file goes on
/// where it was.
TEST(Config, SectionsEndWithTheirFile) {
  std::vector<config::Directive> directives;
  for (const auto& [file, text] :
       std::vector<std::pair<std::string, std::string>>{{"main", "listener 1\n"},
                                                        {"a", "listener 2\n"},
                                                        {"b", "max_connections 3\n"},
                                                        {"main", "max_connections 4\n"}}) {
    for (auto& directive : config::parse_text(text, file).directives) {
      directives.push_back(std::move(directive));
    }
  }
  const auto config = make_broker_config(directives, {}).config;
  EXPECT_THAT(names(config), ElementsAre("1883", "1", "2"));
  EXPECT_EQ(config.listeners[0].max_connections, 3U);
  EXPECT_EQ(config.listeners[1].max_connections, 4U);
  EXPECT_EQ(config.listeners[2].max_connections, std::nullopt);
}

TEST(Config, DropTopicsAddToTheDefaultUntilEmptied) {
  const auto count = load_text("").config.cloud.drop_topics.size();
  EXPECT_THAT(load_text("drop_topic openWB/x/#\n").config.cloud.drop_topics, SizeIs(count + 1));
  EXPECT_THAT(load_text("drop_topic none\ndrop_topic a\n").config.cloud.drop_topics,
              ElementsAre("a"));
  EXPECT_THAT(load_text("drop_topic none\ndrop_topic default\n").config.cloud.drop_topics,
              SizeIs(count));
}

TEST(Config, TheCommandLineWins) {
  Options options;
  options.tenancy = true;
  options.workers = 4;
  options.verbose = true;
  const auto config = load_text("tenancy off\nworkers 1\nlog_type none\n", options).config;
  EXPECT_TRUE(config.cloud.tenancy);
  EXPECT_EQ(config.process.workers, 4U);
  EXPECT_EQ(config.log.options.types, log::kAllTypes);
}

TEST(Config, WarnsOfWhatWouldSurprise) {
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"portal_socket /p\nlistener 1\nprotocol websockets\n", "no `origin`"},
           {"listener 1\nhttp_dir /h\n", "http_dir has no effect"},
           {"listener 1\ncertfile c\nkeyfile k\ncrlfile r\n", "crlfile has no effect"},
           {"listener 1\ncertfile c\nkeyfile k\nuse_identity_as_username true\n",
            "clients without a certificate are refused"},
           {"listener 1\ndhparamfile d\n", "dhparamfile: ignored"},
       }) {
    SCOPED_TRACE(text);
    const auto loaded = load_text(text);
    EXPECT_THAT(texts(loaded.errors), IsEmpty());
    EXPECT_THAT(texts(loaded.warnings), Contains(HasSubstr(reason)));
  }
}

}  // namespace
}  // namespace owb::app
