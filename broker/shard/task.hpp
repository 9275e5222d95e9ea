#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace owb::shard {

/// A call that owns what it needs, may be moved but not copied, and runs once.
class Task {
 public:
  Task() = default;

  template <typename F>

  requires(!std::is_same_v<std::decay_t<F>, Task>) explicit Task(F&& call)
      : body_(std::make_unique<Body<std::decay_t<F>>>(std::forward<F>(call))) {}

  void operator()() { body_->run(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void run() = 0;
  };

  template <typename F>
  struct Body final : Base {
    explicit Body(F made) : call(std::move(made)) {}

    void run() override { call(); }

    F call;
  };

  std::unique_ptr<Base> body_;
};

}  // namespace owb::shard
