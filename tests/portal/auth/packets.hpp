#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// What a broker sends, written out byte by byte, so that the tests do not lean on the codec they
/// run through.
namespace owb::portal::auth::packets {

inline std::string remaining_length(std::size_t length) {
  std::string out;
  do {
    const auto rest = length / 128;
    out += static_cast<char>(length % 128 + (rest > 0 ? 128 : 0));
    length = rest;
  } while (length > 0);
  return out;
}

inline std::string text(std::string_view value) {
  std::string out{static_cast<char>(value.size() >> 8U), static_cast<char>(value.size() & 0xFFU)};
  return out.append(value);
}

inline std::string connack(char code) {
  return {'\x20', '\x02', '\0', code};
}

/// To the SUBSCRIBE with packet id 1 and two filters.
inline std::string suback(char first = 0, char second = 0) {
  return {'\x90', '\x04', '\0', '\1', first, second};
}

inline std::string retained(std::string_view topic, std::string_view payload) {
  const auto body = text(topic).append(payload);
  return '\x31' + remaining_length(body.size()) + body;
}

inline std::string live(std::string_view topic, std::string_view payload) {
  auto packet = retained(topic, payload);
  packet.front() = '\x30';
  return packet;
}

inline const std::string kPingresp{'\xD0', '\0'};

/// The packets the check sends after it was let in: SUBSCRIBE (id 1, two filters, QoS 0) and
/// PINGREQ.
inline std::string subscribe_and_ping(std::string_view first, std::string_view second) {
  const auto body = std::string{'\0', '\1'} + text(first) + '\0' + text(second) + '\0';
  return '\x82' + remaining_length(body.size()) + body + std::string{'\xC0', '\0'};
}

}  // namespace owb::portal::auth::packets
