#pragma once

#include <cstdint>

namespace owb::core {

/// What Transport::close() says to a WebSocket [RFC 6455, 7.4.1].
inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseProtocol = 1002;
inline constexpr std::uint16_t kClosePolicy = 1008;
inline constexpr std::uint16_t kCloseInternalError = 1011;

}  // namespace owb::core
