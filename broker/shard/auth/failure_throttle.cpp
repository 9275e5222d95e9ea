#include "broker/shard/auth/failure_throttle.hpp"

#include <algorithm>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>

namespace owb::shard {

namespace {

// The bytes that name the network of an address: a household or an attacker has a /64 of IPv6 at
// least, so single addresses of it mean nothing. An IPv4 address in IPv6 clothes is one of IPv4.
std::string network_of(std::string_view address) {
  const std::string text{address};
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) {
    return text;
  }
  const auto* bytes = reinterpret_cast<const char*>(v6.s6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    std::array<char, INET_ADDRSTRLEN> v4{};
    inet_ntop(AF_INET, bytes + 12, v4.data(), v4.size());
    return v4.data();
  }
  return {bytes, 8};
}

}  // namespace

FailureThrottle::FailureThrottle() : secret_{SecretBytes::random(crypto_generichash_KEYBYTES)} {}

FailureThrottle::Key FailureThrottle::key_of(std::string_view address,
                                             std::string_view name) const {
  auto text = network_of(address);
  text += static_cast<char>(text.size());  // where the network ends and the name begins
  text += name;
  Key key{};
  crypto_generichash(key.data(), key.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), secret_.raw(), secret_.size());
  return key;
}

FailureThrottle::Admission FailureThrottle::admit(std::string_view address, std::string_view name,
                                                  std::int64_t now_ms) {
  const auto* known = failures_.find(key_of(address, name));
  if (known == nullptr || now_ms >= known->until_ms) {
    return {};
  }
  const bool blocked = known->count >= kBlockAfter;
  return {.kind = blocked ? Admission::Kind::blocked : Admission::Kind::later,
          .at_ms = known->until_ms};
}

std::int64_t FailureThrottle::failed(std::string_view address, std::string_view name,
                                     std::int64_t now_ms) {
  const auto key = key_of(address, name);
  auto* known = failures_.find(key);
  if (known == nullptr) {
    known = &failures_.put(key, {});
  } else if (now_ms - known->last_ms >= kForgetMs) {
    *known = {};
  }
  known->last_ms = now_ms;
  known->count = std::min(known->count + 1, kBlockAfter);
  if (known->count <= kFreeFailures) {
    return now_ms;
  }
  const auto doublings = known->count - kFreeFailures - 1;
  const auto delay = std::min(kFirstDelayMs << doublings, kLongestDelayMs);
  known->until_ms = now_ms + (known->count >= kBlockAfter ? kBlockMs : delay);
  return now_ms + delay;
}

void FailureThrottle::succeeded(std::string_view address, std::string_view name) {
  failures_.erase(key_of(address, name));
}

}  // namespace owb::shard
