#include "broker/core/topic_slots.hpp"

#include <new>

namespace owb::core {

std::uint32_t TopicSlots::find_or_make(const TopicRef& name) {
  if (const auto known = find(name.get()); known != kNone) {
    return known;
  }
  if (free_.empty()) {
    slots_.emplace_back();
    free_.push_back(end() - 1);
  }
  const auto index = free_.back();
  index_.emplace(name.get(), index);
  free_.pop_back();  // only now: whatever has no memory leaves everything as it was
  slots_[index].name = name;
  return index;
}

void TopicSlots::release_if_idle(std::uint32_t index) {
  auto& slot = slots_[index];
  if (!slot.in_use() || slot.retained || slot.exact != nullptr) {
    return;
  }
  try {
    free_.push_back(index);
  } catch (const std::bad_alloc&) {
    return;  // it stays idle, and is looked at again
  }
  index_.erase(slot.name.get());
  slot = TopicSlot{};
}

void TopicSlots::release_all_idle() {
  for (std::uint32_t index = 0; index < end(); ++index) {
    release_if_idle(index);
  }
}

}  // namespace owb::core
