#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "broker/core/acl.hpp"
#include "broker/core/authenticator.hpp"
#include "broker/core/keeper.hpp"
#include "broker/core/kept_values.hpp"
#include "broker/core/memory_budget.hpp"
#include "broker/core/now.hpp"
#include "broker/core/settings.hpp"
#include "broker/core/timer_wheel.hpp"
#include "broker/core/topic_table.hpp"
#include "broker/core/transport.hpp"

namespace owb::core {

class ClientLink;
class DeliveryWatch;
class SysTopics;
class TenantHub;

/// Counters of one worker since its start.
struct RealmStats {
  std::uint64_t packets_received = 0;  ///< of any type
  std::uint64_t packets_sent = 0;
  std::uint64_t messages_received = 0;  ///< PUBLISH
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_dropped = 0;  ///< full queues, slow readers, too large for the client
  std::uint64_t denied = 0;            ///< outside the tenant, not permitted
  std::uint64_t filtered = 0;          ///< rule 10
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t connections = 0;  ///< now
  std::uint64_t sessions = 0;     ///< now
  std::uint64_t sessions_expired = 0;
};

/// All hubs of one worker and what they share: names, timers, the time, spare buffers.
///
/// Ownership: one for each worker (one in all in classic mode). Threading: shard-local.
class Realm final : private Timer {
 public:
  struct Parts {
    std::shared_ptr<const Settings> settings;
    std::unique_ptr<const TopicRules> rules;
    std::array<unsigned char, 16> hash_key{};  ///< random
    std::uint64_t random_seed = 0;             ///< for client ids and the like
    Now now;
    Keeper* keeper = nullptr;  ///< outlives the realm; null: nothing is kept
    DeliveryWatch* watch = nullptr;  ///< likewise; null: nobody looks on
  };

  Realm(Parts parts, Authenticator& authenticator);
  ~Realm() override;
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;

  // ---- the owner of the loop ----
  /// Sets the time for this turn and fires timers.
  void advance(Now now);
  /// Sends what the turn has produced: one write for each connection.
  void end_turn();

  /// True if end_turn() left work that must not wait for the next event (retained replay, what is
  /// to be kept).
  bool has_pending_work() const {
    return !replaying_.empty() || !dirty_.empty() || has_unsealed_changes();
  }

  /// Answer to a pending AuthRequest.
  void auth_done(std::uint64_t link, const AuthResult& result);
  /// The registry's record of `tenant` has changed; null: it is gone (rule 6).
  void tenant_changed(std::string_view tenant, std::shared_ptr<const tenants::TenantRecord> record);
  void sessions_revoked(const std::vector<std::string>& session_ids);
  /// Classic mode: the acl_file of each listener, null: none. Holds for what is connected, too.
  void set_acls(std::vector<std::shared_ptr<const Acl>> by_listener);

  std::shared_ptr<const Acl> acl_of(std::uint32_t listener) const {
    return listener < acls_.size() ? acls_[listener] : nullptr;
  }

  /// Every connection gets its DISCONNECT; wills of clients are published as the specification says
  /// for a server that closes.
  void shut_down();

  /// Retained messages at QoS 0 are written now instead of after autosave_interval.
  void save_now() { save(now_.mono_ms); }

  // ---- what is kept (design 7) ----
  /// Start-up only, before anything connects: one entry of the store, in the store's order.
  /// `record` is the registry's of that tenant, null if it has none.
  /// False: the entry is damaged and was left out.
  bool restore(std::string_view tenant, const std::shared_ptr<const tenants::TenantRecord>& record,
               KeptKind kind, ByteView key, ByteView value);
  /// Start-up only, after the last entry: what ran out while the broker was away ends now.
  void restored();
  /// A tenant that was imported comes with its entries, which KeptPassage has let through. What a
  /// user of that name had whom only a password file knew goes. Nothing happens if the entries are
  /// there already: the broker ended before that was noted. Returns how many made no sense.
  std::size_t arrive(const std::shared_ptr<const tenants::TenantRecord>& record,
                     std::span<const tenants::StateEntry> entries);
  /// The keeper has news: more is committed, or it fails.
  void kept();

  /// Null: nothing is kept.
  Keeper* keeper() const { return parts_.keeper; }

  /// Null: nobody looks on.
  DeliveryWatch* delivery_watch() const { return parts_.watch; }

  /// Something was handed to the keeper in this turn.
  void kept_change() {
    ++kept_changes_;
    changed_batch_ = parts_.keeper->open_batch();
  }

  /// Grows with every change.
  std::uint64_t kept_changes() const { return kept_changes_; }

  /// The batch with the last change; what depends on everything so far waits for it.
  std::uint64_t changed_batch() const { return changed_batch_; }

  bool is_committed(std::uint64_t batch) const {
    return parts_.keeper == nullptr || batch <= parts_.keeper->committed();
  }

  bool keeper_fails() const { return parts_.keeper != nullptr && parts_.keeper->failing(); }

  /// More waits for the disk than may: who makes more of it is not read from.
  bool keeper_is_full() const {
    return parts_.keeper != nullptr && parts_.keeper->uncommitted_bytes() > kMostUncommitted;
  }

