#include "tests/simulation/wire.hpp"

#include <algorithm>

#include "tests/simulation/worker.hpp"

namespace owb::simulation {

namespace {

using Offset = Bytes::difference_type;

Bytes take_front(Bytes& bytes, std::size_t count) {
  const auto end = bytes.begin() + static_cast<Offset>(std::min(count, bytes.size()));
  Bytes taken(bytes.begin(), end);
  bytes.erase(bytes.begin(), end);
  return taken;
}

}  // namespace

Wire::Wire(Worker& worker, std::uint64_t id_, core::Peer peer, std::size_t buffer)
    : id(id_), worker_(worker), buffer_(buffer) {
  model.id = id;
  drained_ms_ = worker.realm().now().mono_ms;
  link = std::make_unique<core::ClientLink>(worker.realm(), *this, std::move(peer));
}

Wire::~Wire() = default;

void Wire::send(ByteView bytes) {
  if (!up_end_) {
    up_.insert(up_.end(), bytes.begin(), bytes.end());
  }
}

Bytes Wire::receive(std::size_t most) {
  return take_front(down_, most);
}

std::int64_t Wire::encoded_after_ms(std::uint64_t offset) {
  while (portions_.front().end <= offset) {
    portions_.pop_front();
  }
  return portions_.front().encoded_after_ms;
}

void Wire::hang_up() {
  client_left_ = up_end_ = true;
  down_.clear();
}

void Wire::abandon(std::size_t kept) {
  up_.resize(std::min(kept, up_.size()));
  client_left_ = true;
  down_.clear();
}

void Wire::cut(std::size_t kept_up, std::size_t kept_down) {
  up_.resize(std::min(kept_up, up_.size()));
  down_.resize(std::min(kept_down, down_.size()));
  up_end_ = down_end_ = true;
}

Bytes Wire::take_up(std::size_t count) {
  return take_front(up_, count);
}

void Wire::leave() {
  broker_left_ = down_end_ = true;
}

void Wire::flush(core::Outbox& outbox) {
  if (down_end_) {
    outbox.take();
    return;
  }
  const auto used = client_left_ ? 0 : std::min(buffer_, down_.size());
  const auto count = stalled ? 0 : std::min(outbox.size(), buffer_ - used);
  const auto bytes = outbox.unsent().first(count);
  if (!client_left_) {
    down_.insert(down_.end(), bytes.begin(), bytes.end());
  }
  flushed_ += count;
  portions_.push_back({flushed_, drained_ms_});
  outbox.consume(count);
  if (outbox.empty()) {
    if (!worker_.keeps()) {  // else older bytes may wait for the disk
      drained_ms_ = worker_.realm().now().mono_ms;
    }
    if (closing_) {
      leave();
    }
  }
}

void Wire::resume_reading() {
  paused_ = false;
  worker_.on_resumed(*this);
}

void Wire::close(std::uint16_t /*code*/) {
  closing_ = true;
  worker_.on_closing(*this);
  if (link->outbox().empty()) {
    leave();
  }
}

}  // namespace owb::simulation
