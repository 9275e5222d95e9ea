#pragma once

#include <cstddef>
#include <cstdint>

#include "broker/mqtt/types.hpp"
#include "tenants/base/bytes.hpp"
#include "tenants/base/result.hpp"

namespace owb::mqtt {

/// One whole control packet: fixed header taken apart, body as a view into the input.
struct Frame {
  PacketType type = PacketType::reserved;
  std::uint8_t flags = 0;  ///< low nibble of the first byte
  ByteView body;           ///< what "remaining length" counts
  std::size_t size = 0;    ///< whole packet with its fixed header, in bytes
};

/// What stands at the start of `input`: a whole frame, or how much is known of an unfinished one.
struct FrameScan {
  bool complete = false;
  /// Type and flags are valid as soon as one byte was there.
  Frame frame;
  /// If not complete: size in bytes of the whole packet once the length is known, else 0.
  std::size_t needed = 0;
};

/// The type of the packet that begins with `first`.
constexpr PacketType type_of(std::byte first) {
  return static_cast<PacketType>(std::to_integer<unsigned>(first) >> 4U);
}

/// Reads the fixed header at the start of `input` (which may hold less or more than one packet).
/// Errors, as soon as they can be known: malformed_packet (reserved type 0, wrong reserved flags
/// [MQTT-2.2.2-2], QoS 3), length_invalid (5-byte or overlong length [MQTT5-1.5.5-1], PINGREQ or
/// PINGRESP with a body). Never allocates. The caller compares `needed` with its limit. 3.1 allows
/// some flags more; those of CONNECT are judged by decode_connect(), which knows the version.
Result<FrameScan> scan_frame(ByteView input, Version version = Version::v311);

}  // namespace owb::mqtt
