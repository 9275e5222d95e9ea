#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/core/rare.hpp"
#include "broker/mqtt/types.hpp"
#include "tenants/base/bytes.hpp"
#include "tenants/registry/record.hpp"

namespace owb::core {

/// Design 3, rule 11. The role comes from the credential, never from a parameter.
enum class Role : std::uint8_t {
  home,       ///< home secret
  owner,      ///< password or client certificate
  owner_web,  ///< owner's session cookie
  viewer,     ///< share link's session cookie
  anonymous,  ///< classic mode only
};

/// What a session cookie proved at the WebSocket upgrade.
struct WebSession {
  std::string tenant;
  std::uint64_t tenant_uid = 0;
  std::string session_id;  ///< raw bytes
  bool viewer = false;
  std::int64_t expires = 0;  ///< unix seconds
};

enum class ListenerKind : std::uint8_t {
  tcp,    ///< plain, e.g. 1883
  tls,    ///< 8883: homes
  web,    ///< 8443: WebSocket
  login,  ///< the portal's UNIX socket
};

/// Where a connection came in and what is known before its CONNECT.
struct Peer {
  std::string address;  ///< numeric, without port
  std::uint16_t port = 0;
  ListenerKind kind = ListenerKind::tcp;
  std::uint32_t listener = 0;           ///< index in the configuration
  bool allow_anonymous = false;         ///< of this listener
  std::uint8_t accept_versions = 0xFF;  ///< bit n: protocol level n is accepted
  mqtt::Qos maximum_qos = mqtt::Qos::exactly_once;
  std::uint16_t max_topic_alias = 10;      ///< taken from clients
  std::uint16_t max_topic_alias_out = 10;  ///< used towards clients
  bool use_username_as_clientid = false;   ///< classic mode
  Rare<std::string> mount_point;           ///< classic mode
  Rare<WebSession> web;
  Rare<std::string> certificate_name;  ///< user name from the client certificate
};

/// Who a client has proved to be.
struct Identity {
  std::string tenant;  ///< empty in classic mode
  std::string user;    ///< as logged
  Role role = Role::owner;
  std::shared_ptr<const tenants::TenantRecord> record;  ///< null: password file or classic
  std::string session_id;                               ///< of the cookie, raw
  std::int64_t expires = 0;                             ///< unix seconds, of the cookie; 0: never
};

struct AuthRequest {
  std::uint64_t link = 0;  ///< to find the connection again
  const Peer& peer;
  std::optional<std::string_view> user;
  std::optional<ByteView> password;
  std::string_view client_id;
  mqtt::Version version = mqtt::Version::v311;
};

struct AuthResult {
  enum class Status : std::uint8_t { granted, refused, pending };
  Status status = Status::refused;
  mqtt::Reason reason = mqtt::Reason::bad_user_name_or_password;
  Identity identity;
};

/// Who is who (design 8). Threading: shard-local; slow hashes go elsewhere and come back through
/// Realm::auth_done().
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  /// `pending`: Realm::auth_done(request.link, …) follows on this worker, unless the link is gone
  /// by then.
  virtual AuthResult check(const AuthRequest& request) = 0;

  /// A cookie session is still good; asked when a connection is accepted.
  virtual void forget(std::uint64_t link) = 0;
};

}  // namespace owb::core
