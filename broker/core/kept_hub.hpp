#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/keeper.hpp"
#include "broker/core/kept_values.hpp"
#include "broker/core/message.hpp"
#include "broker/mqtt/packets.hpp"
#include "broker/mqtt/types.hpp"

namespace owb::core {

class Realm;
class Session;
struct PendingWill;
struct Subscription;

/// One message in the queue of a kept session.
struct KeptQueued {
  std::uint64_t session = 0;  ///< Session::number
  std::uint64_t place = 0;    ///< grows with the queue
  mqtt::PacketId id = mqtt::PacketId::none;
  mqtt::Qos qos = mqtt::Qos::at_least_once;
  bool retain = false;
  bool released = false;
  bool sent = false;  ///< it may have reached the client
  std::string_view group;
  std::span<const std::uint32_t> subscription_ids;
  std::string_view topic;  ///< behind the tenant's name
  MessageView view;
};

/// Tells the Keeper what one hub has to have kept. Does nothing where nothing is kept.
///
/// Ownership: TenantHub. Threading: shard-local.
class KeptHub {
 public:
  KeptHub(Realm& realm, const std::string& tenant) : realm_(realm), tenant_(tenant) {}

  bool active() const;

  /// Which tenant of this name the entries belong to: the registry's uid, 0 without one.
  void belongs_to(std::uint64_t uid) {
    announced_ = announced_ && uid == uid_;
    uid_ = uid;
  }

  /// The store knows that what is kept here belongs to the tenant with this uid.
  bool is_announced(std::uint64_t uid) const { return announced_ && uid == uid_; }

  /// The value of the tenant's own entry. False: what was kept belonged to another tenant, who is
  /// gone.
  bool restore_owner(ByteView value);

  void retained(const TopicName& topic, const MessageView& view);
  void no_retained(const TopicName& topic);
  void session(const Session& session);
  void no_session(const Session& session);
  void subscription(const Session& session, const Subscription& subscription);
  void no_subscription(const Session& session, const Subscription& subscription);
  void queued(const KeptQueued& entry);
  void no_queued(std::uint64_t session, std::uint64_t place);
  void received(std::uint64_t session, mqtt::PacketId id);
  /// The whole message, where it is passed on only when it is released.
  void held(std::uint64_t session, mqtt::PacketId id, const TopicName& topic,
            const MessageView& view);
  void no_received(std::uint64_t session, mqtt::PacketId id);
  /// An entry in the form in which it is kept.
  void as_it_is(KeptKind kind, ByteView key, ByteView value);
  /// Everything of this tenant (rule 6).
  void nothing();

 private:
  void put(KeptKind kind, const KeptWriter& key, std::span<const ByteView> parts);
  void erase(KeptKind kind, const KeptWriter& key);
  void announce();

  Realm& realm_;
  const std::string& tenant_;
  std::uint64_t uid_ = 0;
  bool announced_ = false;
};

/// A session as it was kept, with views into the value.
struct KeptSession {
  std::uint64_t number = 0;
  std::uint32_t expiry_s = 0;
  bool no_local = false;
  bool retain_as_published = false;
  bool viewer = false;
  std::int64_t disconnected_wall_s = 0;  ///< 0: was connected
  std::vector<mqtt::PacketId> burned;
  bool has_will = false;
  std::string_view will_topic;
  std::uint32_t will_delay_s = 0;
  std::uint32_t will_expiry_s = 0;
  bool will_has_expiry = false;
  MessageView will;
};

/// A subscription as it was kept, with views into the value.
struct KeptSubscription {
  mqtt::SubscribeOptions options;
  std::uint32_t id = 0;
  std::string_view full;  ///< its filter from the tenant's name on, without `$share/GROUP/`
};

/// Empty: damaged, or of another format.
std::optional<KeptSubscription> read_subscription(ByteView value);
std::optional<KeptSession> read_session(ByteView value, const Now& now);
std::optional<KeptQueued> read_queued(ByteView key, ByteView value, const Now& now,
                                      std::vector<std::uint32_t>& ids);

}  // namespace owb::core
