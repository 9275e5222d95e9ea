#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/core/tenant_scope.hpp"
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

/// One filter of one session.
///
/// Ownership: the session's list; the hub's indexes point here. Threading: shard-local.
struct Subscription {
  Session* session = nullptr;
  std::string filter;  ///< as the client wrote it, its identity within the session
  ScopedFilter scoped;
  mqtt::SubscribeOptions options;
  std::uint32_t id = 0;  ///< subscription identifier, 0: none
  SharedGroup* group = nullptr;
  Subscription* next_exact = nullptr;  ///< the slot's list of subscriptions without wildcards
};

}  // namespace owb::core
