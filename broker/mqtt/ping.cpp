#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {

void encode_pingreq(Bytes& out) {
  encode_packet(
      PacketType::pingreq, 0, [](auto&) {}, out);
}

void encode_pingresp(Bytes& out) {
  encode_packet(
      PacketType::pingresp, 0, [](auto&) {}, out);
}

}  // namespace owb::mqtt
