#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "broker/core/acl.hpp"
#include "broker/core/delivery_watch.hpp"
#include "broker/core/kept_hub.hpp"
#include "broker/core/message.hpp"
#include "broker/core/rare.hpp"
#include "broker/core/ring_queue.hpp"
#include "broker/core/subscription.hpp"
#include "broker/core/timer_wheel.hpp"
#include "broker/mqtt/types.hpp"

namespace owb::core {

class ClientLink;
class TenantHub;

/// A will that waits: for its delay, or for the connection to break [MQTT-3.1.2-8],
/// [MQTT5-3.1.3-9].
struct PendingWill {
  TopicRef topic;
  MessageRef message;
  std::uint32_t delay_s = 0;
  std::uint32_t expiry_s = 0;  ///< message expiry interval, counted from publishing
  bool has_expiry = false;
};

/// One message on its way to one subscriber.
struct Delivery {
  const TopicRef& topic;
  const MessageView& view;
  MessageRef& stored;  ///< made from `view` when the first subscriber has to keep it
  mqtt::Qos qos = mqtt::Qos::at_most_once;
  bool retain = false;
  std::span<const std::uint32_t> subscription_ids = {};
  const SharedGroup* group = nullptr;
  const Subscription* replay = nullptr;  ///< a retained message for this subscription
  std::uint64_t place = 0;               ///< where it stood in the queue it is dropped from
};

/// What a client's session keeps over connections [MQTT-4.1.0-1], [MQTT5-3.1.2-23]: subscriptions,
/// QoS 1 and 2 messages both ways.
///
/// Ownership: TenantHub. Threading: shard-local.
/// Bounds: queue by Limits (messages, bytes), window by the client's receive maximum, received ids
/// by 65,535.
class Session final : private Timer {
 public:
  Session(TenantHub& hub, std::string client_id);
  ~Session() override;

  const std::string& client_id() const { return client_id_; }

  /// Hash of the client id, the message source for no-local.
  std::uint32_t source() const { return source_; }

  TenantHub& hub() { return hub_; }

  const TenantHub& hub() const { return hub_; }

  ClientLink* link() { return link_; }

  const ClientLink* link() const { return link_; }

  bool connected() const { return link_ != nullptr; }

  // ---- connection ----
  void attach(ClientLink& link);
  /// The connection has gone. Window entries become unsent again, to be repeated with DUP
  /// [MQTT-4.4.0-1], [MQTT5-4.4.0-1].
  void detach();
  /// Sends again what is unacknowledged, then what waits. Call once after CONNACK.
  void resume();

  // ---- towards the client ----
  /// Viewers receive only some topics, whatever their filters (rule 11); with an acl_file nobody
  /// receives more than it says.
  bool may_see(const TopicName& topic) const {
    return (!viewer || topic.has(kTopicViewerSees)) &&
           (acl == nullptr || acl->may(Acl::Access::read, topic.text()));
  }

  /// Sends or queues. A full queue drops the message for this session and counts it.
  void deliver(const Delivery& delivery);
  /// deliver() would send or keep such a message now, instead of dropping it.
  bool has_room_for(mqtt::Qos qos, const TopicName& topic, const MessageView& view) const;
  /// Sends from the queue as far as window and connection allow.
  void pump();
  /// What an acknowledgement of the client has met.
  enum class Step : std::uint8_t {
    taken,    ///< the next step of its flow, or the last one again
    unknown,  ///< nothing of that id is on its way
    wrong,    ///< something is, but another step would be next; nothing is changed
  };

  /// PUBACK, PUBREC or PUBCOMP; `refused`: a PUBREC that ends the flow.
  Step on_ack(mqtt::PacketType type, mqtt::PacketId id, bool refused);

  /// The id of an order that was given up: never released, or the client would act on it (rule 9).
  bool gave_up(mqtt::PacketId id) const { return burned_.get().contains(id); }

  /// True if a retained message of `cost` bytes can be queued without displacing live ones.
  bool has_room_for_replay(std::size_t cost) const;

  std::size_t queued() const { return out_.size(); }

