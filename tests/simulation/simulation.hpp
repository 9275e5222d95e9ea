#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/client.hpp"
#include "tests/simulation/context.hpp"
#include "tests/simulation/worker.hpp"

namespace owb::simulation {

/// One run: a broker of two workers, some tenants with their devices, and a scheduler that decides
/// by its seed what happens next.
class Simulation {
 public:
  /// Every eighth seed is a world without tenants.
  Simulation(std::uint64_t seed, bool trace);

  /// Throws Violation.
  void run();

 private:
  struct Tenant {
    std::string name;
    std::size_t worker = 0;
    std::shared_ptr<const tenants::TenantRecord> record;
    std::string limits;
  };

  void populate();
  Client::Profile random_profile(std::size_t tenant, std::size_t number);
  void step();
  void move_bytes();
  void network_trouble();
  void registry_change();
  void change(Tenant& tenant, std::shared_ptr<tenants::TenantRecord> record);
  std::shared_ptr<tenants::TenantRecord> new_record(const Tenant& tenant);
  void workers_do();
  void pass_time(std::int64_t ms);
  void come_to_rest();
  bool settle_once();
  void check_everything();
  void take_down();
  Wire* any_wire();

  Context context_;
  std::vector<Tenant> tenants_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Client>> clients_;
  bool down_ = false;  ///< nobody comes back any more
  std::uint64_t next_uid_ = 1;
  std::uint64_t next_generation_ = 1;
};

}  // namespace owb::simulation
