#include <cstdint>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/property_writer.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/reasons.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {
namespace {

/// Reason and properties, either of which may be left out from the end [MQTT5 3.14.2].
void read_reason(Reader& in, Disconnect& packet) {
  if (in.at_end()) {
    return;
  }
  packet.reason = Reason{in.u8()};
  if (!is_reason_allowed(PacketType::disconnect, packet.reason)) {
    in.fail(Errc::protocol_error);  // [MQTT5-3.14.2-1]
  }
  if (in.at_end()) {
    return;
  }
  read_properties(in, PropertyPlace::disconnect, [&packet](const PropertyValue& value) {
    if (value.id == Property::session_expiry_interval) {
      packet.session_expiry = value.number;
    } else if (value.id == Property::reason_string) {
      packet.reason_string = value.text();
    } else if (value.id == Property::server_reference) {
      packet.server_reference = value.text();
    }
  });
}

template <typename Sink>
void put_disconnect(Sink& sink, const Disconnect& packet) {
  const bool has_properties =
      packet.session_expiry || !packet.reason_string.empty() || packet.server_reference;
  if (packet.reason == Reason::success && !has_properties) {
    return;
  }
  sink.u8(static_cast<std::uint8_t>(packet.reason));
  if (has_properties) {
    put_block(sink, [&packet](auto& inner) {
      put_u32(inner, Property::session_expiry_interval, packet.session_expiry);
      put_reason_string(inner, packet.reason_string);
      put_text(inner, Property::server_reference, packet.server_reference);
    });
  }
}

}  // namespace

Result<Disconnect> decode_disconnect(const Frame& frame, Version version) {
  Reader in{frame.body};
  Disconnect packet;
  if (version == Version::v5) {
    read_reason(in, packet);
  }
  if (!in.finish()) {
    return in.error();
  }
  return packet;
}

void encode_disconnect(const Disconnect& packet, Version version, Bytes& out) {
  const auto body = [&](auto& sink) {
    if (version == Version::v5) {
      put_disconnect(sink, packet);
    }
  };
  encode_packet(PacketType::disconnect, 0, body, out);
}

}  // namespace owb::mqtt
