#include "broker/app/arrivals.hpp"

#include "tenants/base/logging.hpp"

namespace owb::app {

Arrivals::Arrivals(std::string registry, std::vector<shard::Worker*> workers)
    : registry_{std::move(registry)}, workers_{std::move(workers)} {}

bool Arrivals::deliver(const tenants::RegistrySnapshot& data) {
  auto registry = tenants::Registry::open(registry_, tenants::OpenMode::read_only);
  const auto waiting = registry ? registry->arrivals() : registry.error();
  if (!waiting) {
    return false;
  }
  if (waiting->empty()) {
    return true;
  }
  std::map<std::uint64_t, std::shared_ptr<const tenants::TenantRecord>> tenants;
  data.for_each([&](const std::shared_ptr<const tenants::TenantRecord>& record) {
    tenants.emplace(record->uid, record);
  });
  for (const auto uid : *waiting) {
    const auto found = tenants.find(uid);
    if (underway_.contains(uid) || found == tenants.end()) {
      continue;
    }
    auto state = registry->arrival(uid);
    if (!state) {
      return false;
    }
    auto* worker = workers_[shard::worker_of(found->second->id.str(), workers_.size())];
    auto delivery = std::make_shared<Delivery>();
    worker->post([worker, delivery, record = found->second, entries = std::move(*state)] {
      auto& realm = worker->realm();
      const auto bad = realm.arrive(record, entries);
      delivery->batch = realm.changed_batch() + 1;
      if (bad == 0) {
        log::notice("state: {} came with {} entries", record->id.str(), entries.size());
      } else {
        log::error("state: {} came with {} entries; {} of them make no sense and were left out",
                   record->id.str(), entries.size(), bad);
      }
    });
    underway_.emplace(uid, Underway{worker, delivery});  // what comes twice is noticed
  }
  return true;
}

void Arrivals::settle() {
  if (underway_.empty()) {
    return;
  }
  for (auto at = underway_.begin(); at != underway_.end();) {
    const auto& [worker, delivery] = at->second;
    if (!delivery->kept) {
      worker->post([worker = worker, delivery = delivery] {
        const auto batch = delivery->batch.load();
        delivery->kept = batch != 0 && worker->realm().is_committed(batch - 1);
      });
      ++at;
      continue;
    }
    auto registry = tenants::Registry::open(registry_, tenants::OpenMode::existing);
    if (!registry || !registry->arrival_taken(at->first)) {
      return;  // tried again; and it is not taken twice
    }
    at = underway_.erase(at);
  }
}

}  // namespace owb::app
