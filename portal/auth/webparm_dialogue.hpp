#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/mqtt/frame.hpp"
#include "portal/auth/webparm.hpp"
#include "tenants/base/bytes.hpp"
#include "tenants/base/result.hpp"

namespace owb::portal::auth {

/// The conversation that decides a login, without I/O: CONNECT (3.1.1, clean session), one
/// SUBSCRIBE with the two webparm filters, PINGREQ. What has not come by the PINGRESP is absent.
///
/// Nothing the broker sends is trusted: packets above kMaxKeptPacket are skipped unread, and
/// kMaxAnswer bytes are the end.
class WebparmDialogue {
 public:
  static constexpr std::size_t kMaxKeptPacket = 4'096;
  static constexpr std::size_t kMaxAnswer = 8U << 20;

  /// `user` has the form of a tenant's name; `root` as in WebparmTopics.
  WebparmDialogue(std::string_view user, std::string_view root);

  /// Appends the CONNECT packet, which holds the password: wipe it after sending. `client_id` is
  /// new for each login, at most 23 of [0-9a-zA-Z] [MQTT-3.1.3-5].
  void open(std::string_view password, std::string_view client_id, Bytes& out) const;

  /// Takes what came and appends what is to be sent. Gives the outcome as soon as it is known, else
  /// nothing. Errors in it: wrong_credentials, not_unlocked, broker_busy, bad_answer.
  std::optional<Result<Webparm>> receive(ByteView input, Bytes& out);

 private:
  using Outcome = std::optional<Result<Webparm>>;
  enum class State : std::uint8_t { awaits_connack, awaits_suback, awaits_pingresp };

  Outcome scan(Bytes& out);
  Outcome on_frame(const mqtt::Frame& frame, Bytes& out);
  Outcome on_connack(const mqtt::Frame& frame, Bytes& out);
  Outcome on_publish(const mqtt::Frame& frame);
  Outcome on_suback(const mqtt::Frame& frame);

  std::string user_;
  std::string root_;
  WebparmTopics topics_;
  State state_ = State::awaits_connack;
  Bytes unread_;             // at most kMaxKeptPacket and one read
  std::size_t to_skip_ = 0;  // rest of a packet that is too large to keep
  std::size_t received_ = 0;
};

}  // namespace owb::portal::auth
