#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "broker/mqtt/types.hpp"
#include "tenants/base/result.hpp"

/// Where mosquitto chooses among the answers that the specification leaves open; classic mode
/// chooses the same. Pure.
namespace owb::core {

/// Levels of a topic or filter; mosquitto refuses more.
inline constexpr std::size_t kClassicLevels = 200;

/// What a broken packet of `type` is answered with, in CONNACK or DISCONNECT of 5.0.
/// nullopt: the connection ends without a word.
std::optional<mqtt::Reason> classic_reason(mqtt::PacketType type, const Error& error);

/// A topic, filter or client id that mosquitto takes: no control characters, no noncharacters, and
/// for topics not more levels than kClassicLevels. `text` is valid UTF-8.
bool is_classic_text(std::string_view text);
bool is_classic_topic(std::string_view topic);

}  // namespace owb::core
