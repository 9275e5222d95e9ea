#include "broker/app/persistence.hpp"

#include <chrono>
#include <stdexcept>

#include <fmt/core.h>

#include "tenants/base/logging.hpp"

namespace owb::app {
namespace {

void report(store::Severity severity, const std::string& text) {
  switch (severity) {
    case store::Severity::notice:
      log::notice("{}", text);
      return;
    case store::Severity::warning:
      log::warning("{}", text);
      return;
    case store::Severity::error:
      log::error("{}", text);
  }
}

store::Durability durability_of(Durability durability) {
  switch (durability) {
    case Durability::process:
      return store::Durability::process;
    case Durability::power:
      return store::Durability::power;
    case Durability::none:
      return store::Durability::none;
  }
  return store::Durability::process;
}

store::Options make_options(const PersistenceConfig& config) {
  store::Options options{
      .path = config.path(), .durability = durability_of(config.durability), .report = report};
  if (config.autosave_on_changes) {
    // mosquitto's meaning: the interval is a number of changes then.
    options.checkpoint_records = static_cast<std::uint64_t>(config.autosave_interval.count());
    options.checkpoint_interval = {};
  } else {
    options.checkpoint_interval = config.autosave_interval;
  }
  return options;
}

}  // namespace

/// The entries of one start on their way to the realms.
class Persistence::Restore {
 public:
  Restore(bool tenancy, const std::vector<shard::Worker*>& workers, const shard::AuthData& data)
      : tenancy_{tenancy}, workers_{workers}, data_{data} {}

  void take(std::string_view tenant, core::KeptKind kind, ByteView key, ByteView value) {
    if (!started_ || tenant != tenant_) {
      start(tenant);
    }
    if (realm_ == nullptr) {
      return;
    }
    ++entries_;
    if (!realm_->restore(tenant, record_, kind, key, value)) {
      ++bad_;
    }
  }

  /// Tenants of which nothing may stay.
  const std::vector<std::string>& gone() const { return gone_; }

  void log_result(std::chrono::steady_clock::duration took) const {
    log::notice("state: {} entries of {} tenants in {} ms", entries_, tenants_,
                std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    if (bad_ != 0) {
      log::error("state: {} entries make no sense and were left out", bad_);
    }
    if (foreign_ != 0) {
      log::warning("state: what was kept with tenancy {} is not used", tenancy_ ? "off" : "on");
    }
  }

 private:
  void start(std::string_view tenant) {
    started_ = true;
    tenant_ = tenant;
    realm_ = nullptr;
    record_ = nullptr;
    if (tenant.empty() == tenancy_) {
      ++foreign_;
      return;
    }
    if (tenancy_) {
      record_ = data_.registry->find(tenant);
      if (data_.registry->is_tombstone(tenant)) {
        gone_.emplace_back(tenant);
        return;
      }
    }
    ++tenants_;
    realm_ = &workers_[shard::worker_of(tenant, workers_.size())]->realm();
  }

  const bool tenancy_;
  const std::vector<shard::Worker*>& workers_;
  const shard::AuthData& data_;
  bool started_ = false;
  std::string tenant_;
  core::Realm* realm_ = nullptr;  ///< null: not to be restored
  std::shared_ptr<const tenants::TenantRecord> record_;
  std::vector<std::string> gone_;
  std::size_t tenants_ = 0;
  std::size_t entries_ = 0;
  std::size_t bad_ = 0;
  std::size_t foreign_ = 0;
};

Persistence::Persistence(const BrokerConfig& config) : tenancy_{config.cloud.tenancy} {
  auto opened = store::Store::open(make_options(config.persistence));
  if (!opened) {
    throw std::runtime_error(fmt::format(
        "{}: {}: {}", config.persistence.state.empty() ? "persistence_location" : "state",
        log::escape(config.persistence.path()), opened.error().message()));
  }
  store_ = std::move(*opened);
}

core::Keeper& Persistence::add_keeper() {
  const auto index = writers_.size();
  // One wake-up for each group the worker has a share in.
  writers_.push_back(store_->writer([this, index] {
    workers_[index]->post([this, index] {
      writers_[index]->refresh();
      workers_[index]->realm().kept();
    });
  }));
  return *writers_.back();
}

void Persistence::restore(std::vector<shard::Worker*> workers, const shard::AuthData& data) {
  workers_ = std::move(workers);
  const auto start = std::chrono::steady_clock::now();
  Restore restore{tenancy_, workers_, data};
  store_->load([&restore](std::string_view tenant, core::KeptKind kind, ByteView key,
                          ByteView value) { restore.take(tenant, kind, key, value); });
  for (const auto& tenant : restore.gone()) {
    log::notice("state: {} was deleted: nothing of it is kept", log::escape(tenant));
    auto& writer = *writers_[shard::worker_of(tenant, workers_.size())];
    writer.erase_tenant(tenant);
    writer.seal();
  }
  for (auto* worker : workers_) {
    worker->realm().restored();
  }
  restore.log_result(std::chrono::steady_clock::now() - start);
}

}  // namespace owb::app