  /// `link` has output that waits for a commit.
  void holds(ClientLink& link) { holding_.push_back(&link); }

  void holds_no_longer(const ClientLink& link);

  struct KeptScratch {
    KeptWriter key;
    KeptWriter value;
  };

  /// Empty, for the subscription identifiers of the message in hand.
  std::vector<std::uint32_t>& id_scratch() {
    id_scratch_.clear();
    return id_scratch_;
  }

  /// Empty, for the next entry.
  KeptScratch& kept_scratch() {
    kept_scratch_.key.clear();
    kept_scratch_.value.clear();
    return kept_scratch_;
  }

  /// `hub` has retained QoS 0 values that are newer than what is kept.
  void wants_saving(TenantHub& hub);
  void forget_saving(const TenantHub& hub);

  // ---- hubs and links ----
  /// The hub for a login that was checked against `record`; makes it if need be, and brings it up
  /// to date if `record` is newer than what the hub knows. Null: the record is out of date, so the
  /// login proves nothing.
  TenantHub* hub_for_login(const std::string& tenant,
                           const std::shared_ptr<const tenants::TenantRecord>& record);
  TenantHub* find_hub(std::string_view tenant);

  const Now& now() const { return now_; }

  const Settings& settings() const { return *parts_.settings; }

  TopicTable& topics() { return topics_; }

  TimerWheel& wheel() { return wheel_; }

  Authenticator& authenticator() { return authenticator_; }

  RealmStats& stats() { return stats_; }

  MemoryBudget& memory() { return memory_; }

  std::string random_client_id(std::string_view prefix);

  std::uint64_t register_link(ClientLink& link);
  void unregister_link(std::uint64_t id);

  /// The link's outbox has bytes. Never fails, or what has no memory now would wait for the next
  /// packet instead of the next turn (F64): register_link() has made room for every link.
  void mark_dirty(ClientLink& link) noexcept { dirty_.push_back(&link); }

  void drop_dirty(const ClientLink& link);
  void adopt_buffer(Outbox& outbox);
  void return_buffer(Outbox& outbox);
  /// `hub` has retained messages to send to new subscriptions.
  void wants_replay(TenantHub& hub);
  /// Sends them within what is left of this turn's budget (F40). False: not all of it could be
  /// done.
  bool replay_now(TenantHub& hub);
  void forget_replay(const TenantHub& hub);

 private:
  /// A hub whose retained values wait to be kept, since then.
  struct Unsaved {
    TenantHub* hub = nullptr;
    std::int64_t since_ms = 0;
  };

  /// Finds hubs by the name they hold.
  struct ByTenant {
    using is_transparent = void;
    std::size_t operator()(std::string_view tenant) const;
    std::size_t operator()(const std::unique_ptr<TenantHub>& hub) const;
    bool operator()(const std::unique_ptr<TenantHub>& a, const std::unique_ptr<TenantHub>& b) const;
    bool operator()(std::string_view a, const std::unique_ptr<TenantHub>& b) const;
    bool operator()(const std::unique_ptr<TenantHub>& a, std::string_view b) const;
  };

  bool has_unsealed_changes() const {
    return parts_.keeper != nullptr && changed_batch_ >= parts_.keeper->open_batch();
  }

  void on_timer() override;
  void go_on_with_replays();
  void save(std::int64_t before_ms);
  void seal();
  void flush(ClientLink& link);
  void shed();

  static constexpr std::int64_t kSaveStepMs = 1'000;
  static constexpr std::size_t kMostUncommitted = 64U << 20U;
  /// Retained slots looked at for new subscriptions in one turn.
  static constexpr std::size_t kReplayBudget = 20'000;
  static constexpr int kFlushRounds = 8;
  static constexpr int kSealRounds = 4;
  static constexpr int kShedRounds = 8;
  static constexpr std::size_t kSpareBuffers = 64;
  static constexpr std::size_t kLargestSpare = 256 * 1024;

  Parts parts_;
  Authenticator& authenticator_;
  std::vector<std::shared_ptr<const Acl>> acls_;
  Now now_;
  RealmStats stats_;
  MemoryBudget memory_;
  std::mt19937_64 random_;
  std::vector<Bytes> spare_buffers_;
  std::vector<ClientLink*> dirty_;
  std::vector<ClientLink*> flushing_;
  std::vector<TenantHub*> replaying_;
  std::size_t replay_budget_ = kReplayBudget;
  boost::unordered_flat_map<std::uint64_t, ClientLink*> links_;
  std::uint64_t next_link_ = 1;
  std::uint64_t kept_changes_ = 0;
  std::uint64_t changed_batch_ = 0;
  std::vector<ClientLink*> holding_;
  std::vector<ClientLink*> releasing_;
  std::deque<Unsaved> unsaved_;  ///< oldest first
  KeptScratch kept_scratch_;
  std::vector<std::uint32_t> id_scratch_;
  TopicTable topics_;
  TimerWheel wheel_;
  std::unique_ptr<SysTopics> sys_topics_;  ///< classic mode
  boost::unordered_flat_set<std::unique_ptr<TenantHub>, ByTenant, ByTenant> hubs_;
};

}  // namespace owb::core
