#include "portal/auth/proxy_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace owb::portal::auth {
namespace {

constexpr std::array<std::uint8_t, 12> kSignature{0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
                                                  0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
constexpr std::uint8_t kVersion2Local = 0x20;
constexpr std::uint8_t kVersion2Proxy = 0x21;
constexpr std::uint8_t kUnspecified = 0x00;
constexpr std::uint8_t kTcpOverIpv4 = 0x11;
constexpr std::uint8_t kTcpOverIpv6 = 0x21;
constexpr std::size_t kPortBytes = 2;

void append_byte(std::uint8_t byte, Bytes& out) {
  out.push_back(std::byte{byte});
}

void append_head(std::uint8_t command, std::uint8_t family, std::size_t length, Bytes& out) {
  for (const auto byte : kSignature) {
    append_byte(byte, out);
  }
  append_byte(command, out);
  append_byte(family, out);
  append_byte(static_cast<std::uint8_t>(length >> 8), out);
  append_byte(static_cast<std::uint8_t>(length & 0xFF), out);
}

template <typename Address>
void append_addresses(const Address& source, Bytes& out) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&source);
  out.insert(out.end(), bytes, bytes + sizeof(source));
  out.resize(out.size() + sizeof(source) + 2 * kPortBytes);  // destination and both ports: zero
}

}  // namespace

void append_proxy_header(std::string_view browser_address, Bytes& out) {
  const std::string text{browser_address};
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    append_head(kVersion2Proxy, kTcpOverIpv4, 2 * (sizeof(v4) + kPortBytes), out);
    append_addresses(v4, out);
  } else if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    append_head(kVersion2Proxy, kTcpOverIpv6, 2 * (sizeof(v6) + kPortBytes), out);
    append_addresses(v6, out);
  } else {
    append_head(kVersion2Local, kUnspecified, 0, out);
  }
}

}  // namespace owb::portal::auth
