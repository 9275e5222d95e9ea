#include <cstdint>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/property_writer.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/reasons.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {
namespace {

void read_reason(Reader& in, Auth& packet) {
  packet.reason = Reason{in.u8()};
  if (!is_reason_allowed(PacketType::auth, packet.reason)) {
    in.fail(Errc::protocol_error);  // [MQTT5-3.15.2-1]
  }
  read_properties(in, PropertyPlace::auth, [&packet](const PropertyValue& value) {
    if (value.id == Property::authentication_method) {
      packet.method = value.text();
    } else if (value.id == Property::authentication_data) {
      packet.data = value.bytes;
    } else if (value.id == Property::reason_string) {
      packet.reason_string = value.text();
    }
  });
}

}  // namespace

Result<Auth> decode_auth(const Frame& frame) {
  Reader in{frame.body};
  Auth packet;
  if (!in.at_end()) {
    read_reason(in, packet);
  }
  // The short form without a body cannot name the method, which must be there [MQTT5 3.15.2.2.2].
  if (!packet.method) {
    in.fail(Errc::protocol_error);
  }
  if (!in.finish()) {
    return in.error();
  }
  return packet;
}

void encode_auth(const Auth& packet, Bytes& out) {
  const auto body = [&packet](auto& sink) {
    sink.u8(static_cast<std::uint8_t>(packet.reason));
    put_block(sink, [&packet](auto& inner) {
      put_text(inner, Property::authentication_method, packet.method);
      put_binary(inner, Property::authentication_data, packet.data);
      put_reason_string(inner, packet.reason_string);
    });
  };
  encode_packet(PacketType::auth, 0, body, out);
}

}  // namespace owb::mqtt
