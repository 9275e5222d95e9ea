#include "broker/app/persistence.hpp"

#include <chrono>
#include <stdexcept>

#include <fmt/core.h>

#include "broker/app/restore.hpp"
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

void log_result(const Restore::Outcome& result, bool tenancy,
                std::chrono::steady_clock::duration took) {
  log::notice("state: {} entries of {} tenants in {} ms", result.entries, result.tenants,
              std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  if (result.bad != 0) {
    log::error("state: {} entries make no sense and were left out", result.bad);
  }
  if (result.foreign != 0) {
    log::warning("state: what was kept with tenancy {} is not used", tenancy ? "off" : "on");
  }
}

}  // namespace

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
  // One wake-up for each group the worker has a share in; it must come through without memory.
  writers_.push_back(store_->writer([this, index] { workers_[index]->wake(); }));
  return *writers_.back();
}

void Persistence::restore(std::vector<shard::Worker*> workers, const shard::AuthData& data) {
  workers_ = std::move(workers);
  const auto start = std::chrono::steady_clock::now();
  Restore restore{tenancy_, workers_, data};
  store_->load([&restore](std::string_view tenant, core::KeptKind kind, ByteView key,
                          ByteView value) { restore.take(tenant, kind, key, value); });
  const auto result = restore.finish();
  for (const auto& tenant : result.gone) {
    log::notice("state: {} was deleted: nothing of it is kept", log::escape(tenant));
    auto& writer = *writers_[shard::worker_of(tenant, workers_.size())];
    writer.erase_tenant(tenant);
    writer.seal();
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto* worker = workers_[i];
    worker->realm().restored();
    worker->at_tasks([worker, writer = writers_[i].get()] {
      if (writer->has_news()) {
        writer->refresh();
        worker->realm().kept();
      }
    });
  }
  log_result(result, tenancy_, std::chrono::steady_clock::now() - start);
}

}  // namespace owb::app
