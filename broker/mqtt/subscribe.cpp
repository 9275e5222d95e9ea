#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {

namespace {

bool read_entry(Reader& in, Version version, SubscribeEntry& entry) {
  entry.filter = in.utf8();
  const auto options = in.u8();
  if (entry.filter.empty()) {
    in.fail();
  }
  // [MQTT-3.8.3-4], [MQTT5-3.8.3-5]: reserved bits are 0, QoS 3 does not exist.
  const unsigned reserved = version == Version::v5 ? 0xC0U : 0xFCU;
  if ((options & 0x03U) == 0x03U || (options & reserved) != 0 ||
      (version == Version::v5 && (options & 0x30U) == 0x30U)) {
    in.fail();
  }
  entry.options = {.maximum_qos = static_cast<Qos>(options & 0x03U),
                   .no_local = (options & 0x04U) != 0,
                   .retain_as_published = (options & 0x08U) != 0,
                   .retain_handling = static_cast<std::uint8_t>((options >> 4U) & 0x03U)};
  return !in.failed();
}

template <typename Packet>
Error read_head(Reader& in, PropertyPlace place, Version version, Packet& packet) {
  packet.packet_id = in.packet_id();
  if (version != Version::v5 || in.failed()) {
    return {};
  }
  return read_properties(in, place, [&packet](const PropertyValue& value) {
    if constexpr (requires { packet.subscription_id; }) {
      if (value.id == Property::subscription_identifier) {
        packet.subscription_id = value.number;
      }
    }
    if constexpr (requires { packet.reason_string; }) {
      if (value.id == Property::reason_string) {
        packet.reason_string = as_text(value.bytes);
      }
    }
  });
}

Result<Suback> decode_codes(const Frame& frame, Version version, bool with_codes) {
  Reader in(frame.body);
  Suback packet;
  if (const auto error = read_head(in, PropertyPlace::suback, version, packet); error.failed()) {
    return error;
  }
  packet.codes = in.rest();
  if (in.failed() || packet.codes.empty() == with_codes) {
    return Errc::malformed_packet;
  }
  return packet;
}

void encode_codes(PacketType type, const Suback& packet, Version version, bool with_codes,
                  Bytes& out) {
  const auto properties = version == Version::v5 ? text_property_size(packet.reason_string) : 0;
  Writer to(out, type, 0,
            2 + (version == Version::v5 ? varint_size(properties) + properties : 0U) +
                (with_codes ? packet.codes.size() : 0U));
  to.id(packet.packet_id);
  if (version == Version::v5) {
    to.varint(properties);
    write_text_property(to, Property::reason_string, packet.reason_string);
  }
  if (with_codes) {
    to.raw(packet.codes);
  }
}

}  // namespace

Result<Subscribe> decode_subscribe(const Frame& frame, Version version) {
  Reader in(frame.body);
  Subscribe packet;
  if (const auto error = read_head(in, PropertyPlace::subscribe, version, packet); error.failed()) {
    return error;
  }
  packet.entries = in.rest();
  Reader entries(packet.entries);
  SubscribeEntry entry;
  while (!entries.empty() && read_entry(entries, version, entry)) {
    ++packet.count;
  }
  if (in.failed() || entries.failed()) {
    return Errc::malformed_packet;
  }
  if (packet.count == 0) {
    return Errc::protocol_error;  // [MQTT-3.8.3-3]
  }
  return packet;
}

bool SubscribeReader::next(SubscribeEntry& entry) {
  if (rest_.empty()) {
    return false;
  }
  Reader in(rest_);
  const bool good = read_entry(in, version_, entry);
  rest_ = in.rest();
  return good;
}

Result<Unsubscribe> decode_unsubscribe(const Frame& frame, Version version) {
  Reader in(frame.body);
  Unsubscribe packet;
  if (const auto error = read_head(in, PropertyPlace::unsubscribe, version, packet);
      error.failed()) {
    return error;
  }
  packet.entries = in.rest();
  Reader entries(packet.entries);
  while (!entries.empty()) {
    if (entries.utf8().empty()) {
      entries.fail();
    }
    ++packet.count;
  }
  if (in.failed() || entries.failed()) {
    return Errc::malformed_packet;
  }
  if (packet.count == 0) {
    return Errc::protocol_error;  // [MQTT-3.10.3-2]
  }
  return packet;
}

bool UnsubscribeReader::next(std::string_view& filter) {
  if (rest_.empty()) {
    return false;
  }
  Reader in(rest_);
  filter = in.utf8();
  rest_ = in.rest();
  return true;
}

Result<Suback> decode_suback(const Frame& frame, Version version) {
  return decode_codes(frame, version, true);
}

Result<Suback> decode_unsuback(const Frame& frame, Version version) {
  return decode_codes(frame, version, version == Version::v5);
}

void encode_suback(const Suback& packet, Version version, Bytes& out) {
  encode_codes(PacketType::suback, packet, version, true, out);
}

void encode_unsuback(const Suback& packet, Version version, Bytes& out) {
  encode_codes(PacketType::unsuback, packet, version, version == Version::v5, out);
}

void encode_subscribe(PacketId packet_id, std::uint32_t subscription_id,
                      std::span<const SubscribeEntry> entries, Version version, Bytes& out) {
  const auto properties =
      version == Version::v5 && subscription_id != 0 ? 1 + varint_size(subscription_id) : 0;
  std::size_t size = 2 + (version == Version::v5 ? 1 + properties : 0U);
  for (const auto& entry : entries) {
    size += 3 + entry.filter.size();
  }
  Writer to(out, PacketType::subscribe, 0x02, size);  // [MQTT-3.8.1-1]
  to.id(packet_id);
  if (version == Version::v5) {
    to.varint(properties);
    if (properties != 0) {
      to.u8(static_cast<std::uint8_t>(Property::subscription_identifier));
      to.varint(subscription_id);
    }
  }
  for (const auto& entry : entries) {
    const auto& options = entry.options;
    auto bits = static_cast<unsigned>(options.maximum_qos);
    if (version == Version::v5) {
      bits |= (options.no_local ? 0x04U : 0U) | (options.retain_as_published ? 0x08U : 0U) |
              (static_cast<unsigned>(options.retain_handling) << 4U);
    }
    to.utf8(entry.filter);
    to.u8(bits);
  }
}

void encode_unsubscribe(PacketId packet_id, std::span<const std::string_view> filters,
                        Version version, Bytes& out) {
  std::size_t size = 2 + (version == Version::v5 ? 1U : 0U);
  for (const auto filter : filters) {
    size += 2 + filter.size();
  }
  Writer to(out, PacketType::unsubscribe, 0x02, size);  // [MQTT-3.10.1-1]
  to.id(packet_id);
  if (version == Version::v5) {
    to.varint(0);
  }
  for (const auto filter : filters) {
    to.utf8(filter);
  }
}

}  // namespace owb::mqtt
