#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tenants/base/bytes.hpp"
#include "tenants/base/result.hpp"

namespace owb::net {

/// What a PROXY protocol version 2 header says (haproxy's proxy-protocol.txt, section 2.2).
struct ProxyHeader {
  std::size_t size = 0;  ///< bytes of the header, 0: not yet whole
  std::string address;   ///< numeric source address; empty for LOCAL and UNSPEC
  std::uint16_t port = 0;
};

/// The longest header taken: address block and TLVs; F44.
inline constexpr std::size_t kMaxProxyHeader = 536;

/// Reads a header at the front of `input`. Errors: std::errc::protocol_error for anything that
/// cannot be the start of one, is too long, or names a family without address.
Result<ProxyHeader> parse_proxy_header(ByteView input);

}  // namespace owb::net
