#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "portal/auth/account_service.hpp"
#include "portal/auth/accounts.hpp"
#include "portal/auth/login_service.hpp"
#include "tenants/session/session_check.hpp"

namespace owb::portal::http {

struct ServerConfig {
  std::string socket_path;  ///< UNIX socket; its folder is ready (see socket_folder.hpp)
  std::vector<std::string>
      origins;              ///< allowed Origin values; empty: `https://` and the Host header
  std::size_t threads = 8;  ///< each may wait for the broker for the length of a login
};

/// What the routes work with; all thread-safe, and outliving the server.
struct Services {
  const auth::LoginService& login;
  const auth::AccountService& account;
  const auth::Accounts& accounts;
  session::SessionChecker& sessions;
  std::string home_host{};  ///< where homes reach the broker; empty: the name in the Host header
  std::vector<std::string> origins{};  ///< those of ServerConfig; the server fills them in
};

/// The portal's HTTP side, for the broker's proxy only: it is no match for slow or hostile clients
/// (libraries.md 7).
///
/// Threading: serve() blocks the thread it is called on and starts `threads` more; stop() may come
/// from any thread.
class Server {
 public:
  Server(const ServerConfig& config, const Services& services);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens: connections are accepted from here on and wait. Throws std::runtime_error that names
  /// `portal_socket`.
  void bind();

  /// Serves until stop(); requests that have begun are answered first.
  void serve();

  /// Once, after serve() was called or is about to be on its thread.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace owb::portal::http
