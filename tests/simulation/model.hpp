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
#include "broker/core/session.hpp"
#include "broker/mqtt/codec.hpp"
#include "tests/simulation/session_log.hpp"
#include "tests/simulation/trace.hpp"

namespace owb::simulation {

/// A broker as the specification and the design describe it: lists, no indexes, no queues, no
/// bytes. It is told every packet in the order in which the real one handles it, and says who is to
/// get what; it sees what the real one gives to each session and what it drops, and judges that at
/// once.
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
    bool refused = false;    ///< there was no room for it
    bool ended = false;
    std::int64_t accepted_ms = 0;
    std::int64_t last_heard_ms = 0;
    std::uint16_t keep_alive_s = 0;
    std::uint32_t longest_expiry_s = 0;  ///< what its session may have
    Hub* hub = nullptr;
    Session* session = nullptr;
    std::shared_ptr<SessionLog> log;
    std::optional<bool> session_present;
    std::optional<Will> will;
    std::map<std::uint16_t, std::string> aliases;
    std::uint64_t connection = 0;  ///< of its session: the first, the second ...
    std::uint64_t moment = 0;      ///< when CONNECT was accepted
    /// By SUBSCRIBE, until the client has the answer.
    std::map<std::uint16_t, std::vector<std::shared_ptr<Replay>>> subscribed;
    std::deque<std::vector<std::shared_ptr<Replay>>> pings;  ///< to be done by the PINGRESP

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
    std::uint64_t moment = 0;  ///< when it was made
  };

  struct Session {
    std::string key;
    Link* link = nullptr;
    std::shared_ptr<SessionLog> log;
    std::vector<Subscription> subscriptions;
    std::map<std::string, std::shared_ptr<Replay>> replays;  ///< by filter
    std::map<mqtt::PacketId, std::string> passed_on;  ///< QoS 2, until PUBREL: topic and payload
    std::map<mqtt::PacketId, Message> held;           ///< QoS 2 without tenants, until PUBREL
    std::uint32_t expiry_s = 0;
    std::int64_t disconnected_ms = 0;
    std::optional<Will> will;
    bool kept = false;  ///< on the disk, if there is one
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
    tenants::Limits limits;  ///< of the last record there was
    std::map<std::string, Session> sessions;
    std::map<std::string, Message> retained;
  };

  explicit Model(const Trace& trace) : trace_(trace) {}

  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  std::int64_t now_ms = 0;
  std::int64_t command_ttl_ms = 60'000;
  bool classic = false;           ///< no tenants
  tenants::Limits limits_of_all;  ///< without tenants
  bool keeps = false;             ///< there is a disk
  bool disk_fails = false;        ///< now

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

  // ---- what the broker does ----
  /// `connection`: of the session, in this moment; 0: none.
  void delivering(const core::Session& session, const core::Delivery& delivery,
                  std::uint64_t connection);
  void dropped(const core::Session& session, const core::Delivery& delivery, core::Drop why);
  /// Something has been handled whole: nobody was forgotten.
  void settle();

  // ---- what a client sees ----
  /// The oldest PINGREQ of `link` is answered.
  void check_ping(Link& link) const;
  /// Everything is at rest.
  void check_complete(const Link& link) const;
  /// The queue is what it should be, and within its bounds.
  void check_queue(const Link& link, const core::Session& session);

 private:
  /// One session is to get it.
  struct Due {
    std::shared_ptr<SessionLog> log;
    Entry entry;
    std::uint64_t connection = 0;  ///< 0: not connected
  };

  /// One of these is to get it.
  struct DueInGroup {
    std::string group;
    std::vector<Due> members;
  };

  void publish(Hub& hub, const Message& message, const Session* from);
  std::optional<Entry> routed(const Hub& hub, const Session& session, const Message& message,
                              const Session* from) const;
  std::vector<DueInGroup> groups_for(const Hub& hub, const Message& message,
                                     const Session* from) const;
  bool may_get(const Session& session, const Message& message) const;
  static Due due(const Session& session, Entry entry);
  static Entry entry_for(const Session& session, const Subscription& subscription,
                         const Message& message);
  void retain(Hub& hub, const Message& message);
  void on_publish(Link& link, const mqtt::Frame& frame);
  void hold(Link& link, mqtt::PacketId id, const Message& message);
  void release(Link& link, mqtt::PacketId id);
  void on_subscribe(Link& link, const mqtt::Frame& frame);
  bool subscribe(Link& link, const mqtt::SubscribeEntry& entry, std::uint32_t id);
  bool has_room(Hub& hub, const Link& link) const;
  bool evict(Hub& hub);
  bool refuses(const Link& link, const mqtt::Publish& packet) const;
  void start_replay(Link& link, const std::string& filter);
  std::optional<std::string> missing(const Link& link, const Replay& replay) const;
  void end_links(Hub& hub, const std::function<bool(const Link&)>& which);
  void fire_will(Hub& hub, Session& session);
  void end_session(Hub& hub, Session& session);
  void record_changed(Hub& hub, const std::shared_ptr<const tenants::TenantRecord>& record);
  void forget(Hub& hub);
  void set_expiry(Message& message, std::optional<std::uint32_t> seconds) const;
  bool matches(const Hub& hub, const Subscription& subscription, const std::string& rest) const;

  std::shared_ptr<SessionLog> find_log(const core::Session& session);
  Session* find_session(const SessionLog& log);
  void give(const std::shared_ptr<SessionLog>& log, Entry entry);
  bool give_replay(Session& session, const core::Delivery& delivery, const Entry& like);
  bool give_due(const SessionLog& log, const Entry& like);
  bool give_in_group(const core::Session& session, const SessionLog& log, const Entry& like);
  bool give_handed_on(const std::shared_ptr<SessionLog>& log, const Entry& like);
  static bool must_be_handed_on(const SessionLog& former, const Entry& left);
  bool give_left(const std::shared_ptr<SessionLog>& log, const Entry& left, const Entry& like);
  bool give_ended(const std::shared_ptr<SessionLog>& log, const Entry& like);
  bool give_own(const std::shared_ptr<SessionLog>& log, const Entry& like);
  bool give_will(const std::shared_ptr<SessionLog>& log, const Entry& like);
  std::optional<Entry> routed_now(const SessionLog& log, const Message& message);
  void check_handed_on(const SessionLog& log) const;
  bool may_drop(const core::Session& session, const SessionLog& log, const Entry& entry,
                core::Drop why) const;

  const Trace& trace_;
  std::map<std::string, Hub> hubs_;
  std::deque<Due> due_;
  std::deque<DueInGroup> due_in_groups_;
  std::vector<std::shared_ptr<SessionLog>> just_ended_;
  std::vector<Message> due_wills_;  ///< that time has brought in this moment
  std::shared_ptr<SessionLog> last_given_;
  std::uint64_t connection_ = 0;  ///< of the session in hand; 0: none
  std::uint64_t moment_ = 1;      ///< grows when something has been handled whole
};

/// The key of a session within its tenant: browsers have a space of their own.
std::string session_key(core::Role role, std::string_view client_id);

}  // namespace owb::simulation
