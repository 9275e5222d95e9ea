#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace owb::core {

/// Something that wants to be called at a time. Lives inside its owner; destroying it cancels it.
///
/// Threading: shard-local.
class Timer {
 public:
  Timer() = default;

  virtual ~Timer() { cancel(); }

  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const { return next_ != nullptr; }

  std::int64_t deadline_ms() const { return deadline_ms_; }

  void cancel();

 protected:
  /// The deadline has passed; the timer is disarmed and may be armed again, or its owner destroyed.
  virtual void on_timer() = 0;

 private:
  friend class TimerWheel;
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  std::int64_t deadline_ms_ = 0;
};

/// All timers of one worker: arm, cancel and fire in constant time, 100 ms coarse, never early.
///
/// A timer beyond one turn of the wheel (102 s) stays in its slot and is looked at once a turn.
/// Threading: shard-local. Every timer is cancelled before the wheel is destroyed.
class TimerWheel {
 public:
  static constexpr std::int64_t kTickMs = 100;

  explicit TimerWheel(std::int64_t mono_ms);

  /// Arms (or re-arms) `timer` to fire at the first tick not before `deadline_ms`.
  void arm(Timer& timer, std::int64_t deadline_ms);

  /// Fires what is due.
  void advance(std::int64_t mono_ms);

 private:
  struct Head final : Timer {
    Head();
    ~Head() override;

    void on_timer() override {}
  };

  static constexpr std::size_t kSlots = 1024;

  void fire_slot(Timer& head, std::int64_t mono_ms);

  std::array<Head, kSlots> slots_;
  std::int64_t tick_;  ///< the last one that has fired
};

}  // namespace owb::core
