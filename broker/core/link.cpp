#include "broker/core/link.hpp"

#include <algorithm>

#include "broker/core/classic.hpp"
#include "broker/core/close_code.hpp"
#include "broker/mqtt/reasons.hpp"
#include "tenants/base/contained.hpp"

namespace owb::core {

using mqtt::PacketType;
using mqtt::Reason;
using mqtt::Version;

namespace {

constexpr std::int64_t kAuthenticationMs = 30'000;
constexpr std::int64_t kFullPauseMs = 1'000;

std::uint16_t websocket_code(Reason reason) {
  switch (reason) {
    case Reason::success:
      return kCloseNormal;
    case Reason::server_shutting_down:
      return kCloseGoingAway;
    case Reason::malformed_packet:
    case Reason::protocol_error:
      return kCloseProtocol;
    default:
      return kClosePolicy;
  }
}

}  // namespace

ClientLink::ClientLink(Realm& realm, Transport& transport, Peer peer)
    : realm_(realm),
      transport_(transport),
      peer_(std::move(peer)),
      id_(realm.register_link(*this)),
      opened_ms_(realm.now().mono_ms),
      last_heard_ms_(opened_ms_) {
  arm_keep_alive();
}

ClientLink::~ClientLink() {
  on_closed();
  if (dirty_) {
    realm_.drop_dirty(*this);
  }
  realm_.unregister_link(id_);
}

void ClientLink::on_disconnect(const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_disconnect(frame, version_);
  if (!packet) {
    fail(frame.type, packet.error());
    return;
  }
  if (!hub_->scope().classic() && !mqtt::is_clients_disconnect(packet->reason)) {
    fail(Reason::protocol_error);  // [MQTT5 3.14.2.1]: only a server says that; mosquitto takes it
    return;
  }
  if (packet->session_expiry) {
    if (requested_expiry_s_ == 0 && *packet->session_expiry != 0) {
      fail(Reason::protocol_error);  // [MQTT5 3.14.2.2.2]: no session was asked for
      return;
    }
    session_->expiry_s = std::min(*packet->session_expiry, longest_expiry());
  }
  if (packet->reason == Reason::success) {
    // [MQTT-3.14.4-3], [MQTT-3.1.2-10], [MQTT5-3.14.4-3], [MQTT5-3.1.2-10]
    will_ = nullptr;
  }
  start_closing(kCloseNormal);
}

void ClientLink::pause_if_keeper_is_full() {
  if (realm_.keeper_is_full()) {
    waits_for_space_ = true;
    if (!paused_) {
      pause(kFullPauseMs);
    }
  }
}

void ClientLink::on_timer() {
  guarded([this] { check_deadlines(); });
}

void ClientLink::check_deadlines() {
  const auto now = realm_.now().mono_ms;
  switch (state_) {
    case State::awaiting_connect:
    case State::authenticating:
      if (state_ == State::awaiting_connect) {
        start_closing(kClosePolicy);  // F35
      } else {
        refuse_connect(Reason::server_busy);
      }
      return;
    case State::closing:
      return;
    case State::connected:
      break;
  }
  if (paused_ && now >= paused_until_ms_ && waits_for_space_ && realm_.keeper_is_full()) {
    paused_until_ms_ = now + kFullPauseMs;
  }
  if (paused_ && now >= paused_until_ms_) {
    waits_for_space_ = false;
    paused_ = false;
    last_heard_ms_ = now;  // the keep alive stands still while we do not read
    if (!input_waits()) {
      transport_.resume_reading();
      resume_input();
    }
    if (state_ == State::closing) {
      return;
    }
  }
  if (waits_for_commit_) {
    last_heard_ms_ = now;  // likewise while the disk lets everybody wait
  }
  if (cookie_ && cookie_->expires != 0 && realm_.now().wall_s >= cookie_->expires) {
    end(Reason::not_authorized);
    return;
  }
  if (!paused_ && keep_alive_s_ != 0 &&
      now - last_heard_ms_ >= keep_alive_s_ * std::int64_t{1500}) {
    end(Reason::keep_alive_timeout);  // [MQTT-3.1.2-24], [MQTT5-3.1.2-22]
    return;
  }
  arm_keep_alive();
}

// One timer serves CONNECT timeout, keep alive, pauses and the end of a cookie.
void ClientLink::arm_keep_alive() {
  auto deadline = std::int64_t{0};
  const auto earliest = [&deadline](std::int64_t at) {
    deadline = deadline == 0 ? at : std::min(deadline, at);
  };
  if (state_ == State::awaiting_connect) {
    earliest(opened_ms_ +
             static_cast<std::int64_t>(realm_.settings().file_user_limits.connect_timeout) * 1000);
  } else if (state_ == State::authenticating) {
    earliest(realm_.now().mono_ms + kAuthenticationMs);
  } else if (state_ == State::connected) {
    if (paused_) {
      earliest(paused_until_ms_);
    } else if (keep_alive_s_ != 0) {
      earliest(last_heard_ms_ + keep_alive_s_ * std::int64_t{1500});
    }
    if (cookie_ && cookie_->expires != 0) {
      earliest(realm_.now().mono_ms + (cookie_->expires - realm_.now().wall_s) * 1000);
    }
  }
  if (deadline != 0) {
    realm_.wheel().arm(*this, deadline);
  }
}

void ClientLink::broke() noexcept {
  log_exception("connection", hub_ != nullptr ? hub_->scope().tenant() : std::string_view{},
                peer_.address);
  on_closed();
  contained("closing a connection", [this] { transport_.close(kCloseInternalError); });
}

void ClientLink::on_closed() noexcept {
  if (state_ == State::closing) {
    return;
  }
  const auto former = std::exchange(state_, State::closing);
  cancel();
  if (former == State::authenticating) {
    contained("a login", [this] { realm_.authenticator().forget(id_); });
  }
  if (held_) {
    realm_.holds_no_longer(*this);  // unsaid: the client will repeat what was not acknowledged
    held_.reset();
  }
  if (session_ != nullptr) {
    hub_->memory().give(std::exchange(counted_backlog_, 0));
    auto* session = std::exchange(session_, nullptr);
    hub_->disconnect(*session, true);
  }
  input_ = Bytes{};
  aliases_.reset();  // [MQTT5-3.3.2-7]
  will_.reset();
}

void ClientLink::start_closing(std::uint16_t websocket_code) noexcept {
  if (state_ != State::closing) {
    on_closed();
    contained("closing a connection", [&] { transport_.close(websocket_code); });
  }
}

void ClientLink::end(Reason reason, std::string_view text) noexcept {
  guarded([&] {
    if (state_ == State::connected) {
      fail(reason, text);
    } else if (state_ == State::authenticating) {
      refuse_connect(Reason::server_unavailable);  // CONNACK knows few of DISCONNECT's reasons
    } else {
      start_closing(websocket_code(reason));
    }
  });
}

// [MQTT-4.8.0-1], [MQTT5-4.13.1-1], [MQTT5-4.13.2-1]: whatever was said, the connection ends. 5.0
// is told why, but not before CONNACK [MQTT5-3.14.0-1], without session expiry [MQTT5-3.14.2-2],
// and with the text only if it fits [MQTT5-3.14.2-3], [MQTT5-3.14.2-4].
void ClientLink::fail(Reason reason, std::string_view text) {
  const bool connack_waits = held_ && held_->connack;
  if (state_ == State::connected && version_ == Version::v5 && !connack_waits) {
    const auto say = [&](std::string_view words) {
      return put(out(), [&](Bytes& buffer) {
        mqtt::encode_disconnect({.reason = reason, .reason_string = words}, version_, buffer);
      });
    };
    if (!say(text) && !text.empty()) {
      say({});
    }
  }
  start_closing(websocket_code(reason));  // [MQTT5-3.14.4-1], [MQTT5-3.14.4-2]
}

void ClientLink::fail(PacketType type, const Error& error) {
  const auto reason =
      realm_.settings().tenancy ? mqtt::reason_of(error) : classic_reason(type, error);
  if (reason) {
    fail(*reason);
  } else {
    start_closing(kCloseProtocol);
  }
}

}  // namespace owb::core
