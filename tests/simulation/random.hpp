#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace owb::simulation {

/// Every decision of a run comes from here, so that a seed repeats it on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }

  std::size_t between(std::size_t least, std::size_t most) {
    return least + below(most - least + 1);
  }

  bool chance(unsigned percent) { return below(100) < percent; }

  template <typename List>
  auto& one_of(List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace owb::simulation
