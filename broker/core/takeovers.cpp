#include "broker/core/takeovers.hpp"

#include <algorithm>

namespace owb::core {

bool Takeovers::admit(const std::string& client_id, std::int64_t mono_ms) {
  for (auto& contest : contests_) {
    contest.debt_ms -= mono_ms - contest.at_ms;
    contest.at_ms = mono_ms;
  }
  std::erase_if(contests_, [](const Contest& contest) { return contest.debt_ms <= 0; });
  auto found =
      std::find_if(contests_.begin(), contests_.end(),
                   [&client_id](const Contest& contest) { return contest.client_id == client_id; });
  if (found == contests_.end()) {
    if (contests_.size() >= kMostIds) {  // the one that fights least makes room
      contests_.erase(std::min_element(
          contests_.begin(), contests_.end(),
          [](const Contest& a, const Contest& b) { return a.debt_ms < b.debt_ms; }));
    }
    found = contests_.insert(contests_.end(), {.client_id = client_id, .at_ms = mono_ms});
  }
  if (found->debt_ms > (kBurst - 1) * kRegainMs) {
    return false;
  }
  found->debt_ms += kRegainMs;
  return true;
}

}  // namespace owb::core
