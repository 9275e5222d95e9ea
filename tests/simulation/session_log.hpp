#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/core/delivery_watch.hpp"
#include "broker/mqtt/packets.hpp"

namespace owb::simulation {

/// A message as the model's broker has accepted it.
struct Message {
  std::string rest;  ///< topic behind the tenant's name
  std::string payload;
  mqtt::Qos qos = mqtt::Qos::at_most_once;
  bool retain = false;
  bool order = false;
  bool expiry_is_property = false;
  std::int64_t expires_ms = 0;  ///< 0: never
  std::string source;           ///< session key; empty: the broker

  bool expired(std::int64_t now_ms) const { return expires_ms != 0 && now_ms >= expires_ms; }

  /// What it counts in a queue.
  std::size_t cost() const { return rest.size() + payload.size(); }
};

/// A PUBLISH as a client has received it, repetitions included.
struct Receipt {
  std::uint64_t connection = 0;       ///< of its session: the first, the second ...
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

/// The retained messages that one subscription is to get.
struct Replay {
  std::string filter;
  std::size_t times = 1;                     ///< asked for so often in one SUBSCRIBE
  std::set<std::string> owed;                ///< topics
  std::set<std::string> open;                ///< topics that may come, or not
  std::set<std::string> of_former;           ///< SUBSCRIBE: they may come once more
  std::map<std::string, std::size_t> given;  ///< topic → how often
};

/// A message that a session was given, or is to be given.
struct Entry {
  Message message;
  mqtt::Qos qos = mqtt::Qos::at_most_once;
  bool retain = false;
  std::vector<std::uint32_t> ids;  ///< ascending
  std::string group;               ///< the filter of the shared subscription, else empty
  std::shared_ptr<Replay> replay;  ///< null: live

  std::uint64_t connection = 0;   ///< the first it can be sent on; QoS 0: the only one
  std::uint64_t received_on = 0;  ///< 0: not yet
  std::uint64_t place = 0;        ///< in the broker's queue; QoS 0: none
  std::uint16_t id = 0;           ///< under which it was received
  bool released = false;          ///< the broker has its PUBREC
  bool handed_on = false;         ///< its session has ended: another member of the group has it

  /// The same PUBLISH.
  bool looks_like(const Entry& other) const {
    return message.rest == other.message.rest && message.payload == other.message.payload &&
           qos == other.qos && retain == other.retain && ids == other.ids;
  }
};

std::string describe(const Entry& entry);

/// What one session was given, in that order, and what its client has received of it. Throws
/// Violation at the first receipt that is not the next one.
class SessionLog {
 public:
  SessionLog(std::string owner, std::string name)
      : owner_(std::move(owner)), name_(std::move(name)) {}

  /// Tenant and key.
  const std::string& owner() const { return owner_; }

  const std::string& name() const { return name_; }

  std::uint64_t number = 0;  ///< the broker's; 0: not known yet
  bool ended = false;
  std::uint32_t packet_limit = 0;  ///< of the client; 0: none
  std::size_t window = 20;

  void connect();

  void disconnect() { connected_ = false; }

  bool connected() const { return connected_; }

  std::uint64_t connections() const { return connections_; }

  // ---- the broker ----
  /// `connection`: it has one in this moment; 0: none.
  void add(Entry entry, std::uint64_t connection);
  /// Takes out what the broker says it has dropped: from this place of its queue, or what it was
  /// given last.
  Entry take_dropped(const Entry& like, core::Drop why, std::int64_t now_ms);

  /// The broker has taken in an acknowledgement.
  void puback(std::uint16_t id) { take_out(id, mqtt::Qos::at_least_once, false); }

  void pubrec(std::uint16_t id);

  void pubcomp(std::uint16_t id) { take_out(id, mqtt::Qos::exactly_once, true); }

  /// Of QoS 1 and 2, not acknowledged.
  std::size_t count() const { return count_; }

  std::size_t bytes() const { return bytes_; }

  std::list<Entry>& entries() { return entries_; }

  // ---- the client ----
  void received(const Receipt& receipt);
  /// Who has the PINGRESP has what could be sent of `replay` at once.
  void check_sent(const Replay& replay, std::uint64_t connection) const;
  /// Everything that could come has come, and is acknowledged.
  void check_complete() const;

 private:
  using Place = std::list<Entry>::iterator;

  bool may_drop(const Entry& entry, core::Drop why, std::int64_t now_ms) const;
  Place find_next(const Receipt& receipt);
  bool was_given_up(const Receipt& receipt) const;
  bool may_come_with_qos_1(const Entry& entry) const;
  Place find_id(std::uint16_t id);
  void take_out(std::uint16_t id, mqtt::Qos qos, bool released);
  void erase(Place place);

  std::string owner_;
  std::string name_;
  bool connected_ = false;
  std::uint64_t connections_ = 0;
  std::list<Entry> entries_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t next_place_ = 1;
  std::size_t lost_places_ = 0;     ///< QoS 2 orders that were given up
  std::set<std::uint16_t> burned_;  ///< ids of orders that were given up (rule 9)
  std::vector<Entry> given_up_;     ///< orders
};

}  // namespace owb::simulation
