#include "portal/app/portal.hpp"

#include <stdexcept>
#include <thread>
#include <utility>

#include <sys/stat.h>

#include "portal/app/socket_folder.hpp"
#include "portal/auth/broker_stream.hpp"
#include "portal/auth/webparm_check.hpp"
#include "portal/http/home_setup.hpp"
#include "portal/http/server.hpp"
#include "tenants/base/clock.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/registry/registry.hpp"

namespace owb::portal::app {
namespace {

std::unique_ptr<auth::BrokerDialer> make_dialer(const PortalConfig& config) {
  if (config.broker) {
    return auth::make_tls_dialer(config.broker->host, config.broker->port, config.cafile);
  }
  return auth::make_login_socket_dialer(config.login_socket);
}

/// The name people reach the dashboard by is the one homes reach the broker by.
std::string home_host_of(const PortalConfig& config) {
  return config.origins.empty() ? std::string{} : http::host_name_of(config.origins.front());
}

[[noreturn]] void fail_registry(const PortalConfig& config, const Error& error) {
  throw std::runtime_error("registry '" + config.registry + "': " + error.message());
}

session::SessionChecker open_sessions(const PortalConfig& config) {
  // Makes the file if the portal is the first to come.
  const auto registry = tenants::Registry::open(config.registry, tenants::OpenMode::create);
  if (!registry) {
    fail_registry(config, registry.error());
  }
  auto sessions = session::SessionChecker::open(config.registry);
  if (!sessions) {
    fail_registry(config, sessions.error());
  }
  return std::move(*sessions);
}

}  // namespace

class Portal::Impl {
 public:
  explicit Impl(PortalConfig config)
      : config_(std::move(config)),
        sessions_(open_sessions(config_)),
        check_(make_dialer(config_), config_.login_topic),
        accounts_(config_.registry),
        login_([this](std::string_view name, std::string_view password,
                      const std::string& address) { return check_.ask(name, password, address); },
               accounts_, throttle_),
        account_(accounts_, throttle_),
        server_({.socket_path = config_.portal_socket,
                 .origins = config_.origins,
                 .threads = config_.threads},
                {.login = login_,
                 .account = account_,
                 .accounts = accounts_,
                 .sessions = sessions_,
                 .home_host = home_host_of(config_)}) {
    prepare_socket(config_.portal_socket);
  }

  ~Impl() { stop(); }

  void start(void (*on_end)()) {
    constexpr mode_t kOnlyOurs = 0177;
    const auto mask = ::umask(kOnlyOurs);
    try {
      server_.bind();
    } catch (...) {
      ::umask(mask);
      throw;
    }
    ::umask(mask);
    serving_ = std::thread{[this, on_end] {
      server_.serve();
      on_end();
    }};
  }

  void tend(std::int64_t now) const {
    auto registry = tenants::Registry::open(config_.registry, tenants::OpenMode::existing);
    if (!registry) {
      log::error("registry '{}': {}", config_.registry, registry.error().message());
      return;
    }
    if (const auto rotated = registry->rotate_keys_if_due({now, "portal"}); !rotated) {
      log::error("registry: cannot rotate the cookie keys: {}", rotated.error().message());
    }
    if (const auto cleaned = registry->clean_up(now); !cleaned) {
      log::error("registry: cannot clean up: {}", cleaned.error().message());
    }
  }

  void stop() {
    if (!serving_.joinable()) {
      return;
    }
    server_.stop();
    serving_.join();
    remove_socket(config_.portal_socket);
  }

 private:
  PortalConfig config_;
  session::SessionChecker sessions_;
  auth::WebparmCheck check_;
  auth::Accounts accounts_;
  auth::LoginThrottle throttle_;
  auth::LoginService login_;
  auth::AccountService account_;
  http::Server server_;
  std::thread serving_;
};

Portal::Portal(PortalConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}

Portal::~Portal() = default;

void Portal::start(void (*on_end)()) {
  impl_->start(on_end);
}

void Portal::tend(std::int64_t now) const {
  impl_->tend(now);
}

void Portal::stop() {
  impl_->stop();
}

}  // namespace owb::portal::app
