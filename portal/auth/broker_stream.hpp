#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "tenants/base/bytes.hpp"
#include "tenants/base/result.hpp"

namespace owb::portal::auth {

/// The moment by which everything done for one login must be over.
using Deadline = std::chrono::steady_clock::time_point;

/// A connection to a broker: blocking calls that return at the deadline at the latest.
///
/// Ownership: closes its socket when destroyed. Threading: belongs to the portal thread that opened
/// it.
class BrokerStream {
 public:
  virtual ~BrokerStream() = default;

  /// Sends all of `bytes`. Errors: timed_out, broker_away.
  virtual Result<void> write(ByteView bytes) = 0;

  /// Reads what is there, at least one byte, into `room`. Errors: timed_out, broker_away (also when
  /// the broker has closed).
  virtual Result<std::size_t> read(std::span<std::byte> room) = 0;
};

/// Opens one connection per login. Thread-safe.
class BrokerDialer {
 public:
  virtual ~BrokerDialer() = default;

  /// `browser_address` is told to the broker where it trusts us to. Errors: timed_out, broker_away.
  virtual Result<std::unique_ptr<BrokerStream>> dial(const std::string& browser_address,
                                                     Deadline deadline) const = 0;
};

/// Dials the broker's login listener, a UNIX socket, and sends a PROXY v2 header first.
std::unique_ptr<BrokerDialer> make_login_socket_dialer(std::string path);

/// Dials any MQTT broker over TLS 1.2 or newer and checks its certificate against `ca_file` (empty:
/// the system's) and `host`. The time of the name look-up is the resolver's own. Throws
/// std::runtime_error if `ca_file` cannot be read.
std::unique_ptr<BrokerDialer> make_tls_dialer(std::string host, std::uint16_t port,
                                              const std::string& ca_file);

}  // namespace owb::portal::auth
