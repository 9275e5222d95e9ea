#include "portal/auth/login_throttle.hpp"

#include <algorithm>

#include "portal/auth/browser.hpp"

namespace owb::portal::auth {
namespace {

std::string pair_of(const std::string& network, std::string_view name) {
  return network + ' ' + std::string{name};
}

}  // namespace

LoginThrottle::LoginThrottle(const Policies& policies)
    : pairs_(policies.pair), networks_(policies.network), names_(policies.name) {}

std::chrono::seconds LoginThrottle::admit(std::string_view address, std::string_view name,
                                          TimePoint now) {
  const auto network = throttled_network_of(address);
  const auto pair = pair_of(network, name);
  const std::string name_key{name};
  const std::lock_guard lock{mutex_};
  const auto name_wait =
      pairs_.is_trusted(pair) ? std::chrono::seconds{0} : names_.wait_of(name_key, now);
  const auto wait =
      std::max({pairs_.wait_of(pair, now), networks_.wait_of(network, now), name_wait});
  if (wait > std::chrono::seconds{0}) {
    return wait;
  }
  pairs_.add(pair, now);
  networks_.add(network, now);
  names_.add(name_key, now);
  return wait;
}

void LoginThrottle::forgive(std::string_view address, std::string_view name) {
  const auto network = throttled_network_of(address);
  const std::lock_guard lock{mutex_};
  pairs_.take_back(pair_of(network, name));
  networks_.take_back(network);
  names_.take_back(std::string{name});
}

void LoginThrottle::succeeded(std::string_view address, std::string_view name) {
  const auto network = throttled_network_of(address);
  const std::lock_guard lock{mutex_};
  pairs_.trust(pair_of(network, name));
  networks_.take_back(network);
  names_.take_back(std::string{name});
}

}  // namespace owb::portal::auth
