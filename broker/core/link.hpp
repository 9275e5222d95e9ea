#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "broker/core/authenticator.hpp"
#include "broker/core/hub.hpp"
#include "broker/core/realm.hpp"
#include "broker/core/session.hpp"
#include "broker/core/timer_wheel.hpp"
#include "broker/core/transport.hpp"
#include "broker/mqtt/codec.hpp"

namespace owb::core {

/// One client's connection as the protocol sees it: bytes and timer events in, packets and bytes
/// out. No socket, no clock.
///
/// Life: awaiting CONNECT → authenticating → connected → closing. When it is closing, the transport
/// destroys it at its leisure. Ownership: the transport's connection object. Threading:
/// shard-local. Bounds: unparsed input by the packet limits, output by the session's queue limit.
class ClientLink final : private Timer {
 public:
  ClientLink(Realm& realm, Transport& transport, Peer peer);
  ~ClientLink() override;

  // ---- the transport ----
  /// Bytes of the stream, in any portions.
  void feed(ByteView bytes);
  /// The transport has sent everything: the session may go on.
  void on_writable();
  /// The connection broke; the link may be destroyed afterwards.
  void on_closed() noexcept;
  /// Only inside a catch block: something went wrong with this connection that is nobody's doing,
  /// so it ends as if the network had failed, and the log says why. Nothing of this gets out of a
  /// link: whoever calls it serves others, too (F64).
  void broke() noexcept;

  Outbox& outbox() { return outbox_; }

  Transport& transport() { return transport_; }

  bool closing() const { return state_ == State::closing; }

  void clear_dirty() { dirty_ = false; }

  // ---- the realm and the hub ----
  void auth_done(const AuthResult& result) noexcept;
  /// Ends the connection from the broker's side: DISCONNECT with `reason` for 5.0, then close.
  void end(mqtt::Reason reason, std::string_view text = {}) noexcept;

  /// The will is not to be published when the connection ends.
  void discard_will() { will_ = nullptr; }

  /// What the client proved to be.
  Role role() const { return role_; }

  /// Of the cookie it came in with, raw; empty: none.
  const std::string& cookie_session() const { return cookie_.get().session_id; }

  const Peer& peer() const { return peer_; }

  bool connected() const { return state_ == State::connected; }

  bool bridge() const { return bridge_; }

  std::unique_ptr<PendingWill> take_will() { return std::move(will_); }

  std::int64_t last_heard_ms() const { return last_heard_ms_; }

  std::int64_t opened_ms() const { return opened_ms_; }

  Session* session() { return session_; }

  /// All retained messages of its subscriptions have been sent.
  void replay_done() noexcept;

  // ---- the session: sending ----
  /// False while enough is on its way already.
  bool writable();

  /// True once after writable() was false: the transport calls on_writable() when it has room
  /// again.
  bool take_held_back() { return std::exchange(held_back_, false); }

  /// on_writable() is to be called even if there is room: the session was interrupted.
  void try_again() noexcept;

  /// QoS 1 and 2 messages that may be unacknowledged at once.
  std::uint16_t window() const { return window_; }
  enum class Sent : std::uint8_t { sent, too_large };
  Sent send_publish(const TopicRef& topic, const MessageView& view, mqtt::Qos qos, bool retain,
                    bool dup, mqtt::PacketId id, std::span<const std::uint32_t> subscription_ids);
  void send_pubrel(mqtt::PacketId id, mqtt::Reason reason);

  /// Batches up to `committed` are kept: what waited for them goes out. Registers again with the
  /// realm if something is still held.
  void release_held(std::uint64_t committed) noexcept;

  /// Bytes not yet with the kernel.
  std::size_t backlog() const { return outbox_.size() + transport_.in_transit(); }

  /// For the realm, after each flush: what is left counts as the tenant's memory.
  void count_backlog();
  /// The peer does not read and its tenant's memory is needed: what it has not read is thrown away,
  /// and the connection ends (F37, F52).
  void give_up_reader();

 private:
  enum class State : std::uint8_t { awaiting_connect, authenticating, connected, closing };

  struct CookieLogin {
    std::string session_id;
    std::int64_t expires = 0;  ///< unix seconds; 0: never
  };

