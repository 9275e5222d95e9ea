#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/authenticator.hpp"
#include "broker/mqtt/codec.hpp"
#include "tests/simulation/session_log.hpp"
#include "tests/simulation/trace.hpp"

namespace owb::simulation {

/// A broker as the specification and the design describe it: lists, no indexes, no queues, no
/// bytes. It is told every packet in the order in which the real one has handled it, and writes
/// down for each session what its client has to get.
class Model {
 public:
  struct Session;
  struct Hub;

  struct Will {
    Message message;
    std::uint32_t delay_s = 0;
    std::optional<std::uint32_t> expiry_s;
  };

  /// One connection.
  struct Link {
    std::uint64_t id = 0;
    core::Identity identity;
    mqtt::Version version = mqtt::Version::v311;
    bool connected = false;  ///< CONNECT was accepted and nothing has ended it
    bool ended = false;
    std::int64_t accepted_ms = 0;
    std::int64_t last_heard_ms = 0;
    std::uint16_t keep_alive_s = 0;
    std::uint32_t asked_expiry_s = 0;
    Hub* hub = nullptr;
    Session* session = nullptr;
    std::shared_ptr<SessionLog> log;
    std::optional<bool> session_present;
    std::optional<Will> will;
    std::map<std::uint16_t, std::string> aliases;
    std::deque<std::vector<std::size_t>> pings;  ///< tickets that must be done by the PINGRESP

    bool keep_alive_over(std::int64_t now_ms) const {
      return keep_alive_s != 0 && now_ms - last_heard_ms >= keep_alive_s * std::int64_t{1500};
    }
  };

  struct Subscription {
    std::string filter;
    std::string group;  ///< empty: not shared
    std::string plain;  ///< without `$share/GROUP/`
    mqtt::SubscribeOptions options;
    std::uint32_t id = 0;
  };

  struct Session {
    std::string key;
    Link* link = nullptr;
    std::shared_ptr<SessionLog> log;
    std::vector<Subscription> subscriptions;
    std::map<mqtt::PacketId, std::string> passed_on;  ///< QoS 2, until PUBREL: topic and payload
    std::uint32_t expiry_s = 0;
    std::int64_t disconnected_ms = 0;
    std::optional<Will> will;
    bool no_local = false;
    bool retain_as_published = false;
    bool viewer = false;

    /// A bridge has retain as published on all of them (rule 7).
    mqtt::SubscribeOptions options_of(const Subscription& subscription) const {
      auto options = subscription.options;
      options.retain_as_published = options.retain_as_published || retain_as_published;
      return options;
    }
  };

  struct Hub {
    std::string tenant;
    std::shared_ptr<const tenants::TenantRecord> record;
    std::map<std::string, Session> sessions;
    std::map<std::string, Message> retained;
  };

  explicit Model(const Trace& trace) : trace_(trace) {}
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  std::int64_t now_ms = 0;
  std::int64_t command_ttl_ms = 60'000;

  /// A CONNECT that the authenticator has granted.
  void connect(Link& link, const mqtt::Frame& frame);
  /// Any other packet of a connected client.
  void apply(Link& link, const mqtt::Frame& frame);
  /// The connection is over.
  void end_link(Link& link, bool publish_will);
  /// Time has passed: wills and sessions that are due.
  void advance(std::int64_t now);
  /// Rule 6: ends what has to end.
  void tenant_changed(const std::string& tenant,
                      const std::shared_ptr<const tenants::TenantRecord>& record);
  void cookie_revoked(const std::string& session_id);

  std::map<std::string, Hub>& hubs() { return hubs_; }

 private:
  void publish(Hub& hub, const Message& message, const Session* from);
  void deliver(Hub& hub, Session& session, const Message& message, const Session* from);
  void deliver_to_groups(Hub& hub, const Message& message, const Session* from);
  void hand_on(Hub& hub, const SessionLog& left);
  void retain(Hub& hub, const Message& message);
  void on_publish(Link& link, const mqtt::Frame& frame);
  void on_subscribe(Link& link, const mqtt::Frame& frame);
  bool subscribe(Link& link, const mqtt::SubscribeEntry& entry, std::uint32_t id);
  void admit_own(const Link& link, const Subscription& subscription,
                 SessionLog::Ticket& ticket) const;
  void add_ticket(Link& link, const std::string& filter);
  void end_links(Hub& hub, const std::function<bool(const Link&)>& which);
  void fire_will(Hub& hub, Session& session);
  void end_session(Hub& hub, Session& session);
  void record_changed(Hub& hub, const std::shared_ptr<const tenants::TenantRecord>& record);
  void forget(Hub& hub);
  void set_expiry(Message& message, std::optional<std::uint32_t> seconds) const;
  bool matches(const Hub& hub, const Subscription& subscription, const std::string& rest) const;

  const Trace& trace_;
  std::map<std::string, Hub> hubs_;
  std::vector<std::weak_ptr<SessionLog>> logs_;  ///< of all sessions there were
};

/// The key of a session within its tenant: browsers have a space of their own.
std::string session_key(core::Role role, std::string_view client_id);

}  // namespace owb::simulation
