// PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT, AUTH and the pings.
#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {

Result<Ack> decode_ack(const Frame& frame, Version version) {
  Reader in(frame.body);
  Ack packet{.packet_id = in.packet_id()};
  if (version == Version::v5 && !in.empty()) {
    packet.reason = static_cast<Reason>(in.u8());
    if (!in.empty()) {
      const auto error = read_properties(in, PropertyPlace::ack, [&packet](const auto& value) {
        if (value.id == Property::reason_string) {
          packet.reason_string = as_text(value.bytes);
        }
      });
      if (error.failed()) {
        return error;
      }
    }
  }
  if (in.failed() || !in.empty()) {
    return Errc::malformed_packet;
  }
  return packet;
}

void encode_ack(PacketType type, const Ack& packet, Version version, Bytes& out) {
  const auto properties = text_property_size(packet.reason_string);
  const bool with_reason =
      version == Version::v5 && (packet.reason != Reason::success || properties != 0);
  const auto remaining =
      2U + (with_reason ? 1U : 0U) +
      (with_reason && properties != 0 ? varint_size(properties) + properties : 0U);
  Writer to(out, type, type == PacketType::pubrel ? 0x02U : 0U, remaining);  // [MQTT-3.6.1-1]
  to.id(packet.packet_id);
  if (with_reason) {
    to.u8(static_cast<std::uint8_t>(packet.reason));
    if (properties != 0) {
      to.varint(properties);
      write_text_property(to, Property::reason_string, packet.reason_string);
    }
  }
}

Result<Disconnect> decode_disconnect(const Frame& frame, Version version) {
  Reader in(frame.body);
  Disconnect packet;
  if (version == Version::v5 && !in.empty()) {
    packet.reason = static_cast<Reason>(in.u8());
    if (!in.empty()) {
      const auto error =
          read_properties(in, PropertyPlace::disconnect, [&packet](const auto& value) {
            if (value.id == Property::session_expiry_interval) {
              packet.session_expiry = value.number;
            } else if (value.id == Property::reason_string) {
              packet.reason_string = as_text(value.bytes);
            } else if (value.id == Property::server_reference) {
              packet.server_reference = as_text(value.bytes);
            }
          });
      if (error.failed()) {
        return error;
      }
    }
  }
  if (in.failed() || !in.empty()) {
    return Errc::malformed_packet;
  }
  return packet;
}

void encode_disconnect(const Disconnect& packet, Version version, Bytes& out) {
  if (version != Version::v5) {
    Writer(out, PacketType::disconnect, 0, 0);
    return;
  }
  const auto reference = packet.server_reference.value_or(std::string_view{});
  const auto properties = (packet.session_expiry ? 5U : 0U) +
                          text_property_size(packet.reason_string) + text_property_size(reference);
  const bool short_form = packet.reason == Reason::success && properties == 0;
  const auto remaining =
      short_form ? 0U : 1U + (properties != 0 ? varint_size(properties) + properties : 0U);
  Writer to(out, PacketType::disconnect, 0, remaining);
  if (short_form) {
    return;
  }
  to.u8(static_cast<std::uint8_t>(packet.reason));
  if (properties != 0) {
    to.varint(properties);
    if (packet.session_expiry) {
      to.u8(static_cast<std::uint8_t>(Property::session_expiry_interval));
      to.u32(*packet.session_expiry);
    }
    write_text_property(to, Property::reason_string, packet.reason_string);
    write_text_property(to, Property::server_reference, reference);
  }
}

Result<Auth> decode_auth(const Frame& frame) {
  Reader in(frame.body);
  Auth packet;
  if (!in.empty()) {
    packet.reason = static_cast<Reason>(in.u8());
    const auto error = read_properties(in, PropertyPlace::auth, [&packet](const auto& value) {
      if (value.id == Property::authentication_method) {
        packet.method = as_text(value.bytes);
      } else if (value.id == Property::authentication_data) {
        packet.data = value.bytes;
      } else if (value.id == Property::reason_string) {
        packet.reason_string = as_text(value.bytes);
      }
    });
    if (error.failed()) {
      return error;
    }
  }
  if (in.failed() || !in.empty()) {
    return Errc::malformed_packet;
  }
  if (!packet.method) {
    return Errc::protocol_error;
  }
  return packet;
}

void encode_auth(const Auth& packet, Bytes& out) {
  const auto method = packet.method.value_or(std::string_view{});
  const auto properties = text_property_size(method) +
                          (packet.data ? 3 + packet.data->size() : 0U) +
                          text_property_size(packet.reason_string);
  Writer to(out, PacketType::auth, 0, 1 + varint_size(properties) + properties);
  to.u8(static_cast<std::uint8_t>(packet.reason));
  to.varint(properties);
  write_text_property(to, Property::authentication_method, method);
  if (packet.data) {
    to.u8(static_cast<std::uint8_t>(Property::authentication_data));
    to.binary(*packet.data);
  }
  write_text_property(to, Property::reason_string, packet.reason_string);
}

void encode_pingreq(Bytes& out) {
  Writer(out, PacketType::pingreq, 0, 0);
}

void encode_pingresp(Bytes& out) {
  Writer(out, PacketType::pingresp, 0, 0);
}

}  // namespace owb::mqtt