  /// History requests of a viewer in the minute that began then (rule 11).
  struct Asked {
    std::int64_t minute_ms = 0;
    std::uint64_t count = 0;
  };

  struct Aliases {
    boost::unordered_flat_map<std::uint16_t, std::string> in;  ///< alias → whole topic
    boost::unordered_flat_map<const TopicName*, std::uint16_t> out;
    std::vector<TopicRef> held;  ///< keeps the names of `out`
  };

  /// Output that may go out only when its batch is committed (design 7). Other packets overtake it;
  /// among themselves these keep their order [MQTT-4.6.0-2] to [MQTT-4.6.0-4].
  struct Held {
    struct Mark {
      std::size_t end = 0;
      std::uint64_t batch = 0;
    };

    Bytes bytes;
    std::vector<Mark> marks;
    std::uint64_t answer_batch = 0;     ///< CONNACK or SUBACK, on which all else waits, is in it
    bool connack = false;               ///< in it: the session goes on when it is out
    std::vector<Subscription*> replay;  ///< SUBACK first, then their retained messages
  };

  void on_timer() override;

  template <typename F>
  void guarded(F&& call) noexcept;

  // input
  void take_in(ByteView bytes);
  void go_on_with_connect(const AuthResult& result);
  void go_on();
  void check_deadlines();
  std::size_t process(ByteView bytes);
  void keep(ByteView bytes);
  std::size_t handle_oversize(const mqtt::FrameScan& scan, ByteView input);
  void skip(std::size_t count);
  void dispatch(const mqtt::Frame& frame);
  void on_connect(const mqtt::Frame& frame);
  void accept_connect(const mqtt::Connect& packet, const Identity& identity);
  bool prepare_will(const mqtt::Connect& packet);
  bool choose_client_id(const mqtt::Connect& packet, std::string& client_id, bool& assigned);
  bool takes_texts(const mqtt::Connect& packet);
  bool choose_keep_alive(std::uint16_t wanted, std::optional<std::uint16_t>& told);
  void on_publish(const mqtt::Frame& frame);
  bool check_publish(mqtt::Publish& packet);
  bool resolve_alias(mqtt::Publish& packet);
  std::uint16_t topic_alias_maximum() const;
  void accept_publish(const mqtt::Publish& packet);
  void accept_exactly_once(const mqtt::Publish& packet);
  mqtt::Reason hold(mqtt::PacketId id, const TopicRef& topic, const MessageView& view);
  mqtt::Reason id_reason(bool known) const;
  void acknowledge_publish(mqtt::Qos qos, mqtt::PacketId id, mqtt::Reason reason,
                           std::uint64_t batch);
  bool is_own_bridge_state(std::string_view topic, std::string_view client_id) const;
  bool may_publish(const TopicName& topic);
  bool viewer_may_ask();
  mqtt::Reason route_publish(const mqtt::Publish& packet);
  void on_pubrel(const mqtt::Ack& packet);
  void pass_on_held(mqtt::PacketId id, const MessageRef& message);
  void on_ack(const mqtt::Frame& frame);
  void on_subscribe(const mqtt::Frame& frame);
  std::string full_name(std::string_view name) const;
  bool takes_filter(std::string_view filter) const;
  mqtt::Reason subscribe_one(const mqtt::SubscribeEntry& entry, std::uint32_t id,
                             std::vector<Subscription*>& replay);
  void on_unsubscribe(const mqtt::Frame& frame);
  void on_disconnect(const mqtt::Frame& frame);
  void pause(std::int64_t ms);
  /// F49: who makes more of what the disk does not take is not read from until it does.
  void pause_if_keeper_is_full();
  void resume_input();

