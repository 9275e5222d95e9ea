#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tenants/base/guarded.hpp"

namespace owb::net {

/// How many connections each address has (IPv6: each /64), for the limits before anybody is known
/// (design 10; F35). Loopback is not counted. Where an address has its number of half-open ones,
/// the next makes room for itself: the one that has been silent longest is shut down, so that a
/// flood keeps out nobody behind the same address (NAT). Those who have said something come after
/// the silent ones.
///
/// Threading: thread-safe; once for a connection's begin, first bytes, CONNECT and end. Bounded by the number
/// of connections.
class AddressTable {
 public:
  struct Limits {
    std::uint64_t half_open = 64;       ///< 0: none
    std::uint64_t connections = 1'000;  ///< 0: none
  };

  explicit AddressTable(Limits limits) : limits_(limits) {}

  /// Counts one connection while it lives; to be destroyed before its socket is closed.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket();
    /// The peer has said something.
    void heard();
    /// The socket's owner closes it when he likes: nobody else may shut it down from now on.
    void keep_hands_off();
    /// CONNECT has come: no longer half-open.
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
    std::uint64_t number_ = 0;  ///< of its Candidate; 0: it has none
    bool half_open_ = true;
    bool heard_ = false;
    std::array<std::atomic<std::uint32_t>*, 2> counters_{};  ///< of the listener and of the broker
  };

  /// `fd` is the connection's socket. False: the address has too many.
  bool admit(const std::string& address, int fd, Ticket& ticket);

 private:
  /// A half-open connection that may have to give way.
  struct Candidate {
    std::uint64_t number = 0;
    int fd = -1;
    bool heard = false;
  };

  struct Counts {
    std::uint32_t half_open = 0;
    std::uint32_t all = 0;
    std::vector<Candidate> candidates{};  ///< the oldest first; at most Limits::half_open

    void remove(std::uint64_t number);
    bool make_room();
  };

  const Limits limits_;
  std::atomic<std::uint64_t> last_number_ = 0;
  Guarded<std::unordered_map<std::string, Counts>> counts_;
};

}  // namespace owb::net
