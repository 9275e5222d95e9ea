#include "broker/app/broker.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <thread>

#include "broker/app/acl_files.hpp"
#include "broker/app/arrivals.hpp"
#include "broker/app/credentials.hpp"
#include "broker/app/heap_trim.hpp"
#include "broker/app/listeners.hpp"
#include "broker/app/persistence.hpp"
#include "broker/app/settings.hpp"
#include "broker/core/tenant_topic_rules.hpp"
#include "broker/net/acceptor.hpp"
#include "broker/net/web_port.hpp"
#include "broker/shard/auth/credential_check.hpp"
#include "broker/shard/auth/kdf_pool.hpp"
#include "tenants/base/clock.hpp"
#include "tenants/base/contained.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/base/random.hpp"
#include "tenants/registry/registry.hpp"

namespace owb::app {

namespace {

/// How long connections may take to send their last bytes.
constexpr auto kFarewell = std::chrono::milliseconds(3'000);

/// Brings answers of the KDF pool to the worker that asked.
class WorkerSink final : public shard::AuthSink {
 public:
  void set(shard::Worker& worker, shard::CredentialCheck& check) {
    worker_ = &worker;
    check_ = &check;
  }

  void auth_answered(shard::SlowAnswer answer) override {
    worker_->post([this, answer] {
      if (const auto result = check_->finish(answer)) {
        worker_->realm().auth_done(answer.link, *result);
      }
    });
  }

 private:
  shard::Worker* worker_ = nullptr;
  shard::CredentialCheck* check_ = nullptr;
};

struct Seat {
  std::unique_ptr<WorkerSink> sink;
  shard::CredentialCheck* check = nullptr;  ///< the worker owns it
  std::unique_ptr<shard::Worker> worker;
  std::vector<net::Acceptor*> acceptors;  ///< touched on the worker's thread only
};

std::unique_ptr<const core::TopicRules> make_rules(const BrokerConfig& config) {
  if (!config.cloud.tenancy) {
    return std::make_unique<core::ClassicTopicRules>();
  }
  return std::make_unique<core::TenantTopicRules>(config.cloud.drop_topics,
                                                  config.cloud.login_topic);
}

}  // namespace

class Broker::Impl {
 public:
  explicit Impl(BrokerConfig config)
      : config_(std::move(config)),
        heap_(static_cast<std::size_t>(config_.process.memory_limit)) {}

  ~Impl() { stop(); }

  void start() {
    credentials_.emplace(config_);
    const auto acls = load_acls(config_);
    if (config_.persistence.enabled) {
      persistence_.emplace(config_);
    }
    start_pool();
    make_workers();
    for (auto& seat : seats_) {
      seat.worker->realm().set_acls(acls);
      seat.worker->start();
    }
    if (config_.cloud.tenancy) {
      arrivals_.emplace(config_.cloud.registry, workers());
      if (!arrivals_->deliver(*credentials_->current()->registry)) {
        throw std::runtime_error("registry " + config_.cloud.registry +
                                 ": imported tenants cannot be read");
      }
    }
    on_all_workers([](Seat&) {});
    // Only now: who connects finds the state there, and is served at once.
    listeners_ = open_listeners(config_);
    make_gateway();
    if (web_) {
      web_->start();
    }
    accept();
    running_ = true;
  }

  void stop() {
    if (!std::exchange(running_, false)) {
      shut_everything();
      return;
    }
    on_all_workers([](Seat& seat) {
      for (auto* acceptor : seat.acceptors) {
        acceptor->stop();
      }
      seat.acceptors.clear();
      seat.worker->realm().shut_down();
    });
    wait_for_farewells();
    shut_everything();
  }

  void control() {
    // What fails is tried again at the next call: a suspension must not get lost because memory was
    // short for a moment (F64).
    contained("following the registry", [this] {
      if (!change_) {
        change_ = credentials_->poll();
      }
      if (change_ &&
          (!change_->arrivals || arrivals_->deliver(*credentials_->current()->registry))) {
        apply(*change_);
        change_.reset();
      }
    });
    if (arrivals_) {
      contained("imported tenants", [this] { arrivals_->settle(); });
    }
    contained("looking at the memory", [this] { heap_.look(); });
    // Certificates are looked at every ten seconds or so.
    if (++control_calls_ % 50 == 0) {
      contained("reloading certificates", [this] { watch_certificates(); });
    }
  }

