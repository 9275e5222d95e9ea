#pragma once

#include <string>
#include <string_view>

namespace owb::portal::auth {

/// Who asks, as the broker's proxy tells it. Untrusted text, but for the address.
struct Browser {
  std::string address;  ///< numeric
  std::string user_agent;
};

/// What failed attempts are counted under: an IPv4 address itself, of IPv6 the /64 (a household or
/// a rented machine has that many to change between), of an IPv4 address in IPv6 clothes the IPv4
/// address. Anything that is no numeric address is "unknown": one for all of them.
std::string throttled_network_of(std::string_view address);

/// What is stored and shown of an address: "203.0.113.0/24", "2001:db8:1::/48", "unknown".
std::string shown_network_of(std::string_view address);

}  // namespace owb::portal::auth
