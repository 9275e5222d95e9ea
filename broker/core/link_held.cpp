// Output that waits until its effect is kept (design 7).
#include "broker/core/link.hpp"

namespace owb::core {

// The batch with what the packet in hand has changed; 0: nothing that is kept.
std::uint64_t ClientLink::batch_of_effect() const {
  return realm_.kept_changes() != changes_before_ ? realm_.changed_batch() : 0;
}

// For steps of a flow whose earlier ones may not be committed yet, perhaps from a former
// connection.
std::uint64_t ClientLink::batch_of_session() const {
  return session_->kept ? realm_.changed_batch() : 0;
}

// Where a packet is to be written that depends on `batch`; mark_held(batch) after it.
Bytes& ClientLink::out_after(std::uint64_t batch) {
  if (held_ == nullptr && realm_.is_committed(batch)) {
    return out();
  }
  if (held_ == nullptr) {
    auto fresh = std::make_unique<Held>();
    realm_.holds(*this);
    held_ = std::move(fresh);
  }
  ++realm_.stats().packets_sent;
  return held_->bytes;
}

void ClientLink::mark_held(std::uint64_t batch) {
  if (held_ == nullptr || held_->bytes.empty()) {
    return;
  }
  auto& marks = held_->marks;
  const auto end = held_->bytes.size();
  if (!marks.empty() && batch <= marks.back().batch) {
    marks.back().end = end;
  } else {
    marks.push_back({.end = end, .batch = batch});
  }
}

// Until CONNACK or SUBACK is out, nothing more is taken in: what would be sent meanwhile could
// overtake it.
void ClientLink::wait_for_commit() {
  waits_for_commit_ = true;
  held_->answer_batch = held_->marks.back().batch;
  transport_.pause_reading();
}

void ClientLink::release_held(std::uint64_t committed) noexcept {
  guarded([&] { release(committed); });
}

void ClientLink::release(std::uint64_t committed) {
  // While the disk fails, a session that is not promised yet is better than none.
  const bool give_up = waits_for_commit_ && realm_.keeper_fails();
  const bool connack = held_->connack;
  auto& marks = held_->marks;
  std::size_t count = 0;
  while (count < marks.size() && (marks[count].batch <= committed || (give_up && connack))) {
    ++count;
  }
  if (count > 0) {
    take_from_held(count);
  }
  const bool empty = held_->marks.empty();
  if (!empty) {
    realm_.holds(*this);
    // What is held behind the answer does not keep it waiting: it is out now, and what it promises
    // must not be lost with the connection.
    const bool answered = waits_for_commit_ && held_->answer_batch <= committed;
    if (!give_up && !answered) {
      return;
    }
  }
  const auto replay = std::exchange(held_->replay, {});
  held_->connack = false;
  if (empty) {
    held_.reset();
  }
  if (std::exchange(waits_for_commit_, false)) {
    last_heard_ms_ = realm_.now().mono_ms;
    if (connack) {
      session_->resume();
    }
    start_replays(replay);
    if (state_ == State::connected && !input_waits()) {
      transport_.resume_reading();
      resume_input();
    }
  }
}

// The first `count` portions go out.
void ClientLink::take_from_held(std::size_t count) {
  auto& [bytes, marks, answer_batch, connack, replay] = *held_;
  const auto end = static_cast<std::ptrdiff_t>(marks[count - 1].end);
  auto& buffer = out();
  --realm_.stats().packets_sent;  // counted when they were written
  buffer.insert(buffer.end(), bytes.begin(), bytes.begin() + end);
  bytes.erase(bytes.begin(), bytes.begin() + end);
  marks.erase(marks.begin(), marks.begin() + static_cast<std::ptrdiff_t>(count));
  for (auto& mark : marks) {
    mark.end -= static_cast<std::size_t>(end);
  }
  produced();
}

}  // namespace owb::core
