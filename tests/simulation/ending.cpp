// The end of a run: everything comes to rest, is looked at, and is taken down.
#include "broker/core/hub.hpp"
#include "tests/simulation/simulation.hpp"

namespace owb::simulation {

namespace {

constexpr int kMostRounds = 20'000;
/// Clients use the smallest that is free, and have few under way.
constexpr unsigned kMostIds = 100;

// Nothing is under way, so no packet id is in use.
void check_ids(const core::Session& session) {
  for (unsigned id = 1; id <= kMostIds; ++id) {
    const auto packet_id = static_cast<mqtt::PacketId>(id);
    if (session.has_received(packet_id) || session.holds(packet_id)) {
      violation(session.client_id(), ": QoS 2 packet id ", id, " is not free again");
    }
  }
  if (session.in_flight() != 0 || session.queued() != 0) {
    violation(session.client_id(), ": ", session.in_flight(), " in flight, ", session.queued(),
              " queued at the end");
  }
}

}  // namespace

// Nothing goes wrong any more, whoever has a session comes back, and all that is owed is paid.
void Simulation::come_to_rest() {
  context_.trace("---- coming to rest ----");
  context_.calm = true;
  for (auto& tenant : tenants_) {
    if (!context_.classic && (!tenant.record || tenant.record->suspended)) {
      change(tenant, new_record(tenant));
    }
  }
  for (int round = 0; settle_once(); ++round) {
    if (round > kMostRounds) {
      violation("the run does not come to rest");
    }
  }
}

// True: something has happened.
bool Simulation::settle_once() {
  bool any = false;
  for (const auto& worker : workers_) {
    for (; worker->has_mail(); any = true) {
      worker->deliver_mail();
    }
    for (; worker->has_logins(); any = true) {
      worker->answer_login();
    }
    for (std::size_t i = 0; i < worker->wires().size(); ++i) {
      auto& wire = *worker->wires()[i];
      wire.stalled = wire.stuck_up = false;
      if (wire.can_feed()) {
        worker->feed(wire, 100'000);
        any = true;
      }
      if (wire.can_flush()) {
        worker->flush(wire);
        any = true;
      }
    }
    worker->end_turn();
    worker->disk_is_well();
    any = any || worker->realm().has_pending_work();
  }
  for (const auto& client : clients_) {
    any = (!down_ && client->come_back()) || any;
    if (client->wire() != nullptr && client->wire()->can_receive()) {
      client->listen();
      any = true;
    }
    for (; client->owes(); any = true) {
      client->pay();
    }
  }
  bool paused = false;
  for (const auto& worker : workers_) {
    worker->tidy();
    for (const auto& wire : worker->wires()) {
      paused = paused || wire->paused();
    }
  }
  if (!any && paused) {
    pass_time(1'000);  // too many messages at once
    any = true;
  }
  return any;
}

void Simulation::check_everything() {
  for (const auto& client : clients_) {
    client->check_answered();
    if (client->wire() != nullptr) {
      client->wire()->worker().model().check_complete(client->wire()->model);
      check_ids(*client->wire()->link->session());
    }
  }
}

void Simulation::take_down() {
  context_.trace("---- taking down ----");
  down_ = true;
  for (const auto& client : clients_) {
    client->leave(context_.random.chance(50));
  }
  for (auto& tenant : tenants_) {
    if (context_.classic) {
      workers_[tenant.worker]->change(tenant.name, nullptr);
    } else {
      change(tenant, nullptr);
    }
  }
  while (settle_once()) {
  }
  for (const auto& worker : workers_) {
    auto& realm = worker->realm();
    // Connections the client abandoned end by their keep alive only.
    worker->close_all();
    const auto& stats = realm.stats();
    if (stats.connections != 0 || stats.sessions != 0 || realm.topics().size() != 0) {
      violation("left over: ", stats.connections, " connections, ", stats.sessions, " sessions, ",
                realm.topics().size(), " topics");
    }
    for (const auto& tenant : tenants_) {
      const auto* hub = realm.find_hub(tenant.name);
      if (hub != nullptr && (hub->session_count() != 0 || hub->retained_count() != 0 ||
                             hub->retained_bytes() != 0 || hub->link_count() != 0)) {
        violation("left over in the hub of '", tenant.name, "'");
      }
    }
  }
}

}  // namespace owb::simulation
