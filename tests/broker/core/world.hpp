#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/authenticator.hpp"
#include "broker/core/hub.hpp"
#include "broker/core/link.hpp"
#include "broker/core/realm.hpp"
#include "broker/core/settings.hpp"
#include "broker/core/transport.hpp"
#include "broker/mqtt/codec.hpp"
#include "memory_keeper.hpp"

/// A whole Realm without sockets, threads or clock: clients that speak real packets, and time that
/// is only told.
namespace owb::core {

class World;

/// A packet as a client has received it, owning its bytes.
struct Packet {
  mqtt::PacketType type = mqtt::PacketType::reserved;
  mqtt::Connack connack;  ///< its texts are gone, but for whether they were there
  mqtt::Reason reason = mqtt::Reason::success;  ///< of acknowledgements and DISCONNECT
  mqtt::PacketId id = mqtt::PacketId::none;
  std::vector<unsigned> codes;  ///< SUBACK, UNSUBACK
  std::string reason_string;
  std::size_t wire_size = 0;  ///< of the whole packet, in bytes
  // PUBLISH
  std::string topic;  ///< as on the wire; empty if an alias names it
  std::string payload;
  mqtt::Qos qos = mqtt::Qos::at_most_once;
  bool retain = false;
  bool dup = false;
  std::uint16_t alias = 0;
  std::optional<std::uint32_t> expiry;
  std::vector<std::uint32_t> subscription_ids;
  std::string response_topic;
  std::vector<std::string> user_properties;  ///< "name=value"
};

/// A packet, if there was one. Who looks into one that was not there fails the test, instead of
/// reading what lay in its memory before.
class Found : public std::optional<Packet> {
 public:
  using std::optional<Packet>::optional;

  const Packet* operator->() const;
};

/// What a test may ask of CONNECT beside tenant, role and client id.
struct Connecting {
  mqtt::Version version = mqtt::Version::v5;
  bool clean = true;
  bool bridge = false;
  std::uint16_t keep_alive = 60;
  std::uint32_t expiry = 0;  ///< 5.0
  std::uint16_t receive_maximum = 65'535;
  std::optional<std::uint32_t> maximum_packet_size;
  std::uint16_t topic_alias_maximum = 0;
  std::optional<mqtt::Will> will;
  ListenerKind listener = ListenerKind::tls;
  bool problem_information = true;    ///< 5.0
  bool response_information = false;  ///< 5.0
  std::string mount_point;            ///< of the listener
  std::uint8_t versions = 0xFF;       ///< that the listener accepts: bit n for level n
  std::string cookie_session;         ///< of the web roles
  std::int64_t cookie_expires = 0;    ///< unix seconds
};

struct Publishing {
  mqtt::Qos qos = mqtt::Qos::at_least_once;
  bool retain = false;
  bool dup = false;
  std::optional<std::uint16_t> id;  ///< else the next one
  std::optional<std::uint32_t> expiry;
  std::optional<std::uint16_t> alias;
  std::optional<std::string> response_topic;
};

struct Subscribing {
  mqtt::Qos qos = mqtt::Qos::exactly_once;
  bool no_local = false;
  bool retain_as_published = false;
  std::uint8_t retain_handling = 0;
  std::uint32_t id = 0;
};

/// One device of a tenant. It can connect again and again; acknowledges what it receives, unless
/// told not to.
class Client final : public Transport {
 public:
  Client(World& world, std::string tenant, std::string id, Role role);
  ~Client() override;

  // ---- what it does; each is a turn of the world ----
  /// A connection without CONNECT.
  void opens(const Connecting& how = {});
  /// Returns CONNACK's reason (0xFF-like `unspecified_error` if there was none).
  mqtt::Reason connects(const Connecting& how = {});
  /// DISCONNECT.
  void leaves(mqtt::Reason reason = mqtt::Reason::success,
              std::optional<std::uint32_t> expiry = std::nullopt);
  /// The connection breaks without a word.
  void drops();

  /// The broker is gone, and the connection with it.
  void vanishes() { link_.reset(); }

  /// Returns the reason of PUBACK or PUBREC; success for QoS 0.
  mqtt::Reason publishes(std::string_view topic, std::string_view payload,
                         const Publishing& how = {});
  /// Returns SUBACK's code.
  unsigned subscribes(std::string_view filter, const Subscribing& how = {});
  /// Several filters in one SUBSCRIBE.
  std::vector<unsigned> subscribes_all(const std::vector<std::string_view>& filters);
  mqtt::Reason unsubscribes(std::string_view filter);
  void sends_ack(mqtt::PacketType type, std::uint16_t id,
                 mqtt::Reason reason = mqtt::Reason::success);
  void pings();
  void sends(ByteView bytes);
  /// The same, without a turn.
  void feeds(ByteView bytes);

  // ---- what it has seen; reading forgets ----
  /// Messages as "topic=payload", with " q1", " q2" and " r", " dup" where they apply. In the order
  /// of arrival.
  std::vector<std::string> receives();

