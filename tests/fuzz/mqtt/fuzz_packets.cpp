#include <cstddef>
#include <cstdint>

#include "broker/mqtt/codec.hpp"
#include "tenants/base/assert.hpp"
#include "tests/broker/mqtt/support/any_packet.hpp"

/// Every decoder in every version: what it takes must mean the same after encoding, and encoding it
/// once more must give the same bytes. Input: a byte for the version, the packet's first byte, the
/// packet's body.
namespace owb::mqtt::testing {
namespace {

void check_round_trip(const Frame& frame, Version version) {
  const auto first = describe(frame, version);
  if (!first) {
    return;
  }
  const auto encoded = recode(frame, version);
  OWB_ASSERT(encoded.has_value());
  const auto scan = scan_frame(*encoded);
  OWB_ASSERT(scan && scan->complete && scan->frame.size == encoded->size());
  OWB_ASSERT(scan->frame.type == frame.type);
  // Elsewhere the flags are fixed: scan_frame() held ours against that, and 3.1 leaves them open.
  OWB_ASSERT(frame.type != PacketType::publish || scan->frame.flags == frame.flags);
  const auto second = describe(scan->frame, version);
  OWB_ASSERT(second && *first == *second);
  const auto again = recode(scan->frame, version);
  OWB_ASSERT(again && *again == *encoded);
}

/// The server's way: what may be passed on is copied, and goes out under a topic in two parts.
void check_forwarding(const Frame& frame, Version version) {
  const auto packet = decode_publish(frame, version);
  if (!packet) {
    return;
  }
  Bytes forwarded;
  append_forwardable(packet->properties.raw, forwarded);
  OWB_ASSERT(forwarded.size() <= packet->properties.raw.size());
  const std::size_t half = packet->topic.size() / 2;
  const OutgoingPublish outgoing{
      .topic_prefix = packet->topic.substr(0, half),
      .topic_rest = packet->topic.substr(half),
      .payload = packet->payload,
      .qos = packet->qos,
      .retain = packet->retain,
      .dup = packet->dup,
      .packet_id = packet->packet_id,
      .forwarded_properties = forwarded,
      .message_expiry = packet->properties.message_expiry,
      .topic_alias = packet->properties.topic_alias.value_or(0),
      .subscription_ids = {&packet->properties.subscription_id,
                           packet->properties.subscription_id != 0 ? 1U : 0U}};
  Bytes out;
  encode_publish(outgoing, version, out);
  OWB_ASSERT(out.size() == encoded_size(outgoing, version));
  const auto scan = scan_frame(out);
  OWB_ASSERT(scan && scan->complete);
  OWB_ASSERT(*describe(scan->frame, version) == *describe(frame, version));
}

void check(ByteView input) {
  if (input.size() < 2) {
    return;
  }
  constexpr Version kVersions[] = {Version::v31, Version::v311, Version::v5};
  const Version version = kVersions[std::to_integer<unsigned>(input[0]) % 3];
  const auto head = scan_frame(input.subspan(1, 1), version);
  if (!head) {
    return;  // flags that scan_frame() refuses
  }
  Frame frame = head->frame;
  if (frame.type != PacketType::pingreq && frame.type != PacketType::pingresp) {
    frame.body = input.subspan(2);
  }
  check_round_trip(frame, version);
  if (frame.type == PacketType::publish) {
    check_forwarding(frame, version);
  }
}

}  // namespace
}  // namespace owb::mqtt::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  owb::mqtt::testing::check({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