  std::size_t queued_bytes() const { return queued_bytes_; }

  /// Drops what was never sent, QoS 0 first, newest first, until `bytes` are free. Returns how many
  /// are.
  std::size_t shed(std::size_t bytes);

  std::size_t in_flight() const { return in_flight_; }

  std::uint64_t dropped() const { return dropped_; }

  // ---- from the client: QoS 2 by method B, only ids are held until PUBREL ----
  /// False: a repetition, not to be passed on again [MQTT-4.3.3-2].
  bool remember_received(mqtt::PacketId id);

  bool has_received(mqtt::PacketId id) const { return received_.get().contains(id); }

  bool forget_received(mqtt::PacketId id);

  /// It was remembered just now, and nobody has got the message: its repetition is the first (F64).
  void take_back_received(mqtt::PacketId id) noexcept;

  // ---- from the client: QoS 2 by method A, the message is held until PUBREL (classic mode) ----
  enum class Hold : std::uint8_t {
    done,
    full,      ///< no room for it: it is not held
    repeated,  ///< the same for the third time on this connection
  };

  /// A message of the same id is replaced. Bounded like the queue in bytes, and by
  /// Settings::receive_maximum.
  Hold hold(mqtt::PacketId id, const TopicRef& topic, const MessageView& view);

  bool holds(mqtt::PacketId id) const { return held_.get().by_id.contains(id); }

  std::size_t held_count() const { return held_.get().by_id.size(); }

  /// Null: there is none of this id. forget_held() when the message has been passed on, or
  /// restore_held() if that failed.
  MessageRef take_held(mqtt::PacketId id);

  /// What is kept of it goes.
  void forget_held(mqtt::PacketId id);

  // ---- what is kept of it (design 7) ----
  /// Its queue and ids leave the keeper; the hub does the rest.
  void forget_kept();
  void restore_queued(const KeptQueued& entry, const TopicRef& topic);

  void restore_received(mqtt::PacketId id) { received_.made().insert(id); }

  void restore_held(mqtt::PacketId id, const MessageRef& message);

  void restore_burned(const std::vector<mqtt::PacketId>& ids) {
    if (!ids.empty()) {
      burned_.made().insert(ids.begin(), ids.end());
      lost_places_ = static_cast<std::uint16_t>(ids.size());  // of which QoS they were is not kept
    }
  }

  const boost::unordered_flat_set<mqtt::PacketId>& burned() const { return burned_.get(); }

  // ---- owned by the hub ----
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  std::unique_ptr<PendingWill> will;
  std::unique_ptr<AclClient> acl;  ///< classic mode
  std::int64_t disconnected_ms = 0;
  std::uint64_t number = 0;          ///< its name in what is kept; unique in the hub
  std::uint64_t epoch = 0;           ///< grows with every connection
  std::uint32_t expiry_s = 0;        ///< after disconnect; 0xFFFFFFFF: never
  bool no_local = false;             ///< home secret or bridge bit (rule 7)
  bool retain_as_published = false;  ///< bridge bit
  bool viewer = false;               ///< receives only what a viewer may
  bool home = false;                 ///< counts as the home (rule 8)
  bool kept = false;                 ///< outlives the process

  /// Arms the timer for session expiry or will delay, whichever is first; the hub is told by
  /// on_session_timer().
  void arm_timer(std::int64_t deadline_ms);

  void cancel_timer() { cancel(); }

  /// Calls `visit(message, group name)` for every message of a shared subscription that another
  /// member may get: QoS 1 that was not acknowledged, QoS 2 that was never sent [MQTT5-4.8.2-5].
  template <typename F>
  void for_each_unacknowledged_shared(F&& visit) {
    for (std::size_t i = 0; i < out_.size(); ++i) {
      auto& entry = out_[i];
      const bool open = entry.state != State::done && entry.extra && !entry.extra->group.empty();
      if (open && (entry.qos == mqtt::Qos::at_least_once ||
                   (entry.state == State::unsent && !entry.sent_before))) {
        visit(entry.message, entry.extra->group);
      }
    }
  }