  void reload(const BrokerConfig& config) {
    const auto acls = load_acls(config);
    credentials_->reload(config);
    give_data();
    for (auto& seat : seats_) {
      seat.worker->post([worker = seat.worker.get(), acls] { worker->realm().set_acls(acls); });
    }
    watch_certificates();
  }

  void save() {
    for (auto& seat : seats_) {
      seat.worker->post([worker = seat.worker.get()] { worker->realm().save_now(); });
    }
  }

  std::uint16_t port(std::size_t index) const {
    for (const auto& open : listeners_.sockets) {
      if (open.listener->index == index) {
        return net::port_of(open.socket->get());
      }
    }
    return 0;
  }

 private:
  void start_pool() {
    shard::KdfPool::Options options;
    if (config_.cloud.tenancy) {
      options.on_rehash = [path = config_.cloud.registry](const shard::Rehash& rehash) {
        auto registry = tenants::Registry::open(path, tenants::OpenMode::existing);
        const auto id = TenantId::parse(rehash.tenant);
        if (registry && id) {
          // Only a convenience: the old hash goes on working if this fails.
          [[maybe_unused]] const auto done = registry->rehash_password(
              *id, rehash.old_hash, rehash.new_hash, {.now = unix_now(), .actor = "broker"});
        }
      };
    }
    pool_.emplace(std::move(options));
  }

  void make_workers() {
    auto count = std::size_t{config_.process.workers};
    if (count == 0) {
      count = std::max(1U, std::thread::hardware_concurrency());
    }
    if (!config_.cloud.tenancy) {
      count = 1;  // one hub for everybody lives on one worker
    }
    auto made = make_settings(config_);
    made.memory_limit = static_cast<std::size_t>(config_.process.memory_limit) / count;
    const auto settings = std::make_shared<const core::Settings>(std::move(made));
    for (std::size_t i = 0; i < count; ++i) {
      Seat seat;
      seat.sink = std::make_unique<WorkerSink>();
      auto check = std::make_unique<shard::CredentialCheck>(credentials_->current(), key_, *pool_,
                                                            *seat.sink, shard::read_clocks);
      seat.check = check.get();
      core::Realm::Parts parts{.settings = settings,
                               .rules = make_rules(config_),
                               .now = shard::read_clocks(),
                               .keeper = persistence_ ? &persistence_->add_keeper() : nullptr};
      random_bytes(std::as_writable_bytes(std::span(parts.hash_key)));
      random_bytes(std::as_writable_bytes(std::span(&parts.random_seed, 1)));
      seat.worker = std::make_unique<shard::Worker>(i, std::move(parts), std::move(check));
      seat.sink->set(*seat.worker, *seat.check);
      seats_.push_back(std::move(seat));
    }
    if (persistence_) {
      persistence_->restore(workers(), *credentials_->current());
    }
  }

  std::vector<shard::Worker*> workers() const {
    std::vector<shard::Worker*> all;
    for (const auto& seat : seats_) {
      all.push_back(seat.worker.get());
    }
    return all;
  }

  void make_gateway() {
    const auto& limits = config_.cloud.file_limits;
    gateway_ = std::make_unique<net::Gateway>(
        net::Gateway::Options{
            .tenancy = config_.cloud.tenancy,
            .packet_bytes_before_auth = static_cast<std::size_t>(limits.packet_bytes_before_auth),
            .connect_timeout_ms = static_cast<std::int64_t>(limits.connect_timeout) * 1000,
            .addresses = {.half_open = limits.half_open_per_address,
                          .connections = limits.connections_per_address},
            .max_connections = config_.mqtt.global_max_connections},
        workers());
    if (listeners_.web.empty()) {
      return;
    }
    const auto threads = std::max(1U, config_.process.web_threads);
    gate_ = std::make_unique<net::WebGate>(*gateway_, threads);
    net::web::WebConfig web{.www_dir = config_.cloud.www_dir,
                            .portal_socket = config_.cloud.portal_socket,
                            .registry_path = config_.cloud.tenancy ? config_.cloud.registry : "",
                            .origins = config_.cloud.origins,
                            .threads = threads,
                            .listeners = listeners_.web};
    web_ = std::make_unique<net::web::WebServer>(std::move(web), *gate_);
    gateway_->set_web(*web_, listeners_.web_listeners);
  }

  // Each worker watches each listening socket; whoever is awake accepts.
  void accept() {
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      seats_[i].worker->post([this, i] {
        for (const auto& open : listeners_.sockets) {
          auto& table = gateway_->table(i);
          auto& acceptor = table.add(
              std::make_unique<net::Acceptor>(*gateway_, table, open.listener, open.socket));
          if (acceptor.start()) {
            seats_[i].acceptors.push_back(&acceptor);
          } else {
            log::error("{}: cannot be watched", open.listener->name);
          }
        }
      });
    }
  }

