#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenants/base/bytes.hpp"

/// The border between web threads (libwebsockets, bytes) and workers (MQTT, state). Across it go
/// only values that own their data.
namespace owb::net::web {

/// Names one WebSocket connection for its whole life; never reused in a process.
struct WsId {
  std::uint32_t thread = 0;  ///< web thread that holds the socket
  std::uint64_t serial = 0;
  friend bool operator==(const WsId&, const WsId&) = default;
};

enum class WebRole : std::uint8_t { owner, viewer };

/// What our cookie said at the upgrade, opened and checked (broker/net/web; design.md 8).
struct WebIdentity {
  std::string tenant;
  std::uint64_t tenant_uid = 0;  ///< 0: known only from a password file
  std::string session_id;        ///< 16 raw bytes
  WebRole role = WebRole::owner;
  std::int64_t expires = 0;  ///< unix seconds
};

/// One accepted upgrade.
struct WsPeer {
  std::string address;  ///< numeric, IPv4 or IPv6, without port
  std::uint16_t port = 0;
  std::size_t listener = 0;             ///< index of the listener in the configuration
  std::optional<WebIdentity> identity;  ///< none: CONNECT must bring user name and password
  std::optional<std::string>
      certificate_name;  ///< name taken from a client certificate, if the listener asks for one
};

/// Web thread to worker.
struct WsEvent {
  enum class Kind : std::uint8_t {
    open,    ///< `peer` and the first `bytes`
    bytes,   ///< MQTT stream bytes, frame borders removed
    sent,    ///< `count` bytes of earlier commands have gone to the socket
    closed,  ///< the socket is gone; the id will not come again
  };
  WsId id;
  Kind kind = Kind::bytes;
  Bytes bytes;
  std::size_t count = 0;
  std::unique_ptr<WsPeer> peer;
};

/// Worker to web thread. Commands for an id that is gone are dropped.
struct WsCommand {
  enum class Kind : std::uint8_t {
    send,
    close,
    drop,  ///< closes at once; what was to be sent is thrown away
    pause_reading,
    resume_reading,
  };
  std::uint64_t serial = 0;
  Kind kind = Kind::send;
  Bytes bytes;                      ///< send: kHeadroom free bytes, then one binary frame's payload
  std::uint16_t close_code = 1000;  ///< close: RFC 6455 status, sent after everything queued before
};

/// Free bytes in front of the payload of WsCommand::bytes (at least LWS_PRE).
inline constexpr std::size_t kHeadroom = 32;

/// Counts one socket while it lives, for the limits per address. Destroyed when the socket is
/// closed, on any thread.
class SocketTicket {
 public:
  SocketTicket() = default;
  SocketTicket(const SocketTicket&) = delete;
  SocketTicket& operator=(const SocketTicket&) = delete;
  virtual ~SocketTicket() = default;

  /// The browser has sent a whole request: no longer half-open. Called once, on the web thread.
  virtual void established() = 0;
};

/// The workers as web threads see them. Thread-safe.
class WorkerGate {
 public:
  virtual ~WorkerGate() = default;

  static constexpr int kNeedMore = -1;
  static constexpr int kRefuse = -2;

  /// Which worker serves this connection: at once with an identity, else when `first_bytes` hold a
  /// whole CONNECT. Returns a worker's index, kNeedMore (collect at most kMaxBeforeConnect bytes),
  /// or kRefuse (close 1002).
  virtual int route(const WsPeer& peer, ByteView first_bytes) = 0;

  /// Hands an event over; order per id is kept. One wake-up for many.
  virtual void post(int worker, WsEvent&& event) = 0;
};

/// Bytes of one connection before its CONNECT is whole (design.md 10: packet before
/// authentication).
inline constexpr std::size_t kMaxBeforeConnect = 65'536;

}  // namespace owb::net::web
