#include "broker/net/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>

namespace owb::net {

namespace {

constexpr unsigned char kSignature[] = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
                                        0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
constexpr std::size_t kFixed = 16;

std::size_t u16(ByteView bytes, std::size_t at) {
  return (std::to_integer<std::size_t>(bytes[at]) << 8U) |
         std::to_integer<std::size_t>(bytes[at + 1]);
}

std::string numeric(int family, ByteView address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, address.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

}  // namespace

Result<ProxyHeader> parse_proxy_header(ByteView input) {
  const auto error = boost::system::errc::make_error_code(boost::system::errc::protocol_error);
  const auto known = std::min(input.size(), sizeof(kSignature));
  if (std::memcmp(input.data(), kSignature, known) != 0) {
    return error;
  }
  if (input.size() < kFixed) {
    return ProxyHeader{};
  }
  const auto version_command = std::to_integer<unsigned>(input[12]);
  const auto family = std::to_integer<unsigned>(input[13]);
  const auto length = u16(input, 14);
  if (version_command != 0x20 && version_command != 0x21) {
    return error;
  }
  if (kFixed + length > kMaxProxyHeader) {
    return error;
  }
  ProxyHeader header{.size = kFixed + length};
  if (input.size() < header.size) {
    return ProxyHeader{};
  }
  const bool proxied = version_command == 0x21;
  if (!proxied || family == 0x00) {
    return header;
  }
  if (family == 0x11) {
    if (length < 12) {
      return error;
    }
    header.address = numeric(AF_INET, input.subspan(16, 4));
    header.port = static_cast<std::uint16_t>(u16(input, 24));
    return header;
  }
  if (family == 0x21) {
    if (length < 36) {
      return error;
    }
    header.address = numeric(AF_INET6, input.subspan(16, 16));
    header.port = static_cast<std::uint16_t>(u16(input, 48));
    return header;
  }
  return error;
}

}  // namespace owb::net
