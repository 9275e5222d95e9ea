#include "portal/auth/webparm_dialogue.hpp"

#include <algorithm>
#include <array>

#include "broker/mqtt/codec.hpp"
#include "portal/auth/errc.hpp"

namespace owb::portal::auth {
namespace {

constexpr auto kVersion = mqtt::Version::v311;
constexpr auto kSubscribeId = static_cast<mqtt::PacketId>(1);
constexpr std::size_t kFilters = 2;
constexpr std::uint16_t kKeepAliveSeconds = 30;  // longer than a login may take

Result<Webparm> refusal_of(mqtt::Reason reason) {
  switch (reason) {
    case mqtt::Reason::bad_user_name_or_password:
    case mqtt::Reason::not_authorized:
      return Errc::wrong_credentials;
    case mqtt::Reason::server_unavailable:
    case mqtt::Reason::server_busy:
      return Errc::broker_busy;
    default:
      return Errc::bad_answer;
  }
}

Result<Webparm> bad_answer() {
  return Errc::bad_answer;
}

}  // namespace

WebparmDialogue::WebparmDialogue(std::string_view user, std::string_view root)
    : user_(user), root_(root), topics_(user, root) {}

void WebparmDialogue::open(std::string_view password, std::string_view client_id,
                           Bytes& out) const {
  mqtt::Connect connect;
  connect.version = kVersion;
  connect.keep_alive = kKeepAliveSeconds;
  connect.client_id = client_id;
  connect.user_name = user_;
  connect.password = as_byte_view(password);
  mqtt::encode_connect(connect, out);
}

WebparmDialogue::Outcome WebparmDialogue::receive(ByteView input, Bytes& out) {
  received_ += input.size();
  if (received_ > kMaxAnswer) {
    return bad_answer();
  }
  const auto skipped = std::min(to_skip_, input.size());
  to_skip_ -= skipped;
  input = input.subspan(skipped);
  unread_.insert(unread_.end(), input.begin(), input.end());
  return scan(out);
}

WebparmDialogue::Outcome WebparmDialogue::scan(Bytes& out) {
  ByteView rest{unread_};
  Outcome outcome;
  while (!rest.empty() && !outcome) {
    const auto scanned = mqtt::scan_frame(rest);
    if (!scanned) {
      return bad_answer();
    }
    const bool too_large = scanned->needed > kMaxKeptPacket;
    if (!scanned->complete && too_large && scanned->frame.type == mqtt::PacketType::publish &&
        state_ != State::awaits_connack) {
      to_skip_ = scanned->needed - rest.size();
      rest = {};
      break;
    }
    if (!scanned->complete && too_large) {
      return bad_answer();
    }
    if (!scanned->complete) {
      break;
    }
    outcome = on_frame(scanned->frame, out);
    rest = rest.subspan(scanned->frame.size);
  }
  unread_.erase(unread_.begin(), unread_.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return outcome;
}

WebparmDialogue::Outcome WebparmDialogue::on_frame(const mqtt::Frame& frame, Bytes& out) {
  if (state_ == State::awaits_connack) {
    // The first packet from the server must be CONNACK [MQTT-3.2.0-1].
    return frame.type == mqtt::PacketType::connack ? on_connack(frame, out) : bad_answer();
  }
  switch (frame.type) {
    case mqtt::PacketType::publish:
      return on_publish(frame);  // may come before the SUBACK [MQTT-3.8.4-3]
    case mqtt::PacketType::suback:
      return on_suback(frame);
    case mqtt::PacketType::pingresp:
      return state_ == State::awaits_pingresp ? topics_.verdict() : bad_answer();
    default:
      return bad_answer();
  }
}

WebparmDialogue::Outcome WebparmDialogue::on_connack(const mqtt::Frame& frame, Bytes& out) {
  const auto connack = mqtt::decode_connack(frame, kVersion);
  if (!connack) {
    return bad_answer();
  }
  if (connack->reason != mqtt::Reason::success) {
    return refusal_of(connack->reason);
  }
  const auto filter = user_ + '/' + root_ + "/#";
  const auto old_filter = user_ + '/' + std::string{kOldWebparmRoot} + "/#";
  const std::array<mqtt::SubscribeEntry, kFilters> entries{
      {{.filter = filter, .options = {}}, {.filter = old_filter, .options = {}}}};
  mqtt::encode_subscribe(kSubscribeId, 0, entries, kVersion, out);
  mqtt::encode_pingreq(out);
  state_ = State::awaits_suback;
  return std::nullopt;
}

WebparmDialogue::Outcome WebparmDialogue::on_publish(const mqtt::Frame& frame) {
  const auto publish = mqtt::decode_publish(frame, kVersion);
  if (!publish) {
    return bad_answer();
  }
  if (publish->retain && frame.size <= kMaxKeptPacket) {
    topics_.take(publish->topic, as_text(publish->payload));
  }
  return std::nullopt;
}

WebparmDialogue::Outcome WebparmDialogue::on_suback(const mqtt::Frame& frame) {
  const auto suback = mqtt::decode_suback(frame, kVersion);
  if (!suback || state_ != State::awaits_suback || suback->packet_id != kSubscribeId ||
      suback->codes.size() != kFilters) {
    return bad_answer();
  }
  // A refused filter (0x80) is one that brings no message: the same as none being there.
  state_ = State::awaits_pingresp;
  return std::nullopt;
}

}  // namespace owb::portal::auth
