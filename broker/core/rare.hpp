#pragma once

#include <memory>
#include <utility>

namespace owb::core {

/// A value that is nearly always absent: one pointer until it is made. Copies are deep.
template <typename T>
class Rare {
 public:
  Rare() = default;

  Rare(T value) : value_(std::make_unique<T>(std::move(value))) {}  // NOLINT: as std::optional

  Rare(const Rare& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}

  Rare(Rare&&) noexcept = default;

  Rare& operator=(Rare other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }

  ~Rare() = default;

  explicit operator bool() const { return value_ != nullptr; }

  const T& operator*() const { return *value_; }

  T& operator*() { return *value_; }

  const T* operator->() const { return value_.get(); }

  T* operator->() { return value_.get(); }

  /// The value, or an empty one.
  const T& get() const {
    static const T none{};
    return value_ ? *value_ : none;
  }

  /// The value, made if need be.
  T& made() {
    if (!value_) {
      value_ = std::make_unique<T>();
    }
    return *value_;
  }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace owb::core
