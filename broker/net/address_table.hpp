#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "tenants/base/guarded.hpp"

namespace owb::net {

/// How many connections each address has (IPv6: each /64), for the limits before anybody is known
/// (design 10; F35). Loopback is not counted.
///
/// Threading: thread-safe; once for a connection's begin, hand-over and end. Bounded by the number
/// of connections.
class AddressTable {
 public:
  struct Limits {
    std::uint64_t half_open = 64;       ///< 0: none
    std::uint64_t connections = 1'000;  ///< 0: none
  };

  explicit AddressTable(Limits limits) : limits_(limits) {}

  /// Counts one connection while it lives.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket();
    /// CONNECT was accepted: no longer half-open.
    void established();
    /// Counts the connection in `counter` too, which outlives it. False: it has reached `limit` (0:
    /// none) already.
    bool count_in(std::atomic<std::uint32_t>& counter, std::uint32_t limit);
    /// Those counters have room for another one; the address goes on being counted.
    void give_place();

   private:
    friend class AddressTable;
    AddressTable* table_ = nullptr;
    std::string key_;
    bool half_open_ = true;
    std::array<std::atomic<std::uint32_t>*, 2> counters_{};  ///< of the listener and of the broker
  };

  /// False: the address has too many.
  bool admit(const std::string& address, Ticket& ticket);

 private:
  struct Counts {
    std::uint32_t half_open = 0;
    std::uint32_t all = 0;
  };

  const Limits limits_;
  Guarded<std::unordered_map<std::string, Counts>> counts_;
};

}  // namespace owb::net