  template <typename F>
  void on_all_workers(F&& call) {
    std::mutex mutex;
    std::condition_variable done;
    std::size_t left = seats_.size();
    for (auto& seat : seats_) {
      seat.worker->post([&] {
        contained("a task", [&] { call(seat); });  // who waits must not wait for ever
        const std::lock_guard lock(mutex);
        --left;
        done.notify_one();
      });
    }
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return left == 0; });
  }

  void wait_for_farewells() {
    const auto deadline = std::chrono::steady_clock::now() + kFarewell;
    std::atomic<std::size_t> open = 0;
    do {
      open = 0;
      on_all_workers(
          [&](Seat& seat) { open += gateway_->table(seat.worker->index()).farewells(); });
    } while (open != 0 && std::chrono::steady_clock::now() < deadline &&
             (std::this_thread::sleep_for(std::chrono::milliseconds(10)), true));
  }

  void shut_everything() {
    if (web_) {
      web_->stop();
    }
    if (pool_) {
      pool_->stop();
    }
    for (auto& seat : seats_) {
      seat.worker->stop();
    }
    if (persistence_) {
      persistence_->stop();
    }
    arrivals_.reset();
    seats_.clear();
    persistence_.reset();
    web_.reset();
    gate_.reset();
    gateway_.reset();
    pool_.reset();
    listeners_ = {};
  }

  void give_data() {
    for (auto& seat : seats_) {
      seat.worker->post(
          [check = seat.check, data = credentials_->current()] { check->set_data(data); });
    }
  }

  void apply(const tenants::RegistryChange& change) {
    give_data();
    if (web_) {
      web_->registry_changed();
    }
    std::vector<std::string> revoked;
    for (const auto& id : change.revoked_sessions) {
      revoked.emplace_back(as_text(id.bytes()));
    }
    const auto data = credentials_->current();
    for (auto& seat : seats_) {
      std::vector<std::string> names;
      for (const auto& name : change.tenants) {
        if (shard::worker_of(name, seats_.size()) == seat.worker->index()) {
          names.push_back(name);
        }
      }
      if (names.empty() && revoked.empty()) {
        continue;
      }
      seat.worker->post([worker = seat.worker.get(), names = std::move(names), revoked, data] {
        for (const auto& name : names) {
          contained("a changed tenant",
                    [&] { worker->realm().tenant_changed(name, data->registry->find(name)); });
        }
        if (!revoked.empty()) {
          worker->realm().sessions_revoked(revoked);
        }
      });
    }
  }

  void watch_certificates() {
    const auto look = [](auto& object, const char* what) {
      const auto reload = object.reload_if_changed();
      if (reload.kind == net::Reload::Kind::replaced) {
        log::notice("{} replaced", what);
      } else if (reload.kind == net::Reload::Kind::refused) {
        log::error("{} not replaced: {}", what, reload.reason);
      }
    };
    for (const auto& certificate : listeners_.certificates) {
      look(*certificate, "server certificate");
    }
    for (const auto& trust : listeners_.trusts) {
      look(*trust, "client certificate authorities");
    }
  }

  BrokerConfig config_;
  HeapTrim heap_;
  shard::CredentialKey key_;
  std::optional<Credentials> credentials_;
  Listeners listeners_;
  std::optional<Persistence> persistence_;  ///< outlives the realms
  std::optional<shard::KdfPool> pool_;
  std::vector<Seat> seats_;
  std::optional<Arrivals> arrivals_;  ///< in tenancy mode
  /// Read, but not given to the workers yet.
  std::optional<tenants::RegistryChange> change_;
  std::unique_ptr<net::Gateway> gateway_;
  std::unique_ptr<net::WebGate> gate_;
  std::unique_ptr<net::web::WebServer> web_;
  unsigned control_calls_ = 0;
  bool running_ = false;
};

Broker::Broker(BrokerConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}

Broker::~Broker() = default;

void Broker::start() {
  impl_->start();
}

void Broker::stop() {
  impl_->stop();
}

void Broker::control() {
  impl_->control();
}

void Broker::reload(const BrokerConfig& config) {
  impl_->reload(config);
}

void Broker::save() {
  impl_->save();
}

std::uint16_t Broker::port(std::size_t index) const {
  return impl_->port(index);
}

}  // namespace owb::app