  /// The same as packets.
  std::vector<Packet> messages() { return take(mqtt::PacketType::publish); }

  /// Everything that has come, in order.
  std::vector<Packet> everything();
  std::vector<Packet> take(mqtt::PacketType type);
  Found last(mqtt::PacketType type);

  bool connected() const { return link_ && link_->connected() && !closed; }

  const std::string& id() const { return id_; }

  ClientLink& link() { return *link_; }

  // ---- behaviour ----
  bool acknowledges = true;  ///< QoS 1 and 2
  bool reads = true;         ///< false: the socket is full

  mqtt::Connack connack;    ///< the last one; its texts are gone, but for whether they were there
  std::string assigned_id;  ///< in it
  bool session_present = false;

  std::vector<std::size_t> sizes;  ///< of all packets, in bytes, over all connections

  // ---- what the transport was told ----
  bool closed = false;
  std::uint16_t close_code = 0;
  bool reading_paused = false;
  bool watched = false;  ///< TCP looks for its silence
  bool dropped = false;  ///< what is in transit is thrown away

  /// Takes in what has arrived and answers; true if anything was said.
  bool answers();

 private:
  void flush(Outbox& outbox) override;

  void pause_reading() override { reading_paused = true; }

  void resume_reading() override { reading_paused = false; }

  void close(std::uint16_t code) override;

  void drop_in_transit() override { dropped = true; }

  void watch_silent_peer(int /*seconds*/) override { watched = true; }

  mqtt::PacketId fresh_id();
  void take_packet(const mqtt::Frame& frame);
  void take_publish(const mqtt::Frame& frame);

  World& world_;
  std::string tenant_;
  std::string id_;
  Role role_;
  mqtt::Version version_ = mqtt::Version::v5;
  std::unique_ptr<ClientLink> link_;
  Bytes wire_;
  std::deque<Packet> received_;
  Bytes to_say_;
  std::uint16_t next_id_ = 0;
  bool blocked_ = false;  ///< the socket was full and has not been asked since
};

/// The broker.
class World final : private Authenticator {
 public:
  World();
  ~World() override;

  /// A device; lives as long as the world.
  Client& client(std::string tenant, std::string id = "id", Role role = Role::owner);

  /// Makes it a tenant of the registry, or changes its record; live connections learn it.
  void registers(const std::string& tenant, std::uint64_t uid, bool suspended = false,
                 std::uint64_t generation = 1, std::string_view limits = {});
  void deletes(const std::string& tenant);

  /// The registry no longer has it; nobody is told.
  void forgets(const std::string& tenant) { records_.erase(tenant); }

  /// Logins see the new record before the hubs are told.
  void records(const std::string& tenant, std::uint64_t uid, bool suspended = false,
               std::uint64_t generation = 1, std::string_view limits = {});

  /// Time goes on, in small steps at the end.
  void passes_ms(std::int64_t ms);

  /// The clock on the wall is set by that many seconds; no time goes by.
  void wall_clock_jumps(std::int64_t seconds) { now_.wall_s += seconds; }

  /// Lets everything that is under way arrive.
  void settles();

  Realm& realm() { return *realm_; }

  const Now& now() const { return now_; }

  TenantHub& hub(const std::string& tenant) { return *realm_->find_hub(tenant); }

  Settings settings;               ///< before the first client()
  DeliveryWatch* watch = nullptr;  ///< likewise

  // ---- what is kept ----
  bool keeps = false;  ///< before the first client()
  MemoryKeeper keeper;
  /// What is sealed is committed, and who waited for it goes on.
  void commits();
  /// kill -9, and a new process after `away_s`; connections are gone without a word.
  void crashes(std::int64_t away_s = 1);

  // ---- pending logins ----
  bool logins_wait = false;
  std::vector<std::uint64_t> waiting;    ///< links
  std::vector<std::uint64_t> forgotten;  ///< links
  void answers_login(std::uint64_t link, bool granted);

 private:
  void make_realm();
  AuthResult check(const AuthRequest& request) override;

  void forget(std::uint64_t link) override { forgotten.push_back(link); }

  Identity identity_of(const AuthRequest& request) const;

  Now now_{.mono_ms = 1'000'000, .wall_s = 1'700'000'000};
  std::map<std::string, std::shared_ptr<const tenants::TenantRecord>> records_;
  std::map<std::uint64_t, Identity> pending_;
  std::unique_ptr<Realm> realm_;
  std::vector<std::unique_ptr<Client>> clients_;
};

inline mqtt::Will make_will(std::string_view topic, std::string_view payload,
                            std::uint32_t delay = 0) {
  return {.topic = topic,
          .payload = as_byte_view(payload),
          .qos = mqtt::Qos::at_least_once,
          .delay = delay};
}

}  // namespace owb::core

namespace owb::mqtt {

/// For failure messages.
inline void PrintTo(Reason reason, std::ostream* out) {
  *out << "0x" << std::hex << static_cast<unsigned>(reason) << std::dec;
}

}  // namespace owb::mqtt