  // output
  void refuse_connect(mqtt::Reason reason, std::string_view text = {});
  void refuse_broken_connect(const mqtt::Frame& frame, const Error& error);
  void fail(mqtt::Reason reason, std::string_view text = {});
  /// A packet of `type` that cannot be.
  void fail(mqtt::PacketType type, const Error& error);
  void start_closing(std::uint16_t websocket_code) noexcept;
  void answer_pings(std::uint16_t count);
  void count_answers(std::size_t bytes);
  template <typename Encode>
  bool put(Bytes& buffer, const Encode& encode);
  void send_ack(mqtt::PacketType type, mqtt::PacketId id, mqtt::Reason reason, std::uint64_t batch);
  bool use_known_alias(const TopicRef& topic, mqtt::OutgoingPublish& packet) const;
  bool make_alias(const TopicRef& topic, mqtt::OutgoingPublish& packet);
  /// After `batch`, or past what is held.
  void append_publish(const TopicRef& topic, mqtt::OutgoingPublish& packet, bool new_alias,
                      std::optional<std::uint64_t> batch);
  std::uint32_t longest_expiry() const;
  Bytes& out();
  Bytes& out_after(std::uint64_t batch);
  void mark_held(std::uint64_t batch);
  void take_from_held(std::size_t count);
  void release(std::uint64_t committed);
  std::uint64_t batch_of_effect() const;
  std::uint64_t batch_of_session() const;
  void wait_for_commit();
  void start_replays(const std::vector<Subscription*>& replay);

  bool input_waits() const {
    return paused_ || answers_full_ || waits_for_commit_ || state_ == State::authenticating;
  }

  void produced();
  void arm_keep_alive();
  std::size_t packet_limit() const;

  // constant after construction
  Realm& realm_;
  Transport& transport_;
  Peer peer_;
  std::uint64_t id_;
  std::int64_t opened_ms_;

  // the connection's state
  State state_ = State::awaiting_connect;
  Role role_ = Role::owner;
  mqtt::Version version_ = mqtt::Version::v311;
  bool bridge_ = false;
  bool dirty_ = false;
  bool paused_ = false;
  bool waits_for_space_ = false;  ///< paused until the disk has taken some (F49)
  bool held_back_ = false;
  bool waits_for_commit_ = false;    ///< CONNACK or SUBACK is held: further packets wait
  bool answers_full_ = false;        ///< too many answers unread: nothing more is taken in
  std::uint16_t pings_waiting_ = 0;  ///< PINGRESPs owed once the replay is done
  std::uint16_t qos2_open_ = 0;      ///< 5.0: QoS 2 PUBLISHs of this connection without PUBCOMP
  std::uint16_t keep_alive_s_ = 0;
  std::uint16_t window_ = 20;
  std::uint16_t alias_maximum_out_ = 0;
  std::uint32_t client_packet_maximum_ = 0;  ///< 0: no limit
  std::uint32_t requested_expiry_s_ = 0;
  std::int64_t last_heard_ms_;
  std::int64_t paused_until_ms_ = 0;
  std::size_t answer_bytes_ = 0;  ///< written since the peer had read everything
  std::size_t skip_ = 0;          ///< bytes of an oversize packet still to be thrown away
  mqtt::Qos skipped_qos_ = mqtt::Qos::at_most_once;
  mqtt::PacketId skipped_id_ = mqtt::PacketId::none;
  std::size_t counted_backlog_ = 0;
  Session* session_ = nullptr;
  TenantHub* hub_ = nullptr;
  Rare<CookieLogin> cookie_;
  Rare<Asked> asked_;
  std::unique_ptr<PendingWill> will_;
  std::unique_ptr<Aliases> aliases_;
  std::unique_ptr<Held> held_;
  std::uint64_t changes_before_ = 0;  ///< Realm::kept_changes() before the packet in hand
  Bytes input_;                       ///< an unfinished packet, or what waits while paused
  Outbox outbox_;
};

/// What `call` throws ends this connection and nothing else.
template <typename F>
void ClientLink::guarded(F&& call) noexcept {
  try {
    std::forward<F>(call)();
  } catch (...) {
    broke();
  }
}

/// Appends to `buffer` (out() or out_after()) what `encode(buffer)` writes, unless it is larger
/// than the client takes: then it is not sent [MQTT5-3.1.2-24], and the result is false. For
/// everything but PUBLISH.
template <typename Encode>
bool ClientLink::put(Bytes& buffer, const Encode& encode) {
  const auto before = buffer.size();
  try {
    encode(buffer);
  } catch (...) {
    buffer.resize(before);  // no half packet ever goes out (F64)
    throw;
  }
  const auto size = buffer.size() - before;
  if (client_packet_maximum_ != 0 && size > client_packet_maximum_) {
    buffer.resize(before);
    --realm_.stats().packets_sent;
    return false;
  }
  count_answers(size);
  return true;
}

}  // namespace owb::core
