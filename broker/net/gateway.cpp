#include "broker/net/gateway.hpp"

namespace owb::net {

Gateway::Gateway(Options options, std::vector<shard::Worker*> workers)
    : options_(options), workers_(std::move(workers)), addresses_(options.addresses) {
  for (auto* worker : workers_) {
    // The worker owns its table: connections have to go before its realm does.
    auto table = std::make_shared<ConnectionTable>(*worker);
    tables_.push_back(table.get());
    worker->keep(std::move(table));
  }
}

std::size_t Gateway::worker_for(std::string_view user) const {
  return options_.tenancy ? shard::worker_of(user, workers_.size()) : 0;
}

void Gateway::hand_over(std::size_t from, std::string_view user, Arrival arrival) {
  const auto to = worker_for(user);
  const auto settle = [](ConnectionTable& table, Arrival&& arrived) {
    auto unread = std::move(arrived.unread);
    table.add(std::make_unique<Connection>(table, std::move(arrived))).start(std::move(unread));
  };
  if (to == from) {
    settle(*tables_[to], std::move(arrival));
    return;
  }
  workers_[to]->post([this, to, settle, arrival = std::move(arrival)]() mutable {
    settle(*tables_[to], std::move(arrival));
  });
}

}  // namespace owb::net
