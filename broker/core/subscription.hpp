#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/rare.hpp"
#include "broker/core/tenant_scope.hpp"
#include "broker/core/topic_table.hpp"
#include "broker/mqtt/packets.hpp"

namespace owb::core {

class Session;
struct Subscription;

/// The members of `$share/GROUP/FILTER` [MQTT5 4.8.2]. One object for each (group, filter) of a
/// tenant.
struct SharedGroup {
  std::string name;  ///< "$share/GROUP/FILTER", as its members write it; with the mount point
  std::vector<Subscription*> members;
  std::size_t next = 0;  ///< whose turn it is
};

/// One filter of one session. There is one in every home at least, so it is small: 56 bytes.
///
/// Ownership: the session's list; the hub's indexes point here. Threading: shard-local.
struct Subscription {
  /// `written`: the filter as the client wrote it, its identity within the session.
  Subscription(Session& owner, TopicTable& names, std::string_view written,
               const ScopedFilter& scoped);

  /// As the client wrote it.
  std::string filter() const;
  bool is_written(std::string_view text) const;

  /// What ScopedFilter says.
  std::string_view rest() const { return rest_->text(); }

  bool has_wildcard() const { return wildcard_; }

  bool is_void() const { return void_; }

  bool names_cloud() const { return cloud_; }

  SharedGroup* group() const { return unusual_ ? unusual_->group : nullptr; }

  void set_group(SharedGroup* group) { unusual_.made().group = group; }

  Session* session;
  Subscription* next = nullptr;      ///< in the hub's wildcards, or in the slot's list
  Subscription* previous = nullptr;  ///< in the hub's wildcards
  std::uint32_t id = 0;              ///< subscription identifier, 0: none
  mqtt::SubscribeOptions options;

 private:
  /// What only few have.
  struct Unusual {
    std::string written;  ///< where it is not the tenant's name and rest()
    SharedGroup* group = nullptr;
  };

  std::string_view tenant() const;

  bool wildcard_ : 1;
  bool void_ : 1;
  bool cloud_ : 1;
  TopicRef rest_;  ///< all homes use the same names, and so the same filters
  Rare<Unusual> unusual_;
};

/// Subscriptions in the order in which they came.
///
/// Threading: shard-local.
class SubscriptionList {
 public:
  Subscription* first() const { return first_; }

  bool empty() const { return first_ == nullptr; }

  void push_back(Subscription& subscription) {
    subscription.previous = last_;
    (last_ != nullptr ? last_->next : first_) = &subscription;
    last_ = &subscription;
  }

  /// For one that is in no other list.
  bool contains(const Subscription& subscription) const {
    return subscription.previous != nullptr || first_ == &subscription;
  }

  void erase(Subscription& subscription) {
    (subscription.previous != nullptr ? subscription.previous->next : first_) = subscription.next;
    (subscription.next != nullptr ? subscription.next->previous : last_) = subscription.previous;
    subscription.previous = subscription.next = nullptr;
  }

 private:
  Subscription* first_ = nullptr;
  Subscription* last_ = nullptr;
};

}  // namespace owb::core
