#include "tests/simulation/simulation.hpp"

#include <algorithm>

#include "broker/core/hub.hpp"

namespace owb::simulation {

using core::Role;
using mqtt::Version;

namespace {

constexpr std::size_t kWorkers = 2;
constexpr std::size_t kSteps = 2'500;
/// Rates that nobody reaches.
constexpr const char* kNoRates =
    "message_rate=1000000 message_burst=1000000 byte_rate=1GB byte_burst=1GB";
/// Whoever publishes is paused now and then.
constexpr const char* kLowRates = "message_rate=2 message_burst=10 byte_rate=500 byte_burst=9KB";

/// What is different for one tenant.
std::string random_limits(Random& random) {
  std::string limits = random.chance(15) ? kLowRates : kNoRates;
  if (random.chance(20)) {
    limits += " queue_messages=" + std::to_string(random.between(8, 30));
  }
  if (random.chance(20)) {
    limits += " queue_bytes=" + std::to_string(random.between(10'000, 60'000));
  }
  if (random.chance(15)) {
    limits += " sessions=" + std::to_string(random.between(2, 6)) +
              " connections=" + std::to_string(random.between(3, 6));
  }
  return limits;
}

std::shared_ptr<const core::Settings> make_settings(Random& random, bool classic) {
  auto settings = std::make_shared<core::Settings>();
  settings->receive_maximum = static_cast<std::uint16_t>(random.chance(50) ? 4 : 1'000);
  if (classic) {
    settings->tenancy = false;
    settings->receive_maximum = 1'000;  // 3.x clients are not told
    settings->file_user_limits =
        tenants::apply(tenants::Limits{}, *tenants::LimitOverrides::parse(random_limits(random)));
  }
  return settings;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, bool trace)
    : context_{.random = Random(seed), .classic = seed % 8 == 7} {
  context_.trace.enabled = trace;
  context_.trace.now_ms = context_.now.mono_ms;
  context_.settings = make_settings(context_.random, context_.classic);
  context_.keeps = context_.random.chance(25);
  for (std::size_t i = 0; i < (context_.classic ? 1 : kWorkers); ++i) {
    workers_.push_back(std::make_unique<Worker>(context_, i));
  }
  populate();
}

void Simulation::run() {
  for (std::size_t i = 0; i < kSteps; ++i) {
    step();
  }
  come_to_rest();
  check_everything();
  take_down();
}

void Simulation::populate() {
  auto& random = context_.random;
  if (context_.classic) {
    tenants_.emplace_back();
  }
  const auto count = context_.classic ? 1 : random.between(2, 3);
  for (std::size_t i = 0; i < count && !context_.classic; ++i) {
    // One name begins with another one.
    static constexpr std::string_view kNames[] = {"al", "alice", "bob"};
    tenants_.push_back(
        {.name = std::string(kNames[i]), .worker = i % kWorkers, .limits = random_limits(random)});
    change(tenants_.back(), new_record(tenants_.back()));
  }
  for (const auto& worker : workers_) {
    while (worker->has_mail()) {
      worker->deliver_mail();
    }
  }
  for (std::size_t tenant = 0; tenant < count; ++tenant) {
    const auto devices = context_.classic ? random.between(4, 10) : random.between(2, 5);
    for (std::size_t i = 0; i < devices; ++i) {
      clients_.push_back(std::make_unique<Client>(context_, *workers_[tenants_[tenant].worker],
                                                  random_profile(tenant, i)));
    }
  }
}

Client::Profile Simulation::random_profile(std::size_t tenant, std::size_t number) {
  static constexpr Version kVersions[] = {Version::v31, Version::v311, Version::v5, Version::v5};
  auto& random = context_.random;
  Client::Profile profile{.tenant = tenants_[tenant].name,
                          .other_tenant = tenants_[(tenant + 1) % tenants_.size()].name,
                          .id = "id" + std::to_string(number),
                          .role = number == 0 && !context_.classic ? Role::home : Role::owner,
                          .version = random.one_of(kVersions),
                          .persistent = random.chance(70)};
  if (number > 0 && !context_.classic && random.chance(20)) {
    profile.role = random.chance(50) ? Role::owner_web : Role::viewer;
  }
  const bool v5 = profile.version == Version::v5;
  profile.bridge = !v5 && number == 0 && random.chance(60);
  profile.keep_alive = static_cast<std::uint16_t>(random.chance(50) ? 5 : 0);
  if (v5) {
    profile.expiry = profile.persistent ? (random.chance(30) ? 15 : 3'600) : 0;
    profile.receive_maximum =
        static_cast<std::uint16_t>(random.chance(50) ? random.between(1, 5) : 65'535);
    profile.alias_maximum = static_cast<std::uint16_t>(random.below(4));
    profile.maximum_packet_size = random.chance(20) ? 1'000 : 0;
  }
  return profile;
}

// ---- what happens ----

void Simulation::step() {
  auto& random = context_.random;
  const auto what = random.below(100);
  if (what < 45) {
    clients_[random.below(clients_.size())]->act();
  } else if (what < 92) {
    move_bytes();
  } else if (what < 95) {
    pass_time(random.chance(95) ? 100 * static_cast<std::int64_t>(random.between(1, 20))
                                : 1'000 * static_cast<std::int64_t>(random.between(5, 90)));
  } else if (what < 97) {
    network_trouble();
  } else if (what < 99) {
    workers_do();
  } else if (random.chance(25)) {
    registry_change();
  }
  for (const auto& worker : workers_) {
    if (random.chance(70)) {
      worker->end_turn();
    }
    worker->tidy();
  }
}

Wire* Simulation::any_wire() {
  auto& wires = context_.random.one_of(workers_)->wires();
  return wires.empty() ? nullptr : context_.random.one_of(wires).get();
}

void Simulation::move_bytes() {
  auto& random = context_.random;
  if (random.chance(50)) {
    auto& client = *random.one_of(clients_);
    if (client.wire() != nullptr && client.wire()->can_receive()) {
      client.listen();
    }
    return;
  }
  auto& worker = *random.one_of(workers_);
  if (worker.wires().empty()) {
    return;
  }
  auto& wire = *random.one_of(worker.wires());
  if (random.chance(40)) {
    if (wire.can_flush()) {
      worker.flush(wire);
    }
  } else if (wire.can_feed()) {
    worker.feed(wire, random.chance(50) ? random.between(1, 30) : 100'000);
  }
}

void Simulation::network_trouble() {
  auto& random = context_.random;
  auto* wire = any_wire();
  if (wire == nullptr || wire->broker_left()) {
    return;
  }
  const auto what = random.below(10);
  if (what < 3) {
    context_.trace("link ", wire->id, " breaks");
    wire->cut(random.below(wire->up_size() + 1), random.below(wire->down_size() + 1));
  } else if (what < 7) {
    wire->stalled = !wire->stalled;
    context_.trace("link ", wire->id, wire->stalled ? " stalls" : " goes on");
  } else {
    wire->stuck_up = !wire->stuck_up;
  }
}

void Simulation::workers_do() {
  for (const auto& worker : workers_) {
    if (worker->has_mail() && context_.random.chance(50)) {
      worker->deliver_mail();
    }
    if (worker->has_logins() && context_.random.chance(70)) {
      worker->answer_login();
    }
    worker->disk_does();
  }
}

void Simulation::pass_time(std::int64_t ms) {
  for (; ms > 0; ms -= 100) {
    for (const auto& worker : workers_) {
      worker->end_turn();
    }
    const auto former_s = context_.now.mono_ms / 1000;
    context_.now.mono_ms += 100;
    context_.now.wall_s += context_.now.mono_ms / 1000 - former_s;
    context_.trace.now_ms = context_.now.mono_ms;
    for (const auto& worker : workers_) {
      worker->advance();
    }
  }
}

// ---- the registry ----

std::shared_ptr<tenants::TenantRecord> Simulation::new_record(const Tenant& tenant) {
  const auto uid = next_uid_++;
  return std::make_shared<tenants::TenantRecord>(
      tenants::TenantRecord{.id = *TenantId::parse(tenant.name),
                            .uid = uid,
                            .password_hash = "first",
                            .generation = next_generation_++,
                            .webparm_id = static_cast<std::int64_t>(uid),
                            .thema = tenant.name,
                            .limits = *tenants::LimitOverrides::parse(tenant.limits)});
}

void Simulation::change(Tenant& tenant, std::shared_ptr<tenants::TenantRecord> record) {
  tenant.record = std::move(record);
  Registry registry;
  for (const auto& each : tenants_) {
    registry[each.name] = each.record;
  }
  for (const auto& worker : workers_) {
    const bool lives_there = worker == workers_[tenant.worker];
    worker->post_registry(registry, lives_there ? tenant.name : "");
  }
}

void Simulation::registry_change() {
  if (context_.classic) {
    return;
  }
  auto& random = context_.random;
  auto& tenant = random.one_of(tenants_);
  if (random.chance(15)) {
    for (const auto& worker : workers_) {
      worker->post_revoked(tenant.name + "-cookie");
    }
    return;
  }
  if (!tenant.record) {
    change(tenant, new_record(tenant));
    return;
  }
  if (random.chance(20)) {
    change(tenant, nullptr);
    return;
  }
  auto record = std::make_shared<tenants::TenantRecord>(*tenant.record);
  record->generation = next_generation_++;
  if (random.chance(40)) {
    record->password_hash += "+";
  } else {
    record->suspended = !record->suspended;
  }
  change(tenant, std::move(record));
}

}  // namespace owb::simulation