 private:
  enum class State : std::uint8_t { unsent, await_puback, await_pubrec, await_pubcomp, done };

  struct Held {
    MessageRef message;
    unsigned repeated = 0;  ///< how often the same came again on this connection
  };

  struct HeldMessages {
    boost::unordered_flat_map<mqtt::PacketId, Held> by_id;
    std::size_t bytes = 0;
  };

  struct Extra {
    std::vector<std::uint32_t> subscription_ids;
    std::string group;
  };

  struct Entry {
    MessageRef message;
    std::unique_ptr<Extra> extra;
    mqtt::PacketId id = mqtt::PacketId::none;
    mqtt::Qos qos = mqtt::Qos::at_most_once;
    State state = State::unsent;
    bool retain = false;
    bool sent_before = false;  ///< DUP when it is sent again [MQTT-3.3.1-1]
    bool released = false;     ///< PUBREC was received: only PUBREL is repeated
    bool kept = false;         ///< the keeper has it
    std::uint64_t place = 0;   ///< among all that were ever queued
  };

  static std::span<const std::uint32_t> subscription_ids_of(const Entry& entry) {
    return entry.extra ? std::span<const std::uint32_t>(entry.extra->subscription_ids)
                       : std::span<const std::uint32_t>();
  }

  /// 0: none.
  struct QueueBounds {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };

  void on_timer() override;
  bool goes_past_queue(mqtt::Qos qos) const;
  bool has_room_on_link(const MessageView& view) const;
  bool has_room_in_queue(std::size_t cost) const;
  bool enqueue(const Delivery& delivery);
  void tell_of_full_queue();
  enum class Way : std::uint8_t { waiting, sent };
  void keep(Entry& entry, Way way);
  void keep_last();
  bool send_entry(Entry& entry);
  bool is_stale_order(const Entry& entry) const;
  void give_up(Entry& entry);
  bool has_place_for(Entry& entry);
  static bool is_order_with_two_steps(const Entry& entry);
  std::size_t places_at_risk() const;
  Entry* find(mqtt::PacketId id);
  bool window_is_open() const;
  bool gives_ids_ahead() const;
  void finish(Entry& entry);
  void watch(const Delivery& delivery);
  void count_drop(const Delivery& delivery, Drop why);
  void count_drop(Entry& entry, Drop why);
  void trim();
  void compact(std::size_t end);
  QueueBounds bounds() const;
  mqtt::PacketId next_packet_id();
  bool find_free_ids();

  TenantHub& hub_;
  std::string client_id_;
  std::uint32_t source_;
  ClientLink* link_ = nullptr;

  /// In order; [0, first_unsent_) was sent on this connection, and PUBRELs of former ones were.
  RingQueue<Entry> out_;
  std::uint32_t first_unsent_ = 0;
  std::uint32_t sent_end_ = 0;       ///< nothing from here on was ever sent
  std::size_t in_flight_ = 0;        ///< sent and not acknowledged on this connection
  std::size_t in_flight_bytes_ = 0;  ///< of their payloads
  std::size_t done_ = 0;             ///< acknowledged, but not yet at the front
  std::size_t queued_bytes_ = 0;
  std::uint16_t last_id_ = 0;
  std::uint16_t free_ids_ = 0;  ///< so many behind `last_id_` are not in use
  std::uint64_t dropped_ = 0;
  std::uint64_t next_place_ = 1;
  std::uint16_t lost_places_ = 0;  ///< of the client's window, by QoS 2 orders that were given up
  std::uint16_t open_orders_ = 0;  ///< QoS 2 orders that may come to that: sent, no PUBREC yet
  bool burned_changed_ = false;  ///< what is kept of the session does not know it yet
  bool told_full_ = false;       ///< the log knows that its queue is full
  Rare<boost::unordered_flat_set<mqtt::PacketId>>
      burned_;  ///< ids of dropped orders, unused while the session lives (rule 9)
  Rare<boost::unordered_flat_set<mqtt::PacketId>> received_;
  Rare<HeldMessages> held_;
};

}  // namespace owb::core
