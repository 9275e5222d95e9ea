#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "broker/core/link.hpp"
#include "broker/core/transport.hpp"
#include "tests/simulation/model.hpp"

namespace owb::simulation {

class Worker;

/// One connection between a client and the broker: two pipes that take and give bytes when the
/// scheduler says so, can be cut at any byte, and can be stuck.
class Wire final : public core::Transport {
 public:
  Wire(Worker& worker, std::uint64_t id, core::Peer peer, std::size_t buffer);
  ~Wire() override;

  // ---- the client's end ----
  void send(ByteView bytes);
  /// Takes up to `most` bytes that have arrived.
  Bytes receive(std::size_t most);
  /// The byte at `offset` of what the client receives was encoded then or later. Ascending offsets.
  std::int64_t encoded_after_ms(std::uint64_t offset);
  /// The client closes after its last byte; what it has not read is lost.
  void hang_up();
  /// The client is gone without a word; `kept` bytes of what it has sent still arrive, and the
  /// broker sees no end.
  void abandon(std::size_t kept);
  /// Both ends will see the end, after the first bytes of what is under way.
  void cut(std::size_t kept_up, std::size_t kept_down);

  Worker& worker() { return worker_; }

  bool client_left() const { return client_left_; }

  /// Everything has been read and nothing more will come.
  bool at_end() const { return down_end_ && down_.empty(); }

  // ---- the scheduler ----
  bool can_feed() const {
    return !broker_left_ && !paused_ && !stuck_up && (!up_.empty() || up_end_);
  }

  bool can_receive() const { return !client_left_ && (!down_.empty() || down_end_); }

  bool can_flush() const { return !stalled && !down_end_ && !link->outbox().empty(); }

  bool gone() const { return client_left_ && broker_left_; }

  /// The broker will read on when time has passed.
  bool paused() const {
    return paused_ && !broker_left_ && !closing_ && !(up_.empty() && unparsed.empty());
  }

  std::size_t up_size() const { return up_.size(); }

  std::size_t down_size() const { return down_.size(); }

  bool stalled = false;   ///< takes no bytes from the broker
  bool stuck_up = false;  ///< nothing of the client arrives

  // ---- the broker's end, by Worker ----
  Bytes take_up(std::size_t count);

  bool up_at_end() const { return up_.empty() && up_end_; }

  void leave();

  bool broker_left() const { return broker_left_; }

  bool closing() const { return closing_; }

  void flush(core::Outbox& outbox) override;

  const std::uint64_t id;
  std::unique_ptr<core::ClientLink> link;
  Model::Link model;
  Bytes unparsed;  ///< fed to the link, not yet seen by the model
  bool login_refused = false;
  bool login_pending = false;
  bool lost = false;  ///< the broker has seen the client's end
  std::int64_t opened_ms = 0;

 private:
  /// What one flush gave.
  struct Portion {
    std::uint64_t end = 0;
    std::int64_t encoded_after_ms = 0;
  };

  void pause_reading() override { paused_ = true; }

  void resume_reading() override;
  void close(std::uint16_t code) override;

  void watch_silent_peer(int /*seconds*/) override {}

  Worker& worker_;
  std::size_t buffer_;  ///< bytes the way to the client holds
  Bytes up_;
  Bytes down_;
  std::deque<Portion> portions_;
  std::uint64_t flushed_ = 0;
  std::int64_t drained_ms_ = 0;  ///< when the outbox was empty last
  bool up_end_ = false;
  bool down_end_ = false;
  bool paused_ = false;
  bool closing_ = false;  ///< by the broker
  bool client_left_ = false;
  bool broker_left_ = false;
};

}  // namespace owb::simulation
