#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/mqtt/packets.hpp"

namespace owb::simulation {

class SessionLog;

/// A message as the model's broker has accepted it.
struct Message {
  std::string rest;  ///< topic behind the tenant's name
  std::string payload;
  mqtt::Qos qos = mqtt::Qos::at_most_once;
  bool retain = false;
  bool order = false;
  bool expiry_is_property = false;
  std::int64_t expires_ms = 0;  ///< 0: never
  std::string source;           ///< client id

  bool expired(std::int64_t now_ms) const { return expires_ms != 0 && now_ms >= expires_ms; }
};

/// A PUBLISH as a client has received it; QoS 2 without repetitions.
struct Receipt {
  std::uint64_t link = 0;
  std::int64_t link_accepted_ms = 0;  ///< when its CONNECT was
  std::int64_t sent_after_ms = 0;     ///< the broker encoded it then or later
  bool v5 = false;
  std::string rest;
  std::string payload;
  mqtt::Qos qos = mqtt::Qos::at_most_once;
  bool retain = false;
  bool dup = false;
  std::uint16_t id = 0;
  std::optional<std::uint32_t> expiry_s;
  std::vector<std::uint32_t> ids;  ///< subscription identifiers, ascending
};

/// One message for one member of a shared subscription.
struct GroupMessage {
  std::string group;  ///< the filter
  Message message;
  bool must = true;

  struct Candidate {
    std::shared_ptr<SessionLog> log;
    mqtt::Qos qos;
  };

  std::vector<Candidate> candidates;
  std::vector<SessionLog*> receivers;
  bool received_at_qos_2 = false;  ///< by the last of them

  bool has(const SessionLog* log, mqtt::Qos qos) const;
};

/// Which messages one session is to get, as the model says, and which its client has got. Throws
/// Violation at the first that does not fit.
class SessionLog : public std::enable_shared_from_this<SessionLog> {
 public:
  explicit SessionLog(std::string name) : name_(std::move(name)) {}

  /// The world ends: messages of groups and their members' logs hold each other.
  void clear() { expected_.clear(); }

  /// What may be asked of the queue: beyond it messages may be dropped.
  struct Room {
    std::size_t messages = 0;  ///< 0: no limit
    std::size_t bytes = 0;     ///< 0: no limit
    std::size_t packet = 0;    ///< 0: no limit
  };

  Room room;
  bool sees_own_topics = false;  ///< subscribed to what the broker itself publishes
  bool ended = false;

  /// Routed to this session; `link` is its connection, 0: none.
  void expect(const Message& message, mqtt::Qos qos, bool retain, std::vector<std::uint32_t> ids,
              std::uint64_t link);
  /// This session or another member.
  void expect_of_group(const std::shared_ptr<GroupMessage>& group,
                       const mqtt::SubscribeOptions& options);
  bool has_room(const Message& message) const;
  /// What another member may get when this session has ended.
  std::vector<std::shared_ptr<GroupMessage>> group_messages() const;

  // ---- retained messages for a new subscription ----
  struct Ticket {
    std::string filter;
    bool open = true;  ///< the session and the subscription are still there

    struct Variant {
      mqtt::Qos qos;
      std::uint32_t id;
      bool operator==(const Variant&) const = default;
    };

    std::vector<Variant> variants;

    struct Topic {
      std::vector<Message> values;  ///< what was retained since
      bool required = true;
      bool must = true;
      bool seen = false;
    };

    std::map<std::string, Topic> topics;
  };

  Ticket& add_ticket(std::string filter, Ticket::Variant variant);
  void close_tickets(std::optional<std::string_view> filter = std::nullopt);
  /// What was under way without acknowledgement may be lost.
  void connection_lost();

  std::deque<Ticket>& tickets() { return tickets_; }

  // ---- what came ----
  void received(const Receipt& receipt);
  /// The broker has taken in the last acknowledgement for `id`.
  void acknowledged(std::uint16_t id);
  /// Who has seen the PINGRESP has seen the retained messages for what was subscribed before.
  void check_ping(const std::vector<std::size_t>& tickets, std::int64_t now_ms) const;
  /// Everything that could come has come.
  void check_complete(std::int64_t now_ms) const;

  const std::string& name() const { return name_; }

  std::size_t outstanding() const { return outstanding_; }

 private:
  struct Expected {
    Message message;
    mqtt::Qos qos = mqtt::Qos::at_most_once;
    bool retain = false;
    bool must = true;
    bool seen = false;
    std::vector<std::uint32_t> ids;
    std::uint64_t link = 0;               ///< QoS 0: the only connection it may come on
    std::shared_ptr<GroupMessage> group;  ///< not null: it may also go to another member
  };

  /// Received, and the broker does not know it yet.
  struct Open {
    Message message;
    std::string payload;
    mqtt::Qos qos = mqtt::Qos::at_most_once;
    std::optional<std::size_t> index;  ///< in expected_
    std::uint64_t link = 0;            ///< where it came last
  };

  bool take_repetition(const Receipt& receipt);
  void note_open(const Receipt& receipt, const Message& message, std::optional<std::size_t> index);
  /// `faultless` false: the one to complain about.
  bool take_live(const Receipt& receipt, bool faultless);
  bool take_ticket(const Receipt& receipt);
  bool take_instead(const Receipt& receipt);
  bool take_from(Ticket& ticket, const Receipt& receipt);
  void count_member(const Receipt& receipt, GroupMessage& group);
  /// This session can get no equal message in another way.
  bool unmistakable(const GroupMessage& group) const;
  bool is_unique(const std::string& payload) const;
  bool excused(const std::string& rest) const;
  static bool is_missing(const Ticket::Topic& topic, std::int64_t now_ms);
  std::size_t missing(const Expected& like) const;
  bool in_order(const Receipt& receipt, std::size_t index) const;
  void check_order(const Receipt& receipt, std::size_t index);
  void check_gap(const Receipt& receipt, std::size_t index);
  void check_age(const Receipt& receipt, const Message& message) const;
  [[noreturn]] void unexpected(const Receipt& receipt) const;

  std::string name_;
  std::deque<Expected> expected_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_payload_;
  std::deque<Ticket> tickets_;
  std::map<std::uint16_t, Open> open_;                       ///< by packet id
  std::map<std::string, std::size_t> last_on_link_;          ///< link, QoS and topic → index + 1
  std::map<std::uint64_t, std::vector<std::size_t>> plain_;  ///< QoS 0 of a connection
  std::map<std::uint64_t, std::size_t> plain_next_;
  std::size_t outstanding_ = 0;
  std::size_t outstanding_bytes_ = 0;
};

}  // namespace owb::simulation
