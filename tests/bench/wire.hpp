#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// The few MQTT 3.1.1 packets a load generator needs. Written apart from broker/mqtt, so that the
/// broker's codec is not measured against itself.
namespace owb::bench {

enum class Packet : std::uint8_t {
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  suback = 9,
  pingresp = 13,
};

inline void put_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8U);
  out += static_cast<char>(value & 0xFFU);
}

inline std::uint16_t get_u16(std::string_view in) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(in[0]) << 8U |
                                    static_cast<unsigned char>(in[1]));
}

inline void put_text(std::string& out, std::string_view text) {
  put_u16(out, text.size());
  out += text;
}

inline void put_head(std::string& out, unsigned first, std::size_t size) {
  out += static_cast<char>(first);
  while (size >= 0x80) {
    out += static_cast<char>(0x80U | (size & 0x7FU));
    size >>= 7U;
  }
  out += static_cast<char>(size);
}

inline void put_connect(std::string& out, std::string_view id, std::string_view user,
                        std::string_view password) {
  constexpr unsigned kUserPasswordClean = 0xC2;
  constexpr std::size_t kKeepAlive = 600;
  put_head(out, 0x10, 10 + 2 + id.size() + 2 + user.size() + 2 + password.size());
  put_text(out, "MQTT");
  out += '\x04';
  out += static_cast<char>(kUserPasswordClean);
  put_u16(out, kKeepAlive);
  put_text(out, id);
  put_text(out, user);
  put_text(out, password);
}

inline void put_subscribe(std::string& out, std::string_view filter, unsigned qos) {
  put_head(out, 0x82, 2 + 2 + filter.size() + 1);
  put_u16(out, 1);
  put_text(out, filter);
  out += static_cast<char>(qos);
}

inline void put_publish(std::string& out, std::string_view topic, std::string_view payload,
                        unsigned qos, bool retain, std::uint16_t id) {
  put_head(out, 0x30U | qos << 1U | (retain ? 1U : 0U),
           2 + topic.size() + (qos > 0 ? 2 : 0) + payload.size());
  put_text(out, topic);
  if (qos > 0) {
    put_u16(out, id);
  }
  out += payload;
}

inline void put_ack(std::string& out, Packet type, std::uint16_t id) {
  const unsigned flags = type == Packet::pubrel ? 2 : 0;
  put_head(out, static_cast<unsigned>(type) << 4U | flags, 2);
  put_u16(out, id);
}

inline void put_pingreq(std::string& out) {
  put_head(out, 0xC0, 0);
}

}  // namespace owb::bench
