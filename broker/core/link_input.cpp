// From bytes to packets, and what keeps a peer from being read.
#include <algorithm>

#include "broker/core/close_code.hpp"
#include "broker/core/link.hpp"
#include "broker/mqtt/topic.hpp"

namespace owb::core {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Reason;
using mqtt::Version;

namespace {

/// Answers to a peer that does not read them; then its further packets wait in its socket.
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
constexpr std::uint16_t kMaxPingsWaiting = 1'000;
/// The keep alive counts whole packets; of one that lacks more bytes than this, every part counts.
constexpr std::size_t kLongWait = 1'000;

/// A client has a use for it. AUTH has none: no enhanced authentication was agreed on
/// [MQTT5-4.12.0-7], [MQTT5-4.12.1-2].
bool is_from_client(PacketType type) {
  switch (type) {
    case PacketType::reserved:
    case PacketType::connack:
    case PacketType::suback:
    case PacketType::unsuback:
    case PacketType::pingresp:
    case PacketType::auth:
      return false;
    default:
      return true;
  }
}

}  // namespace

void ClientLink::feed(ByteView bytes) {
  guarded([&] { take_in(bytes); });
}

void ClientLink::take_in(ByteView bytes) {
  if (state_ == State::closing) {
    return;  // [MQTT-3.1.4-5], [MQTT5-3.1.4-6]
  }
  realm_.stats().bytes_received += bytes.size();
  if (input_.empty() && !input_waits()) {
    const auto used = process(bytes);
    if (state_ != State::closing) {
      keep(bytes.subspan(used));
    }
    return;
  }
  keep(bytes);
  if (!input_waits()) {
    resume_input();
  }
}

void ClientLink::keep(ByteView bytes) {
  input_.insert(input_.end(), bytes.begin(), bytes.end());
}

// Goes on with what was kept.
void ClientLink::resume_input() {
  const auto used = process(input_);
  if (state_ == State::closing) {
    return;
  }
  if (used == input_.size()) {
    input_ = Bytes{};
  } else {
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used));
  }
}

std::size_t ClientLink::packet_limit() const {
  if (state_ != State::connected) {
    return realm_.settings().file_user_limits.packet_bytes_before_auth;
  }
  const auto own = hub_->limits().packet_bytes;
  const auto global = realm_.settings().max_packet_size;
  if (own == 0 || global == 0) {
    return std::max<std::size_t>(own, global);
  }
  return std::min<std::size_t>(own, global);
}

// Handles whole packets at the front of `bytes`; returns how many bytes are done with.
std::size_t ClientLink::process(ByteView bytes) {
  std::size_t used = 0;
  while (state_ != State::closing && !input_waits()) {
    if (skip_ > 0) {
      const auto count = std::min(skip_, bytes.size() - used);
      used += count;
      last_heard_ms_ = realm_.now().mono_ms;
      skip(count);
      if (skip_ > 0) {
        break;
      }
      continue;
    }
    const auto rest = bytes.subspan(used);
    if (rest.empty()) {
      break;
    }
    const auto type = mqtt::type_of(rest.front());
    if (state_ == State::awaiting_connect && type != PacketType::connect) {
      start_closing(kCloseProtocol);  // [MQTT-3.1.0-1], [MQTT5-3.1.0-1] F1, F7
      break;
    }
    if (!is_from_client(type)) {
      fail(Reason::protocol_error);  // F7, F8; whatever its flags and length are
      break;
    }
    const auto scan = mqtt::scan_frame(rest, version_);
    if (!scan) {
      fail(type, scan.error());
      break;
    }
    const auto size = scan->complete ? scan->frame.size : scan->needed;
    if (const auto limit = packet_limit(); limit != 0 && size > limit) {
      const auto done = handle_oversize(*scan, rest);
      if (done == 0) {
        break;
      }
      used += done;
      continue;
    }
    if (!scan->complete) {
      if (scan->needed > rest.size() + kLongWait) {
        last_heard_ms_ = realm_.now().mono_ms;
      }
      break;
    }
    ++realm_.stats().packets_received;
    last_heard_ms_ = realm_.now().mono_ms;
    dispatch(scan->frame);
    if (state_ == State::authenticating) {
      break;  // the CONNECT stays in the input until the answer is there
    }
    used += scan->frame.size;
  }
  return used;
}

