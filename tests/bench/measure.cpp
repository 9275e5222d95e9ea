#include "tests/bench/measure.hpp"

#include <algorithm>
#include <bit>
#include <fstream>
#include <stdexcept>
#include <string>

namespace owb::bench {

std::uint64_t Watched::cpu_ns() const {
  clockid_t clock{};
  if (clock_getcpuclockid(pid_, &clock) != 0) {
    throw std::runtime_error("no process " + std::to_string(pid_));
  }
  return nanoseconds(clock);
}

std::uint64_t Watched::status_kb(const char* field) const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  const auto head = std::string(field) + ":";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(head)) {
      return std::stoull(line.substr(head.size()));
    }
  }
  throw std::runtime_error("no " + head + " of process " + std::to_string(pid_));
}

std::uint64_t Watched::resident_bytes() const {
  return status_kb("VmRSS") * 1024;
}

std::uint64_t Watched::peak_bytes() const {
  return status_kb("VmHWM") * 1024;
}

void Histogram::add(std::uint64_t ns) {
  // The upper bits of the value: its power of two and kSubBits bits behind the first one.
  const auto value = std::max<std::uint64_t>(ns, 1U << kSubBits);
  const auto power = static_cast<unsigned>(std::bit_width(value)) - 1;
  const auto below = value >> (power - kSubBits) & ((1U << kSubBits) - 1);
  const auto index = (static_cast<std::uint64_t>(power - kSubBits) << kSubBits) + below;
  ++buckets_[std::min<std::uint64_t>(index, buckets_.size() - 1)];
  ++count_;
}

double Histogram::quantile_us(double share) const {
  const auto wanted =
      std::min(static_cast<std::uint64_t>(share * static_cast<double>(count_)), count_ - 1);
  std::uint64_t seen = 0;
  for (std::size_t index = 0; index < buckets_.size(); ++index) {
    seen += buckets_[index];
    if (seen > wanted) {
      const auto power = index >> kSubBits;
      const auto below = index & ((1U << kSubBits) - 1);
      return static_cast<double>((1U << kSubBits | below) << power) / 1000.0;
    }
  }
  return 0;
}

}  // namespace owb::bench
