#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/authenticator.hpp"
#include "broker/core/home_status.hpp"
#include "broker/core/kept_hub.hpp"
#include "broker/core/rate_budget.hpp"
#include "broker/core/realm.hpp"
#include "broker/core/route_cache.hpp"
#include "broker/core/session.hpp"
#include "broker/core/session_table.hpp"
#include "broker/core/takeovers.hpp"
#include "broker/core/tenant_scope.hpp"
#include "broker/core/topic_slots.hpp"
#include "tenants/base/assert.hpp"

namespace owb::core {

/// Why a connection is ended by the hub.
enum class EndReason : std::uint8_t { taken_over, administrative, not_authorized, shutting_down };

/// Everything the broker holds for one tenant: sessions, subscriptions, retained messages, quotas.
///
/// Ownership: Realm. Threading: shard-local.
/// Invariant: topics are ScopedTopic or the broker's own, so nothing of another tenant can get in.
class TenantHub final : private Timer {
 public:
  TenantHub(Realm& realm, std::string tenant,
            const std::shared_ptr<const tenants::TenantRecord>& record);
  ~TenantHub() override;

  Realm& realm() { return realm_; }

  const TenantScope& scope() const { return scope_; }

  const tenants::Limits& limits() const { return *limits_; }

  bool registered() const { return record_ != nullptr; }

  /// Null: known only from a password file.
  const tenants::TenantRecord* record() const { return record_.get(); }

  /// The tenant of this name that was deleted last; 0: none.
  std::uint64_t deleted_uid() const { return deleted_uid_; }

  // ---- connections ----
  /// Null: no room (`reason` says why). Kicks the session's former connection [MQTT-3.1.4-2].
  struct Admission {
    Session* session = nullptr;
    bool session_present = false;
    mqtt::Reason reason = mqtt::Reason::success;
  };

  Admission connect(ClientLink& link, const std::string& client_id, bool clean_start);

  /// The connection is gone. `publish_will`: it ended without DISCONNECT, or asked for its will.
  /// Goes through whatever fails in it: the session is without a connection after it (F64).
  void disconnect(Session& session, bool publish_will) noexcept;

  // ---- messages ----
  /// Delivers, and stores if it is to be retained [MQTT-3.3.1-5]. Errors: quota_exceeded, and
  /// nothing was delivered.
  Result<bool> publish(const TopicRef& topic, const MessageView& view, Session* from);

  /// The broker's own retained message, e.g. "/cloud/home". An empty payload removes it.
  void publish_own(std::string_view rest, std::string_view payload);

  /// A message of a tenant's client was refused: tells the owner by `user/cloud/denied` (rule 4).
  void denied(std::string_view topic);

  // ---- subscriptions ----
  /// Makes or replaces. `entry.filter` as the client wrote it. Errors: quota_exceeded.
  struct Granted {
    Subscription* subscription = nullptr;
    bool existed = false;
  };

  Result<Granted> subscribe(Session& session, const mqtt::SubscribeEntry& entry, std::uint32_t id,
                            const ScopedFilter& scoped, std::string_view group);
  /// Sends matching retained messages, in portions if there are many (F40).
  void start_replay(Subscription& subscription);
  bool unsubscribe(Session& session, std::string_view filter);

  /// What is cached of who gets what is no longer true.
  void routes_changed() {
    if (++route_generation_ == 0) {
      route_generation_ = 1;  // 0: never made
    }
  }

  void acls_changed();

  /// Goes on with what waits; `budget` counts the slots looked at. True: call again, the budget was
  /// used up.
  bool continue_replays(std::size_t& budget);
  /// Retained messages are still on their way to `session`; its PINGRESP waits for them, so that
  /// who has seen it has seen all.
  bool replaying(const Session& session) const;

  /// A session has room again.
  void resume_replays() {
    if (!replays_.empty()) {
      realm_.wants_replay(*this);
    }
  }

  // ---- the registry ----
  void record_changed(const std::shared_ptr<const tenants::TenantRecord>& record);
  /// Ends connections that came in with one of these cookies.
  void end_web_sessions(const std::vector<std::string>& session_ids);
  /// Ends every connection. `keep_wills` false: no will is published (F23).
  void end_all(EndReason reason, bool keep_wills);
  void forget_everything();

  /// A home has come, gone or changed its subscriptions: `user/cloud/home` follows (rule 8).
  void home_changed();

  HomeStatus& home() { return home_; }

  RateBudget& budget() { return budget_; }

  /// What the tenant holds in queues, unsent bytes and retained messages.
  MemoryBudget::Share& memory() { return memory_; }

  /// Gives `bytes` back, but keeps its equal share: first what is queued, newest first, then the
  /// connections that do not read (F37, F52). False: there was nothing to give.
  bool shed(std::size_t bytes);

  std::size_t session_count() const { return sessions_.size(); }

  std::size_t subscription_count() const;

  std::size_t retained_count() const { return retained_count_; }

  std::size_t retained_bytes() const { return retained_bytes_; }

  std::size_t link_count() const { return links().size(); }

  // ---- what is kept ----
  KeptHub& kept() { return kept_; }

  /// The session's own row: after CONNECT, after DISCONNECT, and when its will has gone.
  void keep_session(Session& session);

  /// Sessions whose messages are kept.
  bool keeps_sessions() const { return kept_sessions_ != 0; }