// A PUBLISH up to 16 MB from a 3.x client in tenancy mode is read, thrown away and acknowledged:
// closing would repeat for ever with a retained one (design 4). Everything else that is too large
// ends the connection. Returns the bytes used, 0 to stop.
std::size_t ClientLink::handle_oversize(const mqtt::FrameScan& scan, ByteView input) {
  constexpr std::size_t kLargestDiscarded = 16U << 20U;
  const auto size = scan.complete ? scan.frame.size : scan.needed;
  if (state_ != State::connected || version_ == Version::v5 || hub_->scope().classic() ||
      scan.frame.type != PacketType::publish || size > kLargestDiscarded) {
    fail(Reason::packet_too_large);  // [MQTT-4.8.0-2]
    return 0;
  }
  // The head is needed for topic and packet id; it is at most 64 KB and comes first.
  const auto header = 1U + (size > 2'097'152U + 4 ? 4U : size > 16'384U + 3 ? 3U : 2U);
  if (input.size() < header + 2U) {
    return 0;
  }
  const auto topic_size =
      (static_cast<std::size_t>(input[header]) << 8U) | static_cast<std::size_t>(input[header + 1]);
  skipped_qos_ = static_cast<Qos>((scan.frame.flags >> 1U) & 3U);
  const auto head = header + 2 + topic_size + (skipped_qos_ == Qos::at_most_once ? 0U : 2U);
  if (head > size) {
    fail(Reason::malformed_packet);
    return 0;
  }
  if (input.size() < head) {
    return 0;
  }
  skipped_id_ = PacketId::none;
  if (skipped_qos_ != Qos::at_most_once) {
    skipped_id_ = static_cast<PacketId>((static_cast<unsigned>(input[head - 2]) << 8U) |
                                        static_cast<unsigned>(input[head - 1]));
    if (skipped_id_ == PacketId::none) {
      fail(Reason::malformed_packet);
      return 0;
    }
  }
  const auto topic = as_text(input.subspan(header + 2, topic_size));
  hub_->denied(mqtt::is_utf8(topic) ? topic : std::string_view("(too large)"));
  skip_ = size;
  last_heard_ms_ = realm_.now().mono_ms;
  const auto count = std::min(size, input.size());
  skip(count);
  if (const auto ms = hub_->budget().take(hub_->limits(), size, realm_.now().mono_ms); ms > 0) {
    pause(ms);
  }
  return count;
}

void ClientLink::skip(std::size_t count) {
  skip_ -= count;
  if (skip_ == 0) {
    if (skipped_qos_ == Qos::exactly_once) {
      changes_before_ = realm_.kept_changes();
      session_->remember_received(skipped_id_);
    }
    acknowledge_publish(skipped_qos_, skipped_id_, Reason::success, batch_of_effect());
  }
}

void ClientLink::dispatch(const mqtt::Frame& frame) {
  changes_before_ = realm_.kept_changes();
  if (state_ == State::awaiting_connect) {
    on_connect(frame);
    return;
  }
  switch (frame.type) {
    case PacketType::publish:
      on_publish(frame);
      return;
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      on_ack(frame);
      return;
    case PacketType::subscribe:
      on_subscribe(frame);
      return;
    case PacketType::unsubscribe:
      on_unsubscribe(frame);
      return;
    case PacketType::pingreq:
      if (!frame.body.empty()) {
        fail(Reason::malformed_packet);
        return;
      }
      if (hub_->replaying(*session_)) {
        if (++pings_waiting_ > kMaxPingsWaiting) {
          fail(Reason::message_rate_too_high);
        }
        return;
      }
      answer_pings(1);  // [MQTT-3.12.4-1], [MQTT5-3.12.4-1]
      return;
    case PacketType::disconnect:
      on_disconnect(frame);
      return;
    default:
      // [MQTT-3.1.0-2], [MQTT5-3.1.0-2], packets of a server: F7, F8
      fail(Reason::protocol_error);
      return;
  }
}

void ClientLink::replay_done() noexcept {
  guarded([this] { answer_pings(std::exchange(pings_waiting_, std::uint16_t{0})); });
}

void ClientLink::answer_pings(std::uint16_t count) {
  for (; count > 0; --count) {
    put(out(), mqtt::encode_pingresp);
  }
}

// A peer that sends without reading must not fill our memory with answers: its packets wait until
// it has read. Messages to it do not count, they have their own bound.
void ClientLink::count_answers(std::size_t bytes) {
  produced();
  if (!held_ && backlog() == bytes) {
    answer_bytes_ = 0;
  }
  answer_bytes_ += bytes;
  if (answer_bytes_ > kMaxAnswerBytes && !answers_full_ && state_ == State::connected) {
    answers_full_ = true;
    held_back_ = true;
    transport_.pause_reading();
  }
}

void ClientLink::pause(std::int64_t ms) {
  paused_ = true;
  paused_until_ms_ = realm_.now().mono_ms + ms;
  transport_.pause_reading();
  arm_keep_alive();
}

void ClientLink::on_writable() {
  if (state_ == State::connected) {
    guarded([this] { go_on(); });
  }
}

void ClientLink::go_on() {
  session_->pump();
  hub_->resume_replays();
  if (answers_full_) {
    if (held_ && held_->bytes.size() > kMaxAnswerBytes) {
      held_back_ = true;  // it is the disk that is slow
      return;
    }
    answers_full_ = false;
    answer_bytes_ = 0;
    if (!input_waits()) {
      transport_.resume_reading();
      resume_input();
    }
  }
}

}  // namespace owb::core
