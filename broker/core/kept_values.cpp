#include "broker/core/kept_values.hpp"

#include <algorithm>

namespace owb::core {

namespace {

constexpr unsigned kRetain = 4;
constexpr unsigned kExpiryIsProperty = 8;
constexpr unsigned kQosBits = 3;

}  // namespace

KeptWriter& KeptWriter::deadline(std::int64_t deadline_ms, const Now& now) {
  if (deadline_ms == 0) {
    return u8(0);
  }
  const auto left = std::max<std::int64_t>(deadline_ms - now.mono_ms, 0);
  return u8(1).u64(static_cast<std::uint64_t>(left)).u64(static_cast<std::uint64_t>(now.wall_s));
}

std::int64_t KeptReader::deadline(const Now& now) {
  if (u8() == 0) {
    return 0;
  }
  const auto left = static_cast<std::int64_t>(u64() & 0x7FFF'FFFF'FFFFU);
  const auto written = static_cast<std::int64_t>(u64() & 0x7FFF'FFFF'FFFFU);
  // A clock that went back while the broker was away makes nothing live longer.
  const auto away = std::max<std::int64_t>(now.wall_s - written, 0) * 1000;
  // 0 would mean "never", and the monotonic clock may be younger than what has passed.
  return std::max<std::int64_t>(now.mono_ms + left - away, 1);
}

KeptWriter& KeptWriter::message_head(const MessageView& view, const Now& now) {
  const auto flags = static_cast<unsigned>(view.qos) | (view.retain ? kRetain : 0U) |
                     (view.expiry_is_property ? kExpiryIsProperty : 0U);
  return u8(static_cast<std::uint8_t>(flags))
      .u32(view.source)
      .deadline(view.expires_ms, now)
      .u32(static_cast<std::uint32_t>(view.forwarded.size()));
}

MessageView KeptReader::message(const Now& now) {
  const unsigned flags = u8();
  MessageView view{.retain = (flags & kRetain) != 0,
                   .expiry_is_property = (flags & kExpiryIsProperty) != 0};
  if ((flags & kQosBits) > 2) {
    fail(mqtt::Errc::malformed_packet);
    return view;
  }
  view.qos = static_cast<mqtt::Qos>(flags & kQosBits);
  view.source = u32();
  view.expires_ms = deadline(now);
  view.forwarded = take(u32());
  view.payload = take_rest();
  return view;
}

}  // namespace owb::core
