#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "broker/core/authenticator.hpp"
#include "broker/core/now.hpp"
#include "broker/core/settings.hpp"
#include "broker/core/timer_wheel.hpp"
#include "broker/core/topic_table.hpp"
#include "broker/core/transport.hpp"

namespace owb::core {

class ClientLink;
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
class Realm {
 public:
  struct Parts {
    std::shared_ptr<const Settings> settings;
    std::unique_ptr<const TopicRules> rules;
    std::array<unsigned char, 16> hash_key{};  ///< random
    std::uint64_t random_seed = 0;             ///< for client ids and the like
    Now now;
  };

  Realm(Parts parts, Authenticator& authenticator);
  ~Realm();
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;

  // ---- the owner of the loop ----
  /// Sets the time for this turn and fires timers.
  void advance(Now now);
  /// Sends what the turn has produced: one write for each connection.
  void end_turn();

  /// True if end_turn() left work that must not wait for the next event (retained replay).
  bool has_pending_work() const { return !replaying_.empty() || !dirty_.empty(); }

  /// Answer to a pending AuthRequest.
  void auth_done(std::uint64_t link, const AuthResult& result);
  /// The registry's record of `tenant` has changed; null: it is gone (rule 6).
  void tenant_changed(std::string_view tenant, std::shared_ptr<const tenants::TenantRecord> record);
  void sessions_revoked(const std::vector<std::string>& session_ids);
  /// Every connection gets its DISCONNECT; wills of clients are published as the specification says
  /// for a server that closes.
  void shut_down();

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

  std::string random_client_id();

  std::uint64_t register_link(ClientLink& link);
  void unregister_link(std::uint64_t id);

  /// The link's outbox has bytes.
  void mark_dirty(ClientLink& link) { dirty_.push_back(&link); }

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
  void flush(ClientLink& link);

  /// Retained slots looked at for new subscriptions in one turn.
  static constexpr std::size_t kReplayBudget = 20'000;
  static constexpr int kFlushRounds = 8;
  static constexpr std::size_t kSpareBuffers = 64;
  static constexpr std::size_t kLargestSpare = 256 * 1024;

  Parts parts_;
  Authenticator& authenticator_;
  Now now_;
  RealmStats stats_;
  std::mt19937_64 random_;
  std::vector<Bytes> spare_buffers_;
  std::vector<ClientLink*> dirty_;
  std::vector<ClientLink*> flushing_;
  std::vector<TenantHub*> replaying_;
  std::size_t replay_budget_ = kReplayBudget;
  boost::unordered_flat_map<std::uint64_t, ClientLink*> links_;
  std::uint64_t next_link_ = 1;
  TopicTable topics_;
  TimerWheel wheel_;
  std::unique_ptr<SysTopics> sys_topics_;  ///< classic mode
  boost::unordered_flat_map<std::string, std::unique_ptr<TenantHub>> hubs_;
};

}  // namespace owb::core
