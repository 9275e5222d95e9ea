#pragma once

#include <cstdint>

namespace owb::core {

class Session;
struct Delivery;

/// Why a message on its way to a session does not reach the client.
enum class Drop : std::uint8_t {
  queue_full,     ///< its count or its bytes, or the tenant's share of memory (F52)
  slow_reader,    ///< QoS 0, and too much is under way already, or likewise
  memory,         ///< taken out of the queue when memory was short (F52)
  expired,        ///< before it was sent [MQTT5-3.3.2-5]
  old_order,      ///< sent, not acknowledged, and too old to be repeated (rule 9)
  too_large,      ///< for the client [MQTT5-3.1.2-25]
  not_permitted,  ///< any longer
};

/// Sees what sessions are given and what they drop, for whoever checks the broker from outside
/// (tests/simulation). Must not change anything.
///
/// Threading: shard-local.
class DeliveryWatch {
 public:
  virtual ~DeliveryWatch() = default;

  /// `session` takes a message in; if it drops it at once, dropped() follows.
  virtual void delivering(const Session& session, const Delivery& delivery) = 0;
  /// Of a message that it was given.
  virtual void dropped(const Session& session, const Delivery& delivery, Drop why) = 0;
};

}  // namespace owb::core
