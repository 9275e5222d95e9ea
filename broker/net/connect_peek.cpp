#include "broker/net/connect_peek.hpp"

#include "broker/mqtt/codec.hpp"

namespace owb::net {

ConnectPeek peek_connect(ByteView input, std::size_t limit) {
  if (input.empty()) {
    return {};
  }
  const auto scan = mqtt::scan_frame(input);
  if (!scan || scan->frame.type != mqtt::PacketType::connect) {
    return {.kind = ConnectPeek::Kind::refuse, .user = {}};
  }
  if ((scan->complete ? scan->frame.size : scan->needed) > limit) {
    return {.kind = ConnectPeek::Kind::refuse, .user = {}};
  }
  if (!scan->complete) {
    return {};
  }
  const auto packet = mqtt::decode_connect(scan->frame);
  return {.kind = ConnectPeek::Kind::ready,
          .user = packet && packet->user_name ? std::string(*packet->user_name) : std::string{}};
}

}  // namespace owb::net
