#include "portal/auth/browser.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace owb::portal::auth {
namespace {

struct Address {
  int family = AF_INET;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};  // the first four for IPv4
};

std::optional<Address> parse(std::string_view text) {
  const std::string terminated{text};
  if (terminated.find('\0') != std::string::npos) {
    return std::nullopt;  // inet_pton() would not look behind it
  }
  Address address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
    return address;
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, terminated.c_str(), &v6) != 1) {
    return std::nullopt;
  }
  constexpr std::size_t kMappedPrefix = 12;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    std::copy(std::begin(v6.s6_addr) + kMappedPrefix, std::end(v6.s6_addr), address.bytes.begin());
    return address;
  }
  address.family = AF_INET6;
  std::copy(std::begin(v6.s6_addr), std::end(v6.s6_addr), address.bytes.begin());
  return address;
}

/// The address with all but its first `kept` bytes zero.
std::string text_of(Address address, std::size_t kept) {
  std::fill(address.bytes.begin() + static_cast<std::ptrdiff_t>(kept), address.bytes.end(),
            std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.family, address.bytes.data(), text.data(), text.size());
  return text.data();
}

constexpr const char* kUnknown = "unknown";

}  // namespace

std::string throttled_network_of(std::string_view address) {
  const auto parsed = parse(address);
  if (!parsed) {
    return kUnknown;
  }
  return parsed->family == AF_INET ? text_of(*parsed, 4) : text_of(*parsed, 8) + "/64";
}

std::string shown_network_of(std::string_view address) {
  const auto parsed = parse(address);
  if (!parsed) {
    return kUnknown;
  }
  return parsed->family == AF_INET ? text_of(*parsed, 3) + "/24" : text_of(*parsed, 6) + "/48";
}

}  // namespace owb::portal::auth
