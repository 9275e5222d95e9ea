#pragma once

#include <cstdint>

#include "tenants/base/bytes.hpp"

namespace owb::store {

/// CRC-32 (that of zlib and Ethernet) of `bytes` behind what gave `before`; 0 begins. Pure.
std::uint32_t crc32(std::uint32_t before, ByteView bytes);

}  // namespace owb::store
