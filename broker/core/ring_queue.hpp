#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace owb::core {

/// A queue with random access that owns no memory while it is empty: most sessions have nothing
/// waiting, and there are many of them.
///
/// Threading: shard-local.
template <typename T>
class RingQueue {
 public:
  std::size_t size() const { return size_; }

  bool empty() const { return size_ == 0; }

  T& operator[](std::size_t index) { return items_[(first_ + index) & (capacity_ - 1)]; }

  const T& operator[](std::size_t index) const {
    return items_[(first_ + index) & (capacity_ - 1)];
  }

  T& front() { return items_[first_]; }

  void push_back(T&& item) {
    if (size_ == capacity_) {
      grow();
    }
    (*this)[size_] = std::move(item);
    ++size_;
  }

  void pop_front() {
    items_[first_] = T{};
    first_ = (first_ + 1) & (capacity_ - 1);
    if (--size_ == 0) {
      clear();
    }
  }

  void clear() {
    items_.reset();
    first_ = size_ = capacity_ = 0;
  }

 private:
  void grow() {
    const auto capacity = capacity_ == 0 ? 4U : capacity_ * 2;
    auto items = std::make_unique<T[]>(capacity);
    for (std::uint32_t i = 0; i < size_; ++i) {
      items[i] = std::move((*this)[i]);
    }
    items_ = std::move(items);
    capacity_ = capacity;
    first_ = 0;
  }

  std::unique_ptr<T[]> items_;
  std::uint32_t first_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;  ///< a power of two, or 0
};

}  // namespace owb::core