  /// Hands retained values that were only marked (QoS 0) to the keeper.
  void save_retained();
  /// Start-up only. False: damaged.
  bool restore(KeptKind kind, ByteView key, ByteView value);
  void restored();
  /// Realm::arrive(), into an empty hub: restores the entries and has them kept.
  std::size_t arrive(std::span<const tenants::StateEntry> entries);

  /// For Session: its expiry or will delay has come.
  void on_session_timer(Session& session) noexcept;

  /// How many times a message was put into a queue or sent; for who has to know whether it was at
  /// all.
  std::uint64_t deliveries() const { return deliveries_; }

  /// For Session: it has one more.
  void count_delivery() { ++deliveries_; }

 private:
  struct Replay {
    Subscription* subscription = nullptr;
    std::uint32_t next = 0;
  };

  void on_timer() override;
  /// Of the sessions that are connected.
  std::vector<ClientLink*> links() const;
  /// Rule 6: a new secret ends the home's connections, a new password the owner's, a suspension
  /// all.
  void end_those_with_former_credentials(const tenants::TenantRecord* former,
                                         const tenants::TenantRecord& record);
  void apply_record();
  void set_login_topics();
  bool store_retained(std::uint32_t index, const MessageView& view, MessageRef& stored);
  void drop_retained(TopicSlot& slot);
  void note_source(const TopicName& topic, const Session* from);
  bool source_may_write(const TopicName& topic) const;
  void keep_retained(std::uint32_t index, const MessageView& view);
  Subscription& make_subscription(Session& session, const mqtt::SubscribeEntry& entry,
                                  std::uint32_t id, const ScopedFilter& scoped,
                                  std::string_view group);
  bool restore_retained(ByteView key, ByteView value);
  bool restore_session(ByteView key, ByteView value);
  bool restore_subscription(ByteView key, ByteView value);
  bool restore_queued(ByteView key, ByteView value);
  bool restore_received(ByteView key, ByteView value);
  Session* restored_session(std::uint64_t number);
  const Route& route_of(std::uint32_t index);
  std::vector<Subscription*> matching(const TopicSlot& slot) const;
  void deliver(const Route& route, const TopicRef& topic, const MessageView& view, Session* from,
               MessageRef& stored);
  mqtt::Qos qos_towards(mqtt::Qos published, mqtt::Qos granted) const;
  void deliver_shared(SharedGroup& group, const TopicRef& topic, const MessageView& view,
                      Session* from, MessageRef& stored);
  enum class ReplayStep : std::uint8_t { done, blocked, out_of_budget };
  ReplayStep run_replay(Replay& replay, std::size_t& budget);
  void link_up(Subscription& made, const ScopedFilter& scoped, std::string_view group);
  void unlink(Subscription& subscription) noexcept;
  SharedGroup* join_group(const Subscription& subscription, std::string_view group);
  void leave_group(Subscription& subscription);
  void fire_will(Session& session) noexcept;
  void publish_will(const PendingWill& will, Session& session);
  void end_session(Session& session) noexcept;
  void end_links(mqtt::Reason reason, bool keep_wills,
                 const std::function<bool(const ClientLink&)>& is_over) noexcept;
  bool evict_for_new_session();
  bool too_many_links(const ClientLink& link) const;
  void invalidate(const Subscription& subscription);
  void arm_housekeeping();

  // constant after construction
  Realm& realm_;
  TenantScope scope_;

  // who may do how much
  std::shared_ptr<const tenants::TenantRecord> record_;
  const tenants::Limits* limits_ = nullptr;  ///< of the settings, or the tenant's own
  std::unique_ptr<const tenants::Limits> own_limits_;
  std::uint64_t deleted_uid_ = 0;
  RateBudget budget_;
  Rare<Takeovers> takeovers_;
  MemoryBudget::Share memory_;

  // clients
  SessionTable sessions_;

  // topics
  TopicSlots slots_;
  SubscriptionList wildcards_;
  Rare<RouteCache> routes_;
  std::uint32_t route_generation_ = 1;   ///< routes made before it changed are no longer true
  std::uint32_t routes_generation_ = 1;  ///< of what is in `routes_`
  Rare<std::map<std::string, std::unique_ptr<SharedGroup>, std::less<>>> groups_;
  std::vector<Replay> replays_;
  std::uint64_t deliveries_ = 0;
  /// Who retained what, where an acl_file decides over it (check_retain_source).
  Rare<boost::unordered_flat_map<const TopicName*, AclClient>> retained_sources_;
  std::size_t retained_count_ = 0;
  std::size_t retained_bytes_ = 0;
  std::size_t retained_expiring_ = 0;  ///< those with an expiry; swept while there are any

  // what is kept
  KeptHub kept_;
  std::uint64_t next_session_number_ = 1;
  std::size_t kept_sessions_ = 0;
  bool kept_of_another_ = false;  ///< start-up only: entries of a former tenant of the name
  Rare<std::vector<std::uint32_t>> unsaved_;  ///< slots; some may be saved already
  std::unique_ptr<boost::unordered_flat_map<std::uint64_t, Session*>>
      by_number_;  ///< start-up only

  // what the owner is told
  HomeStatus home_;

  struct Denied {
    std::uint64_t count = 0;
    std::int64_t since = 0;
    std::string topic;
    bool changed = false;  ///< `user/cloud/denied` does not know it yet
  };

  Rare<Denied> denied_;
};

}  // namespace owb::core
