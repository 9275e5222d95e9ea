#include <cstdint>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/property_writer.hpp"
#include "broker/mqtt/reader.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::mqtt {
namespace {

constexpr std::uint8_t kFlags = 0x02;  // [MQTT-3.8.1-1], [MQTT-3.10.1-1]

// The subscription options; before 5.0 there is only the QoS [MQTT5 3.8.3.1].
constexpr unsigned kQosMask = 0x03;
constexpr unsigned kNoLocal = 0x04;
constexpr unsigned kRetainAsPublished = 0x08;
constexpr unsigned kRetainHandlingShift = 4;
constexpr unsigned kReserved = 0xC0;

std::string_view read_filter(Reader& in) {
  // [MQTT-3.8.3-1], [MQTT-3.10.3-1], [MQTT5-3.8.3-1], [MQTT5-3.10.3-1]
  const std::string_view filter = in.utf8();
  if (filter.empty()) {
    in.fail(Errc::protocol_error);  // [MQTT-4.7.3-1], [MQTT5-4.7.3-1]
  }
  return filter;
}

SubscribeOptions read_options(Reader& in, Version version) {
  const unsigned bits = in.u8();
  if ((bits & (version == Version::v5 ? kReserved : ~kQosMask)) != 0) {
    in.fail(Errc::malformed_packet);  // [MQTT-3.8.3-4], [MQTT5-3.8.3-5]
  }
  const unsigned qos = bits & kQosMask;
  const unsigned retain_handling = bits >> kRetainHandlingShift & 0x03;
  if (qos == 3 || retain_handling == 3) {
    in.fail(version == Version::v5 ? Errc::protocol_error : Errc::malformed_packet);
  }
  return {.maximum_qos = static_cast<Qos>(qos),
          .no_local = (bits & kNoLocal) != 0,
          .retain_as_published = (bits & kRetainAsPublished) != 0,
          .retain_handling = static_cast<std::uint8_t>(retain_handling)};
}

std::uint8_t bits_of(const SubscribeOptions& options, Version version) {
  auto bits = static_cast<unsigned>(options.maximum_qos);
  if (version == Version::v5) {
    bits |= (options.no_local ? kNoLocal : 0) |
            (options.retain_as_published ? kRetainAsPublished : 0) |
            unsigned{options.retain_handling} << kRetainHandlingShift;
  }
  return static_cast<std::uint8_t>(bits);
}

/// Counts the entries, each of which `read_entry` takes from the reader; 0 is an error.
template <typename ReadEntry>
std::size_t count_entries(Reader& in, const ReadEntry& read_entry) {
  std::size_t count = 0;
  while (!in.at_end()) {
    read_entry();
    ++count;
  }
  if (count == 0) {
    // [MQTT-3.8.3-3], [MQTT-3.10.3-2], [MQTT5-3.8.3-2], [MQTT5-3.10.3-2]
    in.fail(Errc::protocol_error);
  }
  return count;
}

}  // namespace

Result<Subscribe> decode_subscribe(const Frame& frame, Version version) {
  Reader in{frame.body};
  Subscribe packet{.packet_id = in.packet_id()};
  if (version == Version::v5) {
    read_properties(in, PropertyPlace::subscribe, [&packet](const PropertyValue& value) {
      if (value.id == Property::subscription_identifier) {
        packet.subscription_id = value.number;
      }
    });
  }
  packet.entries = in.rest();
  packet.count = count_entries(in, [&] {
    read_filter(in);
    read_options(in, version);
  });
  if (in.failed()) {
    return in.error();
  }
  return packet;
}

bool SubscribeReader::next(SubscribeEntry& entry) {
  if (rest_.empty()) {
    return false;
  }
  Reader in{rest_};
  entry.filter = in.unchecked_text();
  entry.options = read_options(in, version_);
  rest_ = in.rest();
  return !in.failed();
}

Result<Unsubscribe> decode_unsubscribe(const Frame& frame, Version version) {
  Reader in{frame.body};
  Unsubscribe packet{.packet_id = in.packet_id()};
  if (version == Version::v5) {
    read_properties(in, PropertyPlace::unsubscribe, [](const PropertyValue&) {});
  }
  packet.entries = in.rest();
  packet.count = count_entries(in, [&in] { read_filter(in); });
  if (in.failed()) {
    return in.error();
  }
  return packet;
}

bool UnsubscribeReader::next(std::string_view& filter) {
  if (rest_.empty()) {
    return false;
  }
  Reader in{rest_};
  filter = in.unchecked_text();
  rest_ = in.rest();
  return !in.failed();
}

void encode_subscribe(PacketId packet_id, std::uint32_t subscription_id,
                      std::span<const SubscribeEntry> entries, Version version, Bytes& out) {
  const auto body = [&](auto& sink) {
    sink.u16(static_cast<std::uint16_t>(packet_id));
    if (version == Version::v5) {
      put_block(sink, [&](auto& inner) {
        if (subscription_id != 0) {
          put_subscription_id(inner, subscription_id);
        }
      });
    }
    for (const SubscribeEntry& entry : entries) {
      sink.text(entry.filter);
      sink.u8(bits_of(entry.options, version));
    }
  };
  encode_packet(PacketType::subscribe, kFlags, body, out);
}

void encode_unsubscribe(PacketId packet_id, std::span<const std::string_view> filters,
                        Version version, Bytes& out) {
  const auto body = [&](auto& sink) {
    sink.u16(static_cast<std::uint16_t>(packet_id));
    if (version == Version::v5) {
      sink.varint(0);  // no properties
    }
    for (const std::string_view filter : filters) {
      sink.text(filter);
    }
  };
  encode_packet(PacketType::unsubscribe, kFlags, body, out);
}

}  // namespace owb::mqtt
