#include "broker/core/topic_slots.hpp"

namespace owb::core {

std::uint32_t TopicSlots::find_or_make(const TopicRef& name) {
  const auto [entry, made] = index_.try_emplace(name.get(), kNone);
  if (!made) {
    return entry->second;
  }
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  entry->second = index;
  slots_[index].name = name;
  return index;
}

void TopicSlots::release_if_idle(std::uint32_t index) {
  auto& slot = slots_[index];
  if (!slot.in_use() || slot.retained || slot.exact != nullptr) {
    return;
  }
  index_.erase(slot.name.get());
  slot = TopicSlot{};
  free_.push_back(index);
}

void TopicSlots::release_all_idle() {
  for (std::uint32_t index = 0; index < end(); ++index) {
    release_if_idle(index);
  }
}

}  // namespace owb::core
