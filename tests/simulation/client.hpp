#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/authenticator.hpp"
#include "broker/mqtt/codec.hpp"
#include "tests/simulation/context.hpp"
#include "tests/simulation/wire.hpp"

namespace owb::simulation {

class Worker;

/// One device: a correct MQTT client that does random things. It keeps its half of the session over
/// connections, repeats with DUP, takes each QoS 2 message once, and never exceeds what the broker
/// said it takes.
class Client {
 public:
  /// What never changes about it.
  struct Profile {
    std::string tenant;
    std::string other_tenant;
    std::string id;
    core::Role role = core::Role::owner;
    mqtt::Version version = mqtt::Version::v311;
    bool bridge = false;
    bool persistent = false;
    std::uint16_t receive_maximum = 65'535;
    std::uint16_t alias_maximum = 0;
    std::uint32_t maximum_packet_size = 0;  ///< 0: not said
    std::uint16_t keep_alive = 0;
    std::uint32_t expiry = 0;  ///< 5.0
  };

  Client(Context& context, Worker& worker, Profile profile);

  /// One random thing.
  void act();
  /// Takes some of what has arrived, and sees the end of the connection.
  void listen();
  /// Acknowledges the oldest thing it owes.
  void pay();
  /// At the end: comes back if there is a session, and asks whether all retained messages came.
  /// False: there was no need.
  bool come_back();
  void leave(bool cleanly);
  /// At the end: everything it has asked for was answered.
  void check_answered() const;

  bool owes() const { return wire_ != nullptr && !debts_.empty(); }

  Wire* wire() { return wire_; }

  const Profile& profile() const { return profile_; }

 private:
  /// A message of its own that is not yet acknowledged.
  struct InFlight {
    std::uint16_t id = 0;
    std::string topic;
    std::string payload;
    mqtt::Qos qos = mqtt::Qos::at_least_once;
    bool retain = false;
    std::optional<std::uint32_t> expiry_s;
    bool released = false;  ///< PUBREL is what has to be answered
  };

  struct Debt {
    mqtt::PacketType type;
    std::uint16_t id;
  };

  void connect();
  void subscribe();
  void unsubscribe();
  void publish();
  void ping();
  void send(const InFlight& message, bool dup);
  void send(const Bytes& bytes);
  void send_ack(mqtt::PacketType type, std::uint16_t id);
  std::uint16_t fresh_id();
  std::string filter_text();
  std::string new_payload();
  void forget_session();
  void drop_connection();

  void on_packet(const mqtt::Frame& frame);
  void on_connack(const mqtt::Frame& frame);
  void on_publish(const mqtt::Frame& frame);
  void on_ack(const mqtt::Frame& frame);
  void on_suback(const mqtt::Frame& frame);
  void on_pingresp();
  bool resolve_topic(const mqtt::Publish& packet, std::string& topic);

  Context& context_;
  Worker& worker_;
  Profile profile_;

  // its half of the session
  std::deque<InFlight> in_flight_;
  std::map<std::uint16_t, std::string> taken_;  ///< QoS 2: packet id → payload, until PUBREL
  std::shared_ptr<const SessionLog> session_;   ///< to which this belongs
  std::uint64_t next_payload_ = 0;
  unsigned renamed_ = 0;  ///< how often it has got another client id
  bool refused_ = false;
  bool fresh_ = true;  ///< it has forgotten everything, and the broker does not know it yet

  // this connection
  Wire* wire_ = nullptr;
  bool connected_ = false;  ///< CONNACK was read
  Bytes input_;
  std::uint64_t heard_ = 0;  ///< bytes of whole packets
  std::deque<Debt> debts_;
  std::map<std::uint16_t, std::vector<std::string>> asked_;  ///< SUBSCRIBE: filters
  std::map<std::uint16_t, std::size_t> left_;                ///< UNSUBSCRIBE
  std::map<std::uint16_t, mqtt::PacketType> unpaid_;         ///< QoS 1 and 2 received
  std::map<std::uint16_t, std::string> aliases_in_;
  std::map<std::string, std::uint16_t> aliases_out_;
  std::size_t send_quota_ = 0;
  std::uint16_t alias_room_ = 0;
  std::size_t pings_ = 0;
};

}  // namespace owb::simulation
