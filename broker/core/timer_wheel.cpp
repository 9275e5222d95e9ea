#include "broker/core/timer_wheel.hpp"

#include <algorithm>

#include "tenants/base/contained.hpp"

namespace owb::core {

void Timer::cancel() {
  if (next_ != nullptr) {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
  }
}

TimerWheel::Head::Head() {
  previous_ = next_ = this;
}

TimerWheel::Head::~Head() {
  while (next_ != this) {
    next_->cancel();
  }
  previous_ = next_ = nullptr;
}

TimerWheel::TimerWheel(std::int64_t mono_ms) : tick_(mono_ms / kTickMs) {}

void TimerWheel::arm(Timer& timer, std::int64_t deadline_ms) {
  timer.cancel();
  timer.deadline_ms_ = deadline_ms;
  const auto tick = std::max(tick_ + 1, (deadline_ms + kTickMs - 1) / kTickMs);
  auto& head = slots_[static_cast<std::size_t>(tick) % kSlots];
  timer.previous_ = head.previous_;
  timer.next_ = &head;
  head.previous_->next_ = &timer;
  head.previous_ = &timer;
}

void TimerWheel::advance(std::int64_t mono_ms) {
  const auto target = mono_ms / kTickMs;
  if (target - tick_ > static_cast<std::int64_t>(kSlots)) {
    tick_ =
        target - static_cast<std::int64_t>(kSlots);  // a long sleep: one whole turn sees everything
  }
  while (tick_ < target) {
    ++tick_;
    fire_slot(slots_[static_cast<std::size_t>(tick_) % kSlots], mono_ms);
  }
}

void TimerWheel::fire_slot(Timer& head, std::int64_t mono_ms) {
  // Move the slot's list aside: what fires may arm into this very slot.
  Head due;
  if (head.next_ == &head) {
    return;
  }
  due.next_ = head.next_;
  due.previous_ = head.previous_;
  due.next_->previous_ = &due;
  due.previous_->next_ = &due;
  head.previous_ = head.next_ = &head;
  while (due.next_ != &due) {
    auto& timer = *due.next_;
    if (timer.deadline_ms_ > mono_ms) {
      arm(timer, timer.deadline_ms_);
      continue;
    }
    timer.cancel();
    contained("a timer", [&timer] { timer.on_timer(); });  // F64: the others are due as well
  }
}

}  // namespace owb::core
